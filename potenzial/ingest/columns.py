"""Which column of the file is which of ours, and proposals where that is not known."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import ColumnsError
from potenzial.ingest.synonyms import NO_REVENUE_WORDS, REVENUE_WORDS, SYNONYMS, plain

COLUMNS = tuple(SYNONYMS)
REQUIRED = ("customer_id", "name")
YEAR_COLUMN = re.compile(r"revenue_((?:19|20)\d\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
#: Shorter synonyms ("nr", "ort", "kunde") are part of too many other words to be looked for inside a name.
_MIN_PART = 6
#: Share of examples that have to look like an address before a column is proposed by its values.
_SHARE_ALIKE = 2 / 3
_NAMES_SHOWN = 40
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
_WEBSITE = re.compile(r"(https?://\S+|www\.\S+\.[a-z]{2,}(/\S*)?)", re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """One of our columns, the file's column at `position` (from 0), and how that is known."""

    ours: str
    header: str
    position: int
    why: str


@dataclass(frozen=True)
class Proposal:
    """A match that nobody has confirmed; `confidence` is "high", "medium" or "low"."""

    ours: str
    header: str
    position: int
    confidence: str
    why: str


def match_columns(headers: Sequence[str], config: InputConfig, source: str) -> tuple[Match, ...]:
    """Find our columns in the header: configured ones first, then those that bear our names.

    Raises:
        ColumnsError: a name stands twice in the header, or the configured mapping names what does not exist.
    """
    lower = [header.casefold() for header in headers]
    _refuse_duplicates(headers, lower, source)
    _refuse_unknown(config.columns, source)
    configured = {ours: theirs for ours, theirs in config.columns.items() if theirs.strip()}
    found = [_configured(ours, theirs, headers, source) for ours, theirs in configured.items()]
    taken = {match.position for match in found}
    found += [
        Match(name, headers[position], position, "same name")
        for position, name in enumerate(lower)
        if is_ours(name) and name not in config.columns and position not in taken
    ]
    return tuple(sorted(found, key=lambda match: match.position))


def require(matches: Sequence[Match], headers: Sequence[str], proposals: Sequence[Proposal], source: str) -> None:
    """Refuse a file without customer ids or names.

    Raises:
        ColumnsError: either is missing; the message shows the header and a mapping to paste.
    """
    have = {match.ours for match in matches}
    missing = [name for name in REQUIRED if name not in have]
    if missing:
        raise ColumnsError(
            f"{source}: no column {' and no column '.join(missing)}. The first line holds: {_listed(headers)}. "
            f"{_remedy(missing, matches, proposals)}"
        )


def propose(
    headers: Sequence[str], matches: Sequence[Match], examples: Mapping[int, Sequence[str]], columns: Mapping[str, str]
) -> tuple[Proposal, ...]:
    """Propose a column for each of ours that is not matched: by known names, by parts of names, by values."""
    taken = {match.position for match in matches}
    known = {match.ours for match in matches} | set(columns)
    wanted = [ours for ours in COLUMNS if ours not in known]
    found: list[Proposal] = []
    for finder in (_by_name, _by_year, _by_part, _by_values):
        for proposal in finder(headers, wanted, examples):
            if proposal.position not in taken and proposal.ours not in known:
                found.append(proposal)
                taken.add(proposal.position)
                known.add(proposal.ours)
    return tuple(sorted(found, key=lambda proposal: proposal.position))


def snippet(matches: Sequence[Match], proposals: Sequence[Proposal]) -> str:
    """Write the mapping as TOML, ready to paste: what is configured and proposed, dots for what is still needed."""
    configured = [(match.ours, match.header) for match in matches if match.why == "configured"]
    pairs = configured + [(proposal.ours, proposal.header) for proposal in proposals]
    known = {match.ours for match in matches} | {proposal.ours for proposal in proposals}
    pairs = [(ours, "...") for ours in REQUIRED if ours not in known] + pairs
    # A JSON string is a TOML basic string once control characters are gone, which headers have lost on reading.
    lines = [f"{ours} = {json.dumps(header, ensure_ascii=False)}" for ours, header in pairs]
    return "\n".join(["[input.columns]", *lines])


