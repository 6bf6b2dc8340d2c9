"""Which customers a list shows: search, filters, order and page, as they stand in the address of the page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

import polars as pl

from potenzial import segments, tables
from potenzial.errors import SegmentError
from potenzial.filters import parse_filter
from potenzial.web.area import Area, inside
from potenzial.web.errors import BadRequestError, NotFoundError
from potenzial.web.stock import HELD, SORTS, Portfolio
from scoring.schema import ACTIONS, CONFIDENCES, POTENTIAL, POTENTIAL_CLASSES, REVENUE_CLASSES

SIZES: Final = (25, 50, 100, 200)
_LONGEST: Final = 200
_LONGEST_CONDITION: Final = 2_000
#: Filters that take one or more of known values.
CHOICES: Final[Mapping[str, Sequence[str]]] = {
    "class_revenue": REVENUE_CLASSES,
    "class_potential": POTENTIAL_CLASSES,
    "action": ACTIONS,
    "confidence": CONFIDENCES,
}
#: Filters that take one value each, besides the search.
_SINGLE: Final = ("owner", "industry", "section", "postcode", "where", "segment", "area", "cluster")
#: Columns that a condition in SQL may name.
CONDITION_SCHEMA: Final = pl.Schema({name: POTENTIAL[name] for name in HELD})


@dataclass(frozen=True)
class Query:
    """The filters of a list; an empty one keeps all. Amounts sort from the largest, texts from A, unless `reverse`.

    `section` is the letter of a section of industries, or the words of an industry without a code.
    `segment` names a list that was kept, `area` is a piece of the map (`potenzial.web.area`), `cluster` one of its
    groups by number.
    """

    q: str = ""
    class_revenue: tuple[str, ...] = ()
    class_potential: tuple[str, ...] = ()
    action: tuple[str, ...] = ()
    confidence: tuple[str, ...] = ()
    owner: str = ""
    industry: str = ""
    section: str = ""
    postcode: str = ""
    where: str = ""
    segment: str = ""
    area: str = ""
    cluster: str = ""
    sort: str = "headroom_expected"
    reverse: bool = False
    page: int = 1
    size: int = 50

    def __post_init__(self) -> None:
        """Refuse what no list understands.

        Raises:
            BadRequestError: a value is unknown, too long or out of range.
        """
        for name, known in CHOICES.items():
            if set(getattr(self, name)) - set(known):
                raise BadRequestError(f"{name}: one of {', '.join(known)}.")
        if self.sort not in SORTS:
            raise BadRequestError(f"sort: one of {', '.join(SORTS)}.")
        if not (self.page >= 1 and 1 <= self.size <= SIZES[-1]):
            raise BadRequestError(f"page and size: from 1 on; a page has {SIZES[-1]} customers at most.")
        self._check_lengths()

    def _check_lengths(self) -> None:
        for name in ("q", "owner", "industry", "section", "postcode", "segment", "cluster"):
            if len(getattr(self, name)) > _LONGEST:
                raise BadRequestError(f"{name}: {_LONGEST} signs at most.")
        if len(self.where) > _LONGEST_CONDITION:
            raise BadRequestError(f"where: {_LONGEST_CONDITION:,} signs at most.")

    @property
    def filters(self) -> dict[str, str | tuple[str, ...]]:
        """What narrows the list, by the names of the parameters."""
        return {name: value for name in ("q", *CHOICES, *_SINGLE) if (value := getattr(self, name))}

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Everything that differs from the plain list, as parameters of an address."""
        plain = Query()
        several = [(name, one) for name in CHOICES for one in getattr(self, name)]
        single = ("q", *_SINGLE, "sort", "page", "size")
        pairs = [(name, str(getattr(self, name))) for name in single if getattr(self, name) != getattr(plain, name)]
        return several + pairs + ([("reverse", "1")] if self.reverse else [])

    @property
    def descends(self) -> bool:
        """Whether the list starts with the largest value."""
        dtype = POTENTIAL[self.sort]
        return (dtype.is_numeric() or dtype.is_temporal()) != self.reverse

    def url(self, path: str) -> str:
        """The address of this list."""
        return f"{path}?{urlencode(self.parameters)}" if self.parameters else path

    def at(self, page: int) -> "Query":
        """The same list at another page."""
        return replace(self, page=page)

    def by(self, sort: str) -> "Query":
        """The same list in another order; asked for its own order it turns round."""
        return replace(self, sort=sort, reverse=self.sort == sort and not self.reverse, page=1)

    def without(self, name: str) -> "Query":
        """The same list without one of its filters."""
        empty = getattr(Query(), name)
        return replace(self, **{name: empty}, page=1)


