"""The page of one customer, and the form for what a rep says of its rating."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from potenzial.feedback import VERDICTS
from potenzial.report.plain import LONGEST_NAME, shown, web_link
from potenzial.runs import store
from potenzial.runs.schema import RunRecord
from potenzial.runs.tables import called
from potenzial.web.answering import LONGEST_COMMENT, Answer, take
from potenzial.web.dossier import Dossier, dossier
from potenzial.web.site import Reader, Sender, Visit
from potenzial.web.words import Words
from scoring.industry_titles import DIVISIONS

router = APIRouter()
_SEEN = 303
#: Newest runs whose word on the customer is shown.
_RUNS = 12


@router.get("/customers/{customer_id:path}")
def customer(visit: Reader, customer_id: str) -> HTMLResponse:
    """Show all that is known of a customer."""
    return _page(visit, customer_id, {})


@router.post("/customers/{customer_id:path}")
def answer(
    visit: Sender,
    customer_id: str,
    verdict: Annotated[str, Form()] = "",
    estimate: Annotated[str, Form(max_length=20)] = "",
    comment: Annotated[str, Form(max_length=LONGEST_COMMENT)] = "",
) -> RedirectResponse:
    """Take what a rep says of the rating."""
    take(visit, customer_id, Answer.of_form(verdict, estimate, comment))
    return RedirectResponse(f"{visit.request.url.path}?said=1#feedback", _SEEN)


def _page(visit: Visit, customer_id: str, extra: dict[str, Any]) -> HTMLResponse:
    found, folder = dossier(visit.portfolio, customer_id), visit.site.project.folder
    values: dict[str, Any] = {
        "found": found,
        "row": found.row,
        "why": found.explanation,
        "facts": list(_facts(visit.words, found)),
        "steps": list(_steps(visit.words, found)),
        "span": _span(found),
        "verdicts": VERDICTS,
        "said": visit.request.query_params.get("said") == "1",
        "names": _names(found),
        "lookalikes": any(entry.key == "lookalikes" for entry in visit.site.nav),
        "history": [_past(visit, run, row) for run, row in store.history(folder, found.row["customer_id"], _RUNS)],
        **extra,
    }
    return visit.page("customer.html.j2", values)


def _past(visit: Visit, run: RunRecord, row: dict[str, Any]) -> dict[str, Any]:
    """What a kept run said of the customer, with the name of the run as the reader writes days."""
    return {**row, "day": called(run, visit.words.numbers)}


def _names(found: Dossier) -> dict[str, str]:
    """Names of the peers that phrases are shared with."""
    return {peer.customer_id: shown(peer.name, LONGEST_NAME) for peer in found.explanation.peers if peer.customer_id}


@dataclass(frozen=True)
class Fact:
    """A fact of a customer with where it comes from; `link` opens its source, `quote` is what stands there."""

    label: str
    value: str
    source: str = ""
    link: str = ""
    quote: str = ""


def _facts(words: Words, found: Dossier) -> Iterator[Fact]:
    yield from _address(words, found)
    yield from _website(words, found)
    yield from _industry(words, found)
    yield from _headcount(words, found)
    yield from _purchases(words, found)


def _stock(words: Words) -> str:
    return words.say("source.stock")


def _address(words: Words, found: Dossier) -> Iterator[Fact]:
    row = {**found.row, **found.address}
    parts = (row.get("street"), " ".join(filter(None, (row.get("postcode"), row.get("city")))), row.get("country"))
    if address := ", ".join(filter(None, parts)):
        yield Fact(words.say("fact.address"), shown(address, 160), _stock(words))
    if row.get("email"):
        yield Fact(words.say("fact.email"), shown(row["email"], 90), _stock(words))
    for name in ("vat_id", "register_number"):
        if row.get(name):
            yield Fact(words.say(f"fact.{name}"), shown(row[name], 40), _stock(words))
    if row.get("owner"):
        yield Fact(words.say("column.owner"), shown(row["owner"], 60), _stock(words))


def _website(words: Words, found: Dossier) -> Iterator[Fact]:
    for site in found.sites:
        link = web_link(f"https://{site['site']}/")
        verdict = words.say(f"ownership.{site['ownership'] or 'silent'}")
        source = words.source(site["source"])
        used = "" if site["used"] else f" · {words.say('ownership.unused')}"
        yield Fact(
            words.say("fact.website"), site["site"], f"{source} · {verdict}{used}",
            link=link[0] if link else "", quote=shown(site[f"evidence_{words.language}"], 300),
        )  # fmt: skip


def _industry(words: Words, found: Dossier) -> Iterator[Fact]:
    row, inferred = found.row, found.inferred
    label = row["industry_label"] if words.language == "de" else row["industry_label_en"] or row["industry_label"]
    if label or row["industry"]:
        source = _stock(words) if row["industry"] else words.say("source.inferred")
        value = " · ".join(filter(None, (shown(label, 90), shown(row["industry"], 20))))
        yield Fact(words.say("fact.industry"), value, source)
    guesses = (inferred.get("wz_2025") or ())[:2]
    if guesses and inferred.get("wz_source"):
        codes = "; ".join(_guess(words, one["code"], one["title"]) for one in guesses)
        yield Fact(words.say("fact.guess"), codes, words.source(inferred["wz_source"]))


def _guess(words: Words, code: str, title: str) -> str:
    """Classes have German titles only, so the English page says first what division they belong to."""
    division = DIVISIONS.get(code[:2]) if words.language == "en" else None
    return f"{code} {division} ({shown(title, 60)})" if division else f"{code} {shown(title, 60)}"


def _headcount(words: Words, found: Dossier) -> Iterator[Fact]:
    given, inferred = found.row["headcount"], found.inferred
    source = inferred.get("headcount_source") or "given"
    value = given if given is not None else inferred.get("headcount")
    if value is not None:
        yield _count(words, value, _stock(words) if source == "given" else words.source(source), inferred)
    told = inferred.get("headcount_website")
    if told is not None and source == "given":
        yield _count(words, told, words.say("source.website_says"), inferred)


def _count(words: Words, value: float, source: str, inferred: Any) -> Fact:  # noqa: ANN401 - a row of a table
    link = web_link(inferred.get("headcount_url"))
    return Fact(
        words.say("fact.headcount"), words.numbers.count(round(value)), source,
        link=(inferred.get("headcount_url") or "") if link else "", quote=shown(inferred.get("headcount_quote"), 200),
    )  # fmt: skip


def _purchases(words: Words, found: Dossier) -> Iterator[Fact]:
    row, numbers = found.row, words.numbers
    yield Fact(words.say("fact.revenue"), numbers.euro(row["revenue"]), _stock(words))
    if row["revenue_best"] is not None:
        yield Fact(words.say("fact.revenue_best"), numbers.euro(row["revenue_best"]), _stock(words))
    if row["last_purchase"] is not None:
        yield Fact(words.say("fact.last_purchase"), numbers.day(row["last_purchase"]), _stock(words))


@dataclass(frozen=True)
class Step:
    """One step from the stock's typical customer to what is typical of this one; places in percent of the widest."""

    label: str
    factor: str
    amount: str
    start: float
    width: float
    falls: bool
    whole: bool = False


