"""For notebooks: a finished project in memory that answers questions.

from potenzial.api import Project

project = Project.open("potenzial.toml")
found = project.lookalike("K-10007", "K-10012", where="plz2 in ('35', '36')", only="inactive")
found.frame
print(found.why("K-10031"))
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from potenzial.lookalikes.answer import Lookalikes, answer
from potenzial.lookalikes.question import Only, Question, Weights
from potenzial.lookalikes.reader import Reader
from potenzial.lookalikes.stock import LookalikeStock, load_stock
from potenzial.project import CONFIG_NAME, open_project

__all__ = ["Lookalikes", "Project", "Question", "Weights"]


@dataclass(frozen=True, eq=False)
class Project:
    """A finished project, its vectors and facts held in memory: 2 KB a company with the bundled model."""

    stock: LookalikeStock
    reader: Reader

    @classmethod
    def open(cls, path: Path | str, *, sample: int = 0) -> "Project":
        """Open a project by its folder or its configuration file.

        Raises:
            ConfigError: the configuration cannot be read.
            StageError: the stages up to `embed` have not run.
        """
        given = Path(path)
        project = open_project(given / CONFIG_NAME if given.is_dir() else given, sample)
        return cls(load_stock(project), Reader(project))

    def lookalike(  # noqa: PLR0913 - the options of one question, all but the ids given by name
        self,
        *ids: str,
        text: str = "",
        url: str = "",
        without: Sequence[str] = (),
        where: str = "",
        only: Only | None = None,
        exclude_group: bool = False,
        weights: Weights | None = None,
        min_score: float | None = None,
        k: int = 20,
    ) -> Lookalikes:
        """Find the companies most like some customers, a text, or the page at a url: one of the three.

        Raises:
            QuestionError: the question contradicts itself, or the text or page cannot be read.
            UnknownCompanyError: an example or counter-example has no vector.
            FilterError: the condition `where` cannot be used.
        """
        asked = Question(
            ids=tuple(dict.fromkeys(ids)),
            text=text,
            url=url,
            without=tuple(dict.fromkeys(without)),
            where=where,
            only=only,
            exclude_group=exclude_group,
            weights=weights or Weights(),
            min_score=min_score,
            k=k,
        )
        return self.ask(asked)

    def ask(self, question: Question) -> Lookalikes:
        """Answer a question that was put together before; raises as `lookalike`."""
        return answer(question, self.stock, self.reader)