def is_ours(name: str) -> bool:
    """Tell whether a name is one of our columns; `revenue_2024` and its like are."""
    return name in COLUMNS or YEAR_COLUMN.fullmatch(name) is not None


def _refuse_duplicates(headers: Sequence[str], lower: Sequence[str], source: str) -> None:
    twice = sorted({header for header in headers if header and lower.count(header.casefold()) > 1})
    if twice:
        raise ColumnsError(
            f"{source}: the column name {_listed(twice)} stands more than once in the header. "
            "Rename or remove one of them, so that it is clear which column is meant. If line 1 is a customer already, "
            "put a line with column names above it."
        )


def _refuse_unknown(columns: Mapping[str, str], source: str) -> None:
    for ours in columns:
        if not is_ours(ours):
            near = get_close_matches(ours, COLUMNS, 1)
            hint = f" Is {near[0]} meant?" if near else ""
            raise ColumnsError(
                f"{source}: {ours!r} in [input.columns] is none of our columns.{hint} The name on the left is one of "
                f"{', '.join(COLUMNS)} or revenue_2024 and its like; the file's name stands on the right."
            )


def _configured(ours: str, theirs: str, headers: Sequence[str], source: str) -> Match:
    wanted = theirs.strip()
    for same in (str, str.casefold):
        for position, header in enumerate(headers):
            if same(header) == same(wanted):
                return Match(ours, header, position, "configured")
    near = get_close_matches(wanted, headers, 1)
    hint = f" Is {near[0]!r} meant?" if near else ""
    raise ColumnsError(
        f"{source}: [input.columns] maps {ours} to {theirs!r}, but there is no such column.{hint} "
        f"The header holds: {_listed(headers)}."
    )


def _remedy(missing: Sequence[str], matches: Sequence[Match], proposals: Sequence[Proposal]) -> str:
    mapping = snippet(matches, proposals)
    if set(missing) <= {proposal.ours for proposal in proposals}:
        return f"It looks as if this mapping fits; check it and put it at the end of potenzial.toml:\n{mapping}"
    return (
        "If these are values of a customer, put a line with column names above them. If they are column names, say "
        f"which is which at the end of potenzial.toml, with the right ones where dots stand:\n{mapping}"
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:_NAMES_SHOWN])
    return shown + (f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else "")


def _by_name(headers: Sequence[str], wanted: Sequence[str], _examples: Mapping[int, Sequence[str]]) -> list[Proposal]:
    plains = [plain(header) for header in headers]
    return [
        Proposal(ours, headers[plains.index(synonym)], plains.index(synonym), "high", "known name")
        for ours in wanted
        for synonym in SYNONYMS[ours]
        if synonym in plains
    ]


def _by_year(headers: Sequence[str], _wanted: Sequence[str], _examples: Mapping[int, Sequence[str]]) -> list[Proposal]:
    found = []
    for position, header in enumerate(headers):
        name = plain(header)
        years = _YEAR.findall(name)
        if len(years) == 1 and _means_revenue(name):
            found.append(Proposal(f"revenue_{years[0]}", header, position, "high", "revenue and a year"))
    return found


def _by_part(headers: Sequence[str], wanted: Sequence[str], _examples: Mapping[int, Sequence[str]]) -> list[Proposal]:
    return [
        Proposal(ours, header, position, "medium", f"contains {synonym!r}")
        for ours in wanted
        for synonym in SYNONYMS[ours]
        if len(synonym) >= _MIN_PART
        for position, header in enumerate(headers)
        if synonym in plain(header) and (ours != "revenue" or _means_revenue(plain(header)))
    ]


def _by_values(headers: Sequence[str], wanted: Sequence[str], examples: Mapping[int, Sequence[str]]) -> list[Proposal]:
    return [
        Proposal(ours, headers[position], position, "low", f"values look like {what}")
        for ours, pattern, what in (("email", _EMAIL, "e-mail addresses"), ("website", _WEBSITE, "websites"))
        if ours in wanted
        for position, values in examples.items()
        if values and sum(bool(pattern.fullmatch(value)) for value in values) / len(values) >= _SHARE_ALIKE
    ]


def _means_revenue(name: str) -> bool:
    return any(word in name for word in REVENUE_WORDS) and not any(word in name for word in NO_REVENUE_WORDS)
