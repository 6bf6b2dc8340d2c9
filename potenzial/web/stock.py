"""The results of the last finished run in memory: what lists, search and pages read, for 1,000,000 customers too.

In memory is one row per customer with what lists show and filters ask for; long texts (reasons, peers) stay in the
stage's file and are read for the customers of one page. Orders are made once: a page of a sorted list is a slice.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from potenzial import artifact, tables
from potenzial.project import Project
from potenzial.web.access import Viewer
from potenzial.web.errors import NotFoundError
from potenzial.web.territory import without_others
from scoring.evidence import SimilarityBands, similarity_bands, told_name
from scoring.potential.sums import sections
from scoring.schema import POTENTIAL

logger = logging.getLogger(__name__)

#: Columns of the results that are held in memory, besides `search`.
HELD: Final = (
    "customer_id", "name", "postcode", "city", "owner", "industry", "industry_label", "industry_label_en", "headcount",
    "last_purchase", "revenue", "potential", "potential_low", "potential_high", "headroom", "headroom_expected",
    "class_revenue", "class_potential", "confidence", "action",
)  # fmt: skip
_REPEATED: Final = (
    "owner", "industry", "industry_label", "industry_label_en", "class_revenue", "class_potential", "confidence",
    "action",
)  # fmt: skip
#: Columns that lists can be sorted by; amounts start with the largest, texts with A.
SORTS: Final = (
    "headroom_expected", "headroom", "potential", "revenue", "headcount", "last_purchase", "name", "customer_id",
    "postcode", "city", "owner", "industry_label", "class_revenue", "class_potential", "action",
)  # fmt: skip


#: Values of a column that a reader can choose among.
MOST_CHOICES: Final = 300


@dataclass(frozen=True, eq=False)
class Quality:
    """How good the model is (FIGURES), what its gate says, and sums of groups (SUMS)."""

    figures: pl.DataFrame
    gate: pl.DataFrame
    sums: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Stock:
    """The rated customers of one finished run.

    `frame` has the columns HELD, `search` (id, name and city in small letters) and `section` (the section of the
    industry: its letter, or the words of an industry without a code), in the order of the results;
    `orders` gives for each of SORTS the places of all rows, smallest first, unknown values last; `ids` are sorted.
    `bands` say what similarity is usual, `known` which values the repeated columns have; `key` names the run.
    """

    project: Project
    key: str
    finished_at: str
    frame: pl.DataFrame
    orders: Mapping[str, pl.Series]
    ids: pl.Series
    bands: SimilarityBands
    known: Mapping[str, tuple[str, ...]]
    quality: Quality
    path: Path

    @property
    def made(self) -> tuple[str, str]:
        """What tells this run from others."""
        return self.key, self.finished_at

    def places(self, ids: pl.Series) -> pl.Series:
        """The rows of customers; null for ids that there are not."""
        if self.ids.is_empty():
            return pl.Series([None] * len(ids), dtype=pl.UInt32)
        nearest = self.ids.search_sorted(ids).clip(0, len(self.ids) - 1).cast(pl.UInt32)
        known = self.ids.gather(nearest) == ids
        found = self.orders["customer_id"].gather(nearest)
        return pl.DataFrame({"place": found, "known": known}).select(pl.when("known").then("place")).to_series()

    def place(self, customer_id: str) -> int | None:
        """The row of a customer; None if there is no such."""
        found: int | None = self.places(pl.Series([customer_id], dtype=pl.String))[0]
        return found

    def rows(self, places: pl.Series) -> pl.DataFrame:
        """Read whole rows (POTENTIAL) of the results, in the order of their places.

        Raises:
            ArtifactError: the file is damaged.
        """
        wanted = self.frame["customer_id"].gather(places)
        every = pl.scan_parquet(self.path, glob=False)
        first, last = places.cast(pl.Int64).min(), places.cast(pl.Int64).max()
        span = every.slice(first, last - first + 1) if isinstance(first, int) and isinstance(last, int) else every
        found = span.filter(pl.col("customer_id").is_in(wanted.implode())).collect()
        if set(found["customer_id"]) != set(wanted):
            # A run has just replaced the file: its rows lie elsewhere now.
            found = every.filter(pl.col("customer_id").is_in(wanted.implode())).collect()
        order = pl.DataFrame({"customer_id": wanted})
        return order.join(found, on="customer_id", how="inner", maintain_order="left").match_to_schema(POTENTIAL)


def load(project: Project) -> Stock:
    """Read the results of a project.

    Raises:
        StageError: the customers are not rated yet.
        ArtifactError: the results are damaged.
    """
    record = tables.record_of(project, "potential")
    path = project.stage("lists").files["potential"]
    frame = _held(artifact.read_columns(path, POTENTIAL, HELD))
    orders = {name: _order(frame, name) for name in SORTS}
    return Stock(
        project=project,
        key=record.key,
        finished_at=record.finished_at,
        frame=frame,
        orders=orders,
        ids=frame["customer_id"].gather(orders["customer_id"]),
        bands=similarity_bands(artifact.read_columns(path, POTENTIAL, ("customer_id", "peers"))),
        known={name: _known(frame[name]) for name in ("owner", "industry_label", "industry_label_en")},
        quality=Quality(*(tables.read(project, name) for name in ("figures", "gate", "sums"))),
        path=path,
    )


def _known(column: pl.Series) -> tuple[str, ...]:
    """The values of a column, most frequent first, as far as a reader can choose among them."""
    counts = column.cast(pl.String).drop_nulls().value_counts(sort=True)
    return tuple(counts[column.name].head(MOST_CHOICES))


def _held(frame: pl.DataFrame) -> pl.DataFrame:
    words = (pl.col(name).fill_null("") for name in ("customer_id", "name", "city"))
    search = pl.concat_str(words, separator="\n").str.to_lowercase()
    short = [pl.col(name).cast(pl.Categorical) for name in _REPEATED]
    section = pl.Series("section", sections(frame["industry"].cast(pl.String).to_list()), pl.String)
    return frame.with_columns(search.alias("search"), section.cast(pl.Categorical), *short)


def _order(frame: pl.DataFrame, name: str) -> pl.Series:
    column = frame[name].cast(pl.String) if frame[name].dtype == pl.Categorical else frame[name]
    compared = column.str.to_lowercase() if column.dtype == pl.String and name != "customer_id" else column
    places = compared.to_frame().with_row_index("_place").sort(name, nulls_last=True, maintain_order=True)
    return places["_place"]


@dataclass(frozen=True, eq=False)
class Portfolio:
    """The part of a stock that one reader may see: everything that pages, exports and the interface take from it."""

    stock: Stock
    viewer: Viewer

    @property
    def mine(self) -> pl.Expr:
        """Condition on rows of the stock: the reader may see them."""
        if self.viewer.owner is None:
            return pl.lit(value=True)
        return (pl.col("owner") == self.viewer.owner).fill_null(value=False)

    @property
    def frame(self) -> pl.DataFrame:
        """All customers that the reader may see, with the columns HELD."""
        return self.stock.frame if self.viewer.sees_all else self.stock.frame.filter(self.mine)

    def place(self, customer_id: str) -> int:
        """The row in the stock of a customer that the reader may see.

        Raises:
            NotFoundError: there is no such customer, or it is another owner's.
        """
        found = self.stock.place(customer_id)
        if found is None or not self.sees(found):
            raise NotFoundError(customer_id)
        return found

    def sees(self, place: int) -> bool:
        """Whether the reader may see the customer of a row."""
        return self.viewer.owner is None or self.stock.frame["owner"][place] == self.viewer.owner

    def rows(self, places: pl.Series) -> pl.DataFrame:
        """Read whole rows (POTENTIAL) in the order of their places, with nothing of other owners' customers in them.

        Places are those of customers that the reader may see. Raises ArtifactError when the results are damaged.
        """
        found = self.stock.rows(places)
        return found if self.viewer.owner is None else without_others(found, self.foreign(found))

    def foreign(self, rows: pl.DataFrame) -> dict[str, str]:
        """Peers of some customers that the reader may not see: their ids, and their names as reasons tell them."""
        if self.viewer.owner is None:
            return {}
        ids = rows["peers"].explode().struct.field("customer_id").drop_nulls().unique()
        places = self.stock.places(ids).drop_nulls()
        peers = self.stock.frame.select(pl.col("customer_id", "name", "owner").gather(places))
        others = peers.filter(~self.mine).select("customer_id", told_name())
        return dict(others.iter_rows())


class Results:
    """Gives the stock of the newest finished run; a newer one is loaded beside the old, which serves until then."""

    def __init__(self, project: Project, prepare: Callable[[Stock], None] = lambda _stock: None) -> None:
        """Load what is there; `prepare` is called with each newer stock before it is served. Raises as `load`."""
        self._project, self._prepare = project, prepare
        self._stock = load(project)
        self._tried = self._stock.made
        self._loading = threading.Lock()

    @property
    def stock(self) -> Stock:
        """The stock; starts to load a newer one where a run has finished since."""
        made = self._newest()
        if made is not None and made != self._tried and self._loading.acquire(blocking=False):
            self._tried = made
            threading.Thread(target=self._reload, name="reload", daemon=True).start()
        return self._stock

    def _newest(self) -> tuple[str, str] | None:
        """What tells the newest finished run; None while its lists are being made."""
        record = artifact.record(self._project.stage("lists"))
        return None if record is None else (record.key, record.finished_at)

    def _reload(self) -> None:
        try:
            stock = load(self._project)
            self._prepare(stock)
            self._stock = stock
        except Exception:
            logger.exception("The results of the new run cannot be read; the former ones are served on.")
        finally:
            self._loading.release()
