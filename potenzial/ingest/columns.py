"""Which column of the file is which of ours, and proposals where that is not known."""

import json
import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import ColumnsError
from potenzial.ingest.headline import means_margin, means_revenue
from potenzial.ingest.looks import LOOKS
from potenzial.ingest.mapping import Mapping, load_mapping
from potenzial.ingest.synonyms import SYNONYMS, plain

COLUMNS = tuple(SYNONYMS)
REQUIRED = ("customer_id", "name")
YEAR_COLUMN = re.compile(r"(?:revenue|margin)_((?:19|20)\d\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
#: Shorter synonyms ("nr", "ort", "kunde") are part of too many other words to be looked for inside a name.
_MIN_PART = 6
#: Share of examples that have to look like an address before a column is proposed by its values.
_SHARE_ALIKE = 2 / 3
#: Values of which fewer than this look as their column's name says speak against the name.
_SHARE_UNLIKE = 1 / 3
_NAMES_SHOWN = 40


@dataclass(frozen=True)
class Match:
    """One of our columns, the file's column at `position` (from 0), and how that is known.

    Where `more` columns belong to it, each row takes the first that is filled, or with `joined` all of them.
    """

    ours: str
    header: str
    position: int
    why: str
    more: tuple[int, ...] = ()
    joined: bool = False


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
    _refuse_unknown(config.columns, source)
    mapping = load_mapping(config.mapping)
    for table in (mapping.columns, mapping.first_filled, mapping.joined):
        _refuse_unknown(table, config.mapping)
    configured = {ours: theirs for ours, theirs in config.columns.items() if theirs.strip()}
    found = [_configured(ours, theirs, headers, source) for ours, theirs in configured.items()]
    found += _mapped(mapping, headers, config, source)
    taken = {match.position for match in found}
    known = {*config.columns, *mapping.columns, *(match.ours for match in found)}
    same = [
        Match(header.casefold(), header, position, "same name")
        for position, header in enumerate(headers)
        if is_ours(header.casefold()) and header.casefold() not in known and position not in taken
    ]
    _refuse_duplicates(same, source)
    return tuple(sorted([*found, *same], key=lambda match: match.position))


def configured_names(config: InputConfig) -> tuple[str, ...]:
    """Give the names that the file's columns are configured to have.

    Raises:
        ColumnsError: the mapping cannot be read.
    """
    return (*config.columns.values(), *load_mapping(config.mapping).names())


def _mapped(mapping: Mapping, headers: Sequence[str], config: InputConfig, source: str) -> list[Match]:
    why = f"mapping {Path(config.mapping).stem}"
    wanted = {ours: theirs for ours, theirs in mapping.columns.items() if ours not in config.columns and theirs}
    single = {ours: theirs for ours, theirs in wanted.items() if isinstance(theirs, str)}
    found = [replace(_configured(ours, theirs, headers, source), why=why) for ours, theirs in single.items()]
    for table, joined in ((mapping.first_filled, False), (mapping.joined, True)):
        for ours, theirs in table.items():
            places = _places(theirs, headers)
            if places and ours not in config.columns and (not joined or len(places) == len(theirs)):
                found.append(Match(ours, headers[places[0]], places[0], why, tuple(places[1:]), joined))
    several = {ours: theirs for ours, theirs in wanted.items() if not isinstance(theirs, str)}
    for ours, names in several.items():
        places = _places(names, headers) if ours not in {one.ours for one in found} else []
        found += [Match(ours, headers[place], place, why) for place in places[:1]]
    return found


def _places(names: Sequence[str], headers: Sequence[str]) -> list[int]:
    plains = [plain(header) for header in headers]
    return [plains.index(plain(name)) for name in names if plain(name) in plains]


def require(matches: Sequence[Match], headers: Sequence[str], proposals: Sequence[Proposal], source: str) -> None:
    """Refuse a file without customer ids or names.

    Raises:
        ColumnsError: either is missing; the message shows the header and a mapping to paste.
    """
    have = {match.ours for match in matches}
    missing = [name for name in REQUIRED if name not in have]
    if missing:
        raise ColumnsError(
            f"{source}: no column {' and no column '.join(missing)}. The header holds: {_listed(headers)}. "
            f"{_remedy(missing, matches, proposals)}"
        )


def propose(
    headers: Sequence[str], matches: Sequence[Match], examples: Dict[int, Sequence[str]], columns: Dict[str, str]
) -> tuple[Proposal, ...]:
    """Propose a column for each of ours that is not matched: by known names, by parts of names, by values."""
    taken = {match.position for match in matches}
    known = {match.ours for match in matches} | set(columns)
    wanted = [ours for ours in COLUMNS if ours not in known]
    found: list[Proposal] = []
    for finder in (_by_name, _by_year, _by_part, _by_values):
        for proposal in finder(headers, wanted, examples):
            if proposal.position not in taken and proposal.ours not in known:
                found.append(_weighed(proposal, examples.get(proposal.position, ())))
                taken.add(proposal.position)
                known.add(proposal.ours)
    return tuple(sorted(found, key=lambda proposal: proposal.position))


def _weighed(proposal: Proposal, values: Sequence[str]) -> Proposal:
    """Lower the confidence of a name that the column's values do not bear out."""
    look = LOOKS.get("revenue" if YEAR_COLUMN.fullmatch(proposal.ours) or proposal.ours == "margin" else proposal.ours)
    if look is None or not values or look.share(values) >= _SHARE_UNLIKE:
        return proposal
    return replace(proposal, confidence="low", why=f"{proposal.why}, but the values do not look like {look.what}")


def rivals(headers: Sequence[str], proposals: Sequence[Proposal]) -> tuple[str, ...]:
    """Say which columns bear names as good as the proposed one's, so that a person has to choose."""
    plains = [plain(header) for header in headers]
    taken = {proposal.position for proposal in proposals}
    told = []
    for one in proposals:
        known = SYNONYMS.get(one.ours, ())
        others = [headers[place] for place, name in enumerate(plains) if name in known and place not in taken]
        if others:
            told.append(
                f"Not only {one.header!r} may be {one.ours}, but also {_listed(others)}. Compare the examples and name "
                f"the right one: {one.ours} = {_toml(one.header)} or {one.ours} = {_toml(others[0])}."
            )
    return tuple(told)


def snippet(matches: Sequence[Match], proposals: Sequence[Proposal]) -> str:
    """Write the mapping as TOML, ready to paste: what is configured and proposed, dots for what is still needed."""
    configured = [(match.ours, match.header) for match in matches if match.why == "configured"]
    pairs = configured + [(proposal.ours, proposal.header) for proposal in proposals]
    known = {match.ours for match in matches} | {proposal.ours for proposal in proposals}
    pairs = [(ours, "...") for ours in REQUIRED if ours not in known] + pairs
    lines = [f"{ours} = {_toml(header)}" for ours, header in pairs]
    return "\n".join(["[input.columns]", *lines])


def mapping_file(matches: Sequence[Match], proposals: Sequence[Proposal], headers: Sequence[str]) -> str:
    """Write a mapping file: what is matched and proposed with how that is known, and what is still needed."""
    lines = [
        "# Our columns on the left, those of the file on the right. Delete a line to leave a column out.",
        "[columns]",
    ]
    known = {match.ours for match in matches} | {proposal.ours for proposal in proposals}
    lines += [f'# {ours} = "..."  # needed: name the column' for ours in REQUIRED if ours not in known]
    single = [(one.ours, one.header, one.why) for one in matches if not one.more]
    proposed = [(one.ours, one.header, f"proposed, {one.confidence}: {one.why}") for one in proposals]
    lines += [f"{ours} = {_toml(header)}  # {_comment(why)}" for ours, header, why in [*single, *proposed]]
    for title, joined in (("first_filled", False), ("joined", True)):
        several = [one for one in matches if one.more and one.joined == joined]
        lines += [f"\n[{title}]"] if several else []
        for one in several:
            names = ", ".join(_toml(headers[place]) for place in (one.position, *one.more))
            lines.append(f"{one.ours} = [{names}]  # {_comment(one.why)}")
    return "\n".join(lines) + "\n"


def _toml(text: str) -> str:
    # A JSON string is a TOML basic string once control characters are gone, which headers have lost on reading.
    return json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)


