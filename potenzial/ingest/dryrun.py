"""The dry run: what the file holds and what would become of it, without writing anything."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from crawler.schema import SITES
from potenzial.ingest.columns import Match, mapping_file, rivals, snippet
from potenzial.ingest.config import InputConfig
from potenzial.ingest.customers import REPEATED, Import, convert
from potenzial.ingest.errors import InputError
from potenzial.ingest.profile import Profile, profiles
from potenzial.ingest.schema import ROW_REJECTED
from potenzial.ingest.source import read_header, read_rows
from potenzial.ingest.table import Header, Table
from potenzial.ingest.website import sites as distinct_sites
from scoring.config import Target


@dataclass(frozen=True)
class ColumnFact:
    """A column of the file: what of ours it is (empty: not used) and how that is known, its fill and examples.

    `decimal` is the decimal sign of amounts; `proposed` is set where the match awaits confirmation.
    """

    header: str
    ours: str
    how: str
    proposed: bool
    filled: int
    share: float
    examples: tuple[str, ...]
    decimal: str = ""


@dataclass(frozen=True)
class StockFact:
    """What would be imported: numbers of customers, of rejected rows (repeated ids among them), of ignored values.

    `with_revenue` have any amount, `active` one above 0; `with_website` have a site of their own, `sites` of which
    are distinct, and `with_text` have an own text.
    """

    customers: int
    rejected: int
    duplicates: int
    ignored_values: int
    with_website: int
    sites: int
    with_text: int
    with_industry: int
    with_headcount: int
    with_revenue: int
    active: int

    def share(self, number: int) -> float:
        """A number of customers as share of all, 0 to 1."""
        return number / self.customers


@dataclass(frozen=True)
class Check:
    """All facts of a dry run.

    `stock` is None when nothing could be imported; then `problem` says why. `assumed` says that the facts rest on
    proposed columns, which `mapping` (TOML to paste; empty when nothing is proposed) would confirm; `mapping_file` is
    the same and all that is known already as a file of its own. `sites` (`SITES`)
    are what a crawl would visit; `target` is what amounts are.
    """

    path: str
    size: int
    rows: int
    blank: int
    format: str
    encoding: str
    encoding_why: str
    delimiter: str
    delimiter_why: str
    columns: tuple[ColumnFact, ...]
    mapping: str
    mapping_file: str
    assumed: bool
    stock: StockFact | None
    profile: tuple[Profile, ...]
    findings: tuple[str, ...]
    problem: str
    too_many_rejected: bool
    sites: pl.DataFrame
    target: Target = "revenue"

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON, without the table of sites."""
        facts = asdict(self)
        del facts["sites"]
        return facts


def check(path: Path, config: InputConfig) -> Check:
    """Read the whole file and say what is in it; columns that are only proposed are assumed where it takes them.

    Raises:
        InputError: the file is missing or no table, so that there is nothing to tell.
    """
    header = read_header(path, config)
    complete = not _problem_of_header(header)
    used = header if complete else _assuming(header)
    table = read_rows(path, used)
    read, problem = _converted(path, used, table, config)
    return Check(
        path=header.source,
        size=0 if config.database else path.stat().st_size,
        rows=table.rows,
        blank=table.blank,
        **_written(header),
        columns=_columns(header, table, read),
        mapping=snippet(header.matches, header.proposals) if header.proposals else "",
        mapping_file=mapping_file(header.matches, header.proposals, header.names),
        assumed=not complete and read is not None,
        stock=_stock(read) if read else None,
        profile=profiles(read.customers) if read else (),
        findings=(read.findings if read else ()) + rivals(header.names, header.proposals),
        problem=_problem_of_header(header) or problem,
        too_many_rejected=read is not None and read.rejected_share > config.max_rejected_share,
        sites=distinct_sites(read.customers) if read else SITES.to_frame(),
        target=config.target,
    )


def _problem_of_header(header: Header) -> str:
    try:
        header.required()
    except InputError as error:
        return str(error)
    return ""


def _assuming(header: Header) -> Header:
    proposed = tuple(Match(one.ours, one.header, one.position, one.why) for one in header.proposals)
    return replace(header, matches=tuple(sorted(header.matches + proposed, key=lambda match: match.position)))


def _converted(path: Path, header: Header, table: Table, config: InputConfig) -> tuple[Import | None, str]:
    try:
        header.required()
        return convert(path, header, table, config), ""
    except InputError as error:
        return None, str(error)


def _written(header: Header) -> dict[str, str]:
    dialect = header.dialect
    if dialect is None:
        name = header.grid.format if header.grid else "Parquet"
        return {"format": name, "encoding": "", "encoding_why": "", "delimiter": "", "delimiter_why": ""}
    return {
        "format": "CSV",
        "encoding": dialect.encoding.codec,
        "encoding_why": dialect.encoding.why,
        "delimiter": dialect.delimiter,
        "delimiter_why": dialect.delimiter_why,
    }


def _columns(header: Header, table: Table, read: Import | None) -> tuple[ColumnFact, ...]:
    known = {
        place: (match.ours, match.why, False) for match in header.matches for place in (match.position, *match.more)
    }
    known |= {one.position: (one.ours, f"{one.confidence}: {one.why}", True) for one in header.proposals}
    facts = []
    for place, tally in enumerate(table.tallies):
        ours, how, proposed = known.get(place, ("", "", False))
        decision = read.decimals.get(ours) if read else None
        share = tally.filled / max(1, table.frame.height)
        sign = decision.sign if decision else ""
        facts.append(ColumnFact(tally.header, ours, how, proposed, tally.filled, share, tuple(tally.examples), sign))
    return tuple(facts)


def _stock(read: Import) -> StockFact:
    customers, rejects = read.customers, read.rejects
    repeated = (pl.col("effect") == ROW_REJECTED) & pl.col("reason").str.contains(REPEATED)
    return StockFact(
        customers=customers.height,
        rejected=read.rejected,
        duplicates=rejects.filter(repeated).height,
        ignored_values=rejects.filter(pl.col("effect") != ROW_REJECTED).height,
        with_website=customers["site"].count(),
        sites=customers["site"].drop_nulls().n_unique(),
        with_text=customers["text"].count(),
        with_industry=customers["industry"].count(),
        with_headcount=customers["headcount"].count(),
        with_revenue=customers["revenue"].count(),
        active=int((customers["revenue"] > 0).sum()),
    )
