"""Which customers a few typed letters may mean: by any part of name, id or city, whatever the umlauts."""

import threading
from dataclasses import dataclass
from typing import Final

import polars as pl

from potenzial.report.plain import LONGEST_NAME, shown
from potenzial.web.stock import Portfolio, Stock

_MOST: Final = 10
_LONGEST: Final = 100


@dataclass(frozen=True)
class Suggestion:
    """A customer that may be meant."""

    customer_id: str
    name: str
    city: str


def folded(text: pl.Expr) -> pl.Expr:
    """Bring texts to a form in which Müller, Mueller and MULLER are one: small, without accents, `ae` as `a`."""
    plain = text.str.normalize("NFKD").str.to_lowercase().str.replace_all(r"\p{M}", "").str.replace_all("ß", "ss")
    return plain.str.replace_all(r"([aou])e", "$1")


class Suggester:
    """Finds customers by what is typed; the folded names of the newest results are made once and kept."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._lock = threading.Lock()
        self._made: tuple[tuple[str, str], pl.DataFrame] | None = None

    def suggest(self, portfolio: Portfolio, typed: str) -> list[Suggestion]:
        """Give the customers that contain every typed word: first those that are the id, then those that begin so."""
        whole = " ".join(pl.select(folded(pl.lit(typed[:_LONGEST]))).item().split())
        words = whole.split()
        if not words:
            return []
        names = self._folded(portfolio.stock)
        meets = pl.all_horizontal(pl.col("folded").str.contains(word, literal=True) for word in words)
        frame = names if portfolio.viewer.sees_all else names.filter(portfolio.mine)
        found = frame.filter(meets).with_columns(rank=_rank(whole)).sort("rank", "length", "customer_id").head(_MOST)
        return [
            Suggestion(row["customer_id"], shown(row["name"], LONGEST_NAME), shown(row["city"], LONGEST_NAME))
            for row in found.iter_rows(named=True)
        ]

    def _folded(self, stock: Stock) -> pl.DataFrame:
        with self._lock:
            if self._made is None or self._made[0] != stock.made:
                words = pl.concat_str(
                    (pl.col(name).fill_null("") for name in ("name", "customer_id", "city")), separator="\n"
                )
                names = stock.frame.select(
                    "customer_id", "name", "city", "owner", length=pl.col("name").str.len_chars(), folded=folded(words)
                )
                self._made = (stock.made, names)
            return self._made[1]


def _rank(whole: str) -> pl.Expr:
    text = pl.col("folded")
    exact = folded(pl.col("customer_id")) == whole
    return (
        pl.when(exact)
        .then(0)
        .when(text.str.starts_with(whole))
        .then(1)
        .when(text.str.contains(f" {whole}", literal=True))
        .then(2)
        .otherwise(3)
    )