def is_ours(name: str) -> bool:
    """Tell whether a name is one of our columns; `revenue_2024`, `margin_2024` and their like are."""
    return name in COLUMNS or YEAR_COLUMN.fullmatch(name) is not None


def _refuse_duplicates(same: Sequence[Match], source: str) -> None:
    """Refuse two columns with one of our names; of others the second has got a number, and does no harm."""
    ours = [match.ours for match in same]
    twice = [match.header for match in same if ours.count(match.ours) > 1]
    if twice:
        raise ColumnsError(
            f"{source}: the column name {_listed(twice)} stands more than once in the header. "
            "Rename or remove one of them, so that it is clear which column is meant. If line 1 is a customer already, "
            "put a line with column names above it."
        )


def _refuse_unknown(columns: Iterable[str], source: str) -> None:
    for ours in columns:
        if not is_ours(ours):
            near = get_close_matches(ours, COLUMNS, 1)
            hint = f" Is {near[0]} meant?" if near else ""
            raise ColumnsError(
                f"{source}: {ours!r} in [input.columns] is none of our columns.{hint} The name on the left is one of "
                f"{', '.join(COLUMNS)} or revenue_2024, margin_2024 and the like; the file's name stands right."
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
        return (
            "It looks as if this mapping fits; check it and put it at the end of potenzial.toml, or let "
            f"`potenzial check --write-mapping` write it to a file:\n{mapping}"
        )
    return (
        "If these are values of a customer, put a line with column names above them. If they are column names, say "
        f"which is which at the end of potenzial.toml, with the right ones where dots stand:\n{mapping}"
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:_NAMES_SHOWN])
    return shown + (f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else "")