def _steps(words: Words, found: Dossier) -> Iterator[Step]:
    euros, factors = found.explanation.euros, found.explanation.factors
    base, typical = euros["base"], found.row["typical"]
    if base is None or typical is None:
        return
    reached, ends = base, [base, typical]
    changes = [(name, euros[name] or 0.0) for name in factors if factors[name] is not None]
    for _, change in changes:
        reached += change
        ends.append(reached)
    most = max(*ends, 1.0)
    yield _step(words.say("step.base"), "", words.numbers.money(base), (0.0, base / most), whole=True)
    reached = base
    for name, change in changes:
        sign = "+" if change >= 0 else ""
        label, factor = words.say(f"step.{name}"), f"× {words.numbers.decimal(factors[name], 1)}"
        yield _step(label, factor, sign + words.numbers.money(change), (reached / most, (reached + change) / most))
        reached += change
    yield _step(words.say("step.typical"), "", words.numbers.money(typical), (0.0, typical / most), whole=True)


def _step(label: str, factor: str, amount: str, ends: tuple[float, float], *, whole: bool = False) -> Step:
    low, high = (min(max(end, 0.0), 1.0) for end in (min(ends), max(ends)))
    return Step(label, factor, amount, 100 * low, max(100 * (high - low), 0.5), ends[1] < ends[0], whole)


@dataclass(frozen=True)
class Span:
    """Where revenue, potential and interval lie on one scale, in percent of its width."""

    low: float
    high: float
    potential: float
    revenue: float


def _span(found: Dossier) -> Span | None:
    """The amounts on a scale by square roots, so that small revenues beside large potentials are still seen."""
    row = found.row
    if row["potential"] is None:
        return None
    revenue = max(row["revenue"] or 0.0, 0.0)
    most = max(row["potential_high"] or 0.0, row["potential"], revenue, 1.0)
    low, high, potential, now = (
        100 * (max(value, 0.0) / most) ** 0.5
        for value in (row["potential_low"] or 0.0, row["potential_high"] or 0.0, row["potential"], revenue)
    )
    return Span(low, high, potential, now)