@dataclass(frozen=True, eq=False)
class Selection:
    """The customers that a query finds: how many, and their places in the stock in the order of the list."""

    count: int
    places: pl.Series

    def page(self, query: Query) -> pl.Series:
        """The places of one page."""
        return self.places.slice((query.page - 1) * query.size, query.size)


def select(portfolio: Portfolio, query: Query) -> Selection:
    """Find the customers of a list among those that the reader may see.

    Raises:
        FilterError: the condition `where` cannot be used.
    """
    order = _ordered(portfolio, query)
    conditions = list(_conditions(query))
    lists = list(_lists(portfolio, query))
    if portfolio.viewer.sees_all and not conditions and not query.where and not lists:
        return Selection(len(order), order)
    frame = portfolio.stock.frame
    mask = frame.select(pl.all_horizontal(portfolio.mine, *conditions, pl.col("customer_id").is_not_null())).to_series()
    if query.where:
        mask &= _meets(portfolio, query.where)
    for ids in lists:
        mask &= frame["customer_id"].is_in(ids.implode())
    places = order.filter(mask.gather(order))
    return Selection(len(places), places)


def _ordered(portfolio: Portfolio, query: Query) -> pl.Series:
    """The order of the list; unknown values come last both ways."""
    column = portfolio.stock.frame[query.sort]
    order = portfolio.stock.orders[query.sort]
    if not query.descends:
        return order
    known = len(column) - column.null_count()
    return pl.concat([order.head(known).reverse(), order.tail(len(order) - known)])


def _conditions(query: Query) -> list[pl.Expr]:
    found = [pl.col(name).is_in(list(getattr(query, name))) for name in CHOICES if getattr(query, name)]
    if query.q:
        words = query.q.lower().split()
        found += [pl.col("search").str.contains(word, literal=True) for word in words]
    if query.owner:
        found.append(pl.col("owner") == query.owner)
    if query.industry:
        found.append(_industry(query.industry))
    if query.section:
        found.append(pl.col("section") == query.section)
    if query.postcode:
        found.append(pl.col("postcode").str.starts_with(query.postcode).fill_null(value=False))
    return [one.fill_null(value=False) for one in found]


def _industry(name: str) -> pl.Expr:
    """A code or the beginning of one, or a label in either language."""
    labels = [pl.col(column) == name for column in ("industry_label", "industry_label_en")]
    return pl.any_horizontal(*labels, pl.col("industry").cast(pl.String).str.starts_with(name))


def _meets(portfolio: Portfolio, condition: str) -> pl.Series:
    parsed = parse_filter(condition, CONDITION_SCHEMA)
    # Only what the condition names becomes plain text again: a large stock has no room for all of it.
    named = {name: CONDITION_SCHEMA[name] for name in pl.sql_expr(condition).meta.root_names()}
    plain = portfolio.stock.frame.select(pl.col(name).cast(dtype) for name, dtype in named.items())
    return parsed.keeps(plain if named else portfolio.stock.frame.select("customer_id"))


def _lists(portfolio: Portfolio, query: Query) -> Iterator[pl.Series]:
    """The ids of a segment, of a piece of the map and of one of its groups.

    Raises:
        NotFoundError: there is no such segment, or it is another territory's.
    """
    project = portfolio.stock.project
    if query.segment:
        try:
            found = segments.read(project.folder, query.segment)
        except SegmentError as error:
            raise NotFoundError(query.segment) from error
        if not portfolio.viewer.sees_all and found.owner != portfolio.viewer.owner:
            raise NotFoundError(query.segment)
        yield pl.Series("customer_id", found.ids, dtype=pl.String)
    if query.area:
        yield inside(tables.read(project, "map"), Area.parse(query.area))
    if query.cluster:
        places = tables.read(project, "map")
        yield places["customer_id"].filter(places["cluster"].cast(pl.String) == query.cluster)
