"""What lookalikes are answered from: read when somebody first asks, as it takes 2 KB a company, and after a new run."""

import threading

from potenzial.lookalikes.reader import Reader
from potenzial.lookalikes.stock import LookalikeStock, load_stock
from potenzial.project import Project
from potenzial.web.stock import Stock


class Likeness:
    """Holds the vectors and facts of the newest run, for all readers together."""

    def __init__(self, project: Project) -> None:
        """Read nothing yet."""
        self._project = project
        self._made: tuple[str, str] | None = None
        self._held: LookalikeStock | None = None
        self._loading = threading.Lock()
        self.reader = Reader(project)

    def of(self, stock: Stock) -> LookalikeStock:
        """Give the companies that go with a stock; readers of other territories may see none of them: see `Portfolio`.

        Raises:
            StageError: the stages up to `embed` have not run.
        """
        with self._loading:
            if self._held is None or self._made != stock.made:
                # The former one goes first: two of them may not fit.
                self._held = None
                self._held = load_stock(self._project)
                self._made = stock.made
            return self._held
