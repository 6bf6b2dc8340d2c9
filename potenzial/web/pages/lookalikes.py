"""Lookalikes: a question in the address, its answer with reasons, votes that refine it, and another configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter
from fastapi import Query as Parameter
from fastapi.responses import JSONResponse, RedirectResponse, Response

from embeddings.errors import EmbeddingError
from potenzial.errors import PotenzialError
from potenzial.lookalikes.answer import Lookalikes, answer
from potenzial.lookalikes.wording import WORDS
from potenzial.web.companions import Companions
from potenzial.web.errors import BadRequestError, RefusedError
from potenzial.web.narrowing import Counts, applied, counts, visible
from potenzial.web.profile import Profile
from potenzial.web.site import Reader, Visit
from scoring.potential.sums import section_labels

router = APIRouter()
_SEEN = 303
PATH: Final = "/lookalikes"
_TYPED: Final = "add"
#: Phrases told of those that a company shares with the question.
_SHARED: Final = 5


@dataclass(frozen=True)
class Answered:
    """An answer, or why there is none; `places` are the ranks of its companies by id."""

    found: Lookalikes | None
    trouble: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The companies found, best first; `pages` are the phrases shared, by the page that each stands on."""
        rows = [] if self.found is None else self.found.frame.to_dicts()
        return [{**row, "pages": by_page(row["shared"] or ())} for row in rows]

    @property
    def places(self) -> dict[str, int]:
        """The rank of each company found."""
        return {} if self.found is None else dict(self.found.frame.select("customer_id", "rank").iter_rows())


def by_page(shared: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """The first phrases shared, those of one page together."""
    pages: dict[str, list[str]] = {}
    for one in shared[:_SHARED]:
        pages.setdefault(one["url"] or "", []).append(one["phrase"])
    return list(pages.items())


@router.get(PATH)
def lookalikes(visit: Reader) -> Response:
    """Show a question and its answer; what was typed becomes an example where it means one customer."""
    profile, typed = asked_of(visit)
    meant = visit.site.suggester.suggest(visit.portfolio, typed) if typed else []
    exact = [one for one in meant if one.customer_id == typed] or (meant if len(meant) == 1 else [])
    if exact:
        return RedirectResponse(profile.liking(exact[0].customer_id).url_of(PATH), _SEEN)
    return visit.page("lookalikes.html.j2", {**_values(visit, profile), "typed": typed, "meant": meant})


@router.get(f"{PATH}/suggest")
def suggest(visit: Reader, q: Annotated[str, Parameter(max_length=200)] = "") -> JSONResponse:
    """Name the customers that typed letters may mean."""
    found = visit.site.suggester.suggest(visit.portfolio, q)
    return JSONResponse([{"id": one.customer_id, "name": one.name, "city": one.city} for one in found])


@router.get(f"{PATH}/counts")
def counted(visit: Reader) -> JSONResponse:
    """Count what the filters of a question leave, and what each of their values would leave."""
    profile, _ = asked_of(visit)
    own = visit.site.search.own(visit.portfolio.stock)
    found = counts(profile, own, visible(own, visit.portfolio))
    return JSONResponse({"left": found.left, "values": found.values})


def asked_of(visit: Visit) -> tuple[Profile, str]:
    """The question of an address, of customers that the reader may see, and what was typed beside it.

    Raises:
        NotFoundError: it names somebody else's customer, or none.
        RefusedError: another page sends the reader here to visit a website.
    """
    pairs = visit.request.query_params.multi_items()
    profile = Profile.parse(pairs)
    if profile.url and visit.request.headers.get("sec-fetch-site", "none") == "cross-site":
        raise RefusedError("Another page asks to visit a website. Type its address here instead.")
    for customer in profile.named:
        visit.portfolio.place(customer)
    typed = next((value.strip() for name, value in pairs if name == _TYPED), "")
    if len(typed) > 200:  # noqa: PLR2004 - longer than any name
        raise BadRequestError("add: 200 signs at most.")
    return profile, typed


def _values(visit: Visit, profile: Profile) -> dict[str, Any]:
    portfolio, search = visit.portfolio, visit.site.search
    own = search.own(portfolio.stock)
    seen = visible(own, portfolio)
    first = _answered(visit, profile, own)
    other = _answered(visit, profile, search.other(profile.b, own)) if profile.b and profile.asks else None
    return {
        "profile": profile,
        "first": first,
        "other": other,
        "both": len(first.places.keys() & other.places.keys()) if other else 0,
        "counts": (found := counts(profile, own, seen)),
        "sections": _sections(visit, found),
        "compared": search.compared(),
        "names": _names(visit, profile),
        "bands": WORDS[visit.words.language].bands,
    }


def _answered(visit: Visit, profile: Profile, companions: Companions) -> Answered:
    """Answer by some vectors; what the reader can mend is said in place of an answer."""
    if not profile.asks:
        return Answered(None, "")
    there = set(companions.stock.ids.filter(companions.stock.ids.is_in(list(profile.named))))
    if silent := [one for one in profile.named if one not in there]:
        return Answered(
            None, visit.words.say("like.silent", {"names": ", ".join(_names(visit, profile)[one] for one in silent)})
        )
    try:
        filters = applied(profile, companions, visible(companions, visit.portfolio))
        return Answered(answer(profile.question(), companions.stock, visit.site.search.reader, filters), "")
    except (PotenzialError, EmbeddingError) as error:
        key = "like.url_trouble" if profile.url else "like.trouble"
        return Answered(None, visit.words.say(key, {"detail": str(error), "url": profile.url}))


def _names(visit: Visit, profile: Profile) -> Mapping[str, str]:
    frame, portfolio = visit.portfolio.stock.frame, visit.portfolio
    return {one: frame["name"][portfolio.place(one)] or one for one in profile.named}


def _sections(visit: Visit, found: Counts) -> list[tuple[str, str, int]]:
    """Sections of industries with their names in the reader's language and counts."""
    place = 0 if visit.words.language == "de" else 1
    return [(name, section_labels(name)[place], count) for name, count in found.values["section"].items()]