def _by_name(headers: Sequence[str], wanted: Sequence[str], _examples: Dict[int, Sequence[str]]) -> list[Proposal]:
    plains = [plain(header) for header in headers]
    return [
        Proposal(ours, headers[plains.index(synonym)], plains.index(synonym), "high", "known name")
        for ours in wanted
        for synonym in SYNONYMS[ours]
        if synonym in plains
    ]


def _by_year(headers: Sequence[str], _wanted: Sequence[str], _examples: Dict[int, Sequence[str]]) -> list[Proposal]:
    found = []
    for position, header in enumerate(headers):
        name = plain(header)
        years = _YEAR.findall(name)
        if len(years) == 1 and means_revenue(name):
            found.append(Proposal(f"revenue_{years[0]}", header, position, "high", "revenue and a year"))
        elif len(years) == 1 and means_margin(name):
            found.append(Proposal(f"margin_{years[0]}", header, position, "high", "contribution margin and a year"))
    return found


def _by_part(headers: Sequence[str], wanted: Sequence[str], _examples: Dict[int, Sequence[str]]) -> list[Proposal]:
    return [
        Proposal(ours, header, position, "medium", f"contains {synonym!r}")
        for ours in wanted
        for synonym in SYNONYMS[ours]
        if len(synonym) >= _MIN_PART
        for position, header in enumerate(headers)
        if synonym in plain(header) and _means(ours, plain(header))
    ]


def _means(ours: str, name: str) -> bool:
    """Whether a name that holds a synonym of amounts is not that of a plan, a tax or a share."""
    return {"revenue": means_revenue, "margin": means_margin}.get(ours, lambda _name: True)(name)


def _by_values(headers: Sequence[str], wanted: Sequence[str], examples: Dict[int, Sequence[str]]) -> list[Proposal]:
    return [
        Proposal(ours, headers[position], position, "low", f"values look like {look.what}")
        for ours, look in LOOKS.items()
        if ours in wanted and look.telling
        for position, values in examples.items()
        if values and look.share(values) >= _SHARE_ALIKE
    ]
