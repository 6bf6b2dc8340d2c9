"""Why a customer is rated as it is: reasons for the lists, and all that is known of one customer."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

import polars as pl

from scoring.config import Target
from scoring.errors import UnknownCustomerError
from scoring.evidence import Stock, peer_evidence, peers_of, phrase_evidence, shared_phrases, stock_of, with_lifts
from scoring.schema import FACTORS
from scoring.target import list_words
from scoring.wording import Words, money
from scoring.wording_de import GERMAN
from scoring.wording_en import ENGLISH
from scoring.wording_reasons import Usual, against, reasons, tidied, usual, with_figures

#: Between the reasons of one customer; it never occurs inside a reason.
REASON_SEPARATOR: Final = " · "
_MAX_REASONS: Final = 3
#: Customers worded at once: bounds the memory for their peers' phrases.
_BATCH: Final = 50_000
_BAND_EDGES: Final = tuple(float(step * 10**power) for power in range(3, 8) for step in (1, 2, 5))


def explain(
    frame: pl.DataFrame, keywords: pl.DataFrame, as_of: date | None = None, target: Target = "revenue"
) -> pl.DataFrame:
    """Add up to three reasons and one reason against, in German and English.

    Args:
        frame: the whole classified stock with `action` (`scoring.actions.assign`); EUR per year. `country` is
            optional.
        keywords: KEYWORDS.
        as_of: day of the export; None takes the newest purchases of the stock for it.
        target: what the EUR are.

    Returns:
        The frame with `reason_de`, `reason_en` (joined by REASON_SEPARATOR), `against_de` and `against_en`, none of
        them null.
    """
    normal = usual(frame, as_of)
    stock = stock_of(frame, keywords)
    stock = replace(stock, phrases=with_lifts(stock.phrases, frame))
    known = frame if "country" in frame.columns else frame.with_columns(country=pl.lit(None, pl.String))
    # An empty frame has no slices, but its result has columns.
    batches = list(known.iter_slices(_BATCH)) or [known]
    texts = pl.concat(_worded(batch, stock, normal, target) for batch in batches)
    return pl.concat([frame, texts], how="horizontal")


def _worded(batch: pl.DataFrame, stock: Stock, normal: Usual, target: Target) -> pl.DataFrame:
    """Reasons of each row of the batch, in its order."""
    seen = tidied(_with_evidence(batch, stock))
    return pl.concat([_in_words(seen, words, normal) for words in list_words(target)], how="horizontal")


def _in_words(seen: pl.DataFrame, words: Words, normal: Usual) -> pl.DataFrame:
    said = pl.concat_list(reasons(words, normal)).list.drop_nulls().list.head(_MAX_REASONS)
    texts = {
        f"reason_{words.code}": said.list.join(REASON_SEPARATOR),
        f"against_{words.code}": pl.coalesce(against(words, normal)),
    }
    return with_figures(seen, words).lazy().select(**texts).collect()


def _with_evidence(batch: pl.DataFrame, stock: Stock) -> pl.DataFrame:
    peers = peers_of(batch, stock)
    own = stock.phrases.join(batch, on="customer_id", how="semi")
    quoted = phrase_evidence(shared_phrases(peers, stock.phrases), own)
    named = batch.join(peer_evidence(peers), on="customer_id", how="left", maintain_order="left")
    return named.join(quoted, on="customer_id", how="left", maintain_order="left")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFact:
    """A similar customer; its revenue is given as a band of EUR per year only."""

    customer_id: str
    name: str
    class_revenue: str
    revenue_de: str
    revenue_en: str
    similarity: float
    band_de: str
    band_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseFact:
    """A distinctive phrase, where it stands (no `url`: in the user's own text) and the A-class peers that share it."""

    phrase: str
    kind_de: str
    kind_en: str
    url: str | None
    shared_with: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that led to the rating of one customer; EUR per year.

    `factors` says by how much industry, headcount, text and region raise (above 1) or lower what is typical in the
    stock, and `euros` the same as amounts that lead from `base`, the stock's typical customer, to `typical`.
    `chances` are those of the classes A, B and C.
    """

    customer_id: str
    name: str
    city: str | None
    industry_de: str | None
    industry_en: str | None
    headcount: float | None
    website: str | None
    basis: str | None
    revenue: float | None
    revenue_best: float | None
    last_purchase: date | None
    potential: float | None
    potential_low: float | None
    potential_high: float | None
    typical: float | None
    headroom: float | None
    headroom_expected: float | None
    class_revenue: str
    class_potential: str
    confidence: str | None
    action: str
    chances: dict[str, float | None]
    factors: dict[str, float | None]
    euros: dict[str, float | None]
    peers: tuple[PeerFact, ...]
    phrases: tuple[PhraseFact, ...]
    reasons_de: tuple[str, ...]
    reasons_en: tuple[str, ...]
    against_de: str
    against_en: str

    def to_dict(self) -> dict[str, Any]:
        """Everything in types that JSON knows; the date as YYYY-MM-DD."""
        day = self.last_purchase
        return {**asdict(self), "last_purchase": None if day is None else day.isoformat()}


def explanation(customer_id: str, potential: pl.DataFrame, keywords: pl.DataFrame) -> Explanation:
    """Collect all that led to the rating of one customer.

    Args:
        customer_id: as in the stock.
        potential: POTENTIAL of the whole stock.
        keywords: KEYWORDS of the whole stock.

    Returns:
        The explanation; peers and phrases best first.

    Raises:
        UnknownCustomerError: no customer has this number.
    """
    row = potential.filter(pl.col("customer_id") == customer_id)
    if row.is_empty():
        raise UnknownCustomerError(
            f"No customer {customer_id!r} in the rated stock of {potential.height} customers: "
            "customer numbers are compared as text, with leading zeros; look the number up in out/potential.parquet."
        )
    return explanation_among(row, potential, stock_of(potential, keywords))


def explanation_among(row: pl.DataFrame, customers: pl.DataFrame, stock: Stock) -> Explanation:
    """Collect all that led to the rating of one customer, from what is known of it and its peers.

    Args:
        row: POTENTIAL of the customer.
        customers: `customer_id` and `revenue` of its peers at least.
        stock: made of the customer and its peers at least.

    Returns:
        The explanation; peers and phrases best first.
    """
    peers = peers_of(row, stock)
    facts = row.row(0, named=True)
    return _explanation(facts, _peer_facts(peers, customers), _phrase_facts(facts["customer_id"], peers, stock.phrases))


def _explanation(facts: dict[str, Any], peers: tuple[PeerFact, ...], phrases: tuple[PhraseFact, ...]) -> Explanation:
    plain = ("customer_id", "name", "city", "headcount", "website", "basis", "revenue", "revenue_best", "last_purchase")
    rated = ("potential", "potential_low", "potential_high", "typical", "headroom", "headroom_expected")
    decided = ("class_revenue", "class_potential", "confidence", "action", "against_de", "against_en")
    return Explanation(
        **{name: facts[name] for name in (*plain, *rated, *decided)},
        industry_de=facts["industry_label"],
        industry_en=facts["industry_label_en"] or facts["industry_label"],
        chances={name: facts[f"p_{name.lower()}"] for name in ("A", "B", "C")},
        factors={name: facts[f"factor_{name}"] for name in FACTORS},
        euros={name: facts[f"eur_{name}"] for name in ("base", *FACTORS)},
        peers=peers,
        phrases=phrases,
        reasons_de=tuple(facts["reason_de"].split(REASON_SEPARATOR)),
        reasons_en=tuple(facts["reason_en"].split(REASON_SEPARATOR)),
    )


def _peer_facts(peers: pl.DataFrame, potential: pl.DataFrame) -> tuple[PeerFact, ...]:
    revenue = potential.select(pl.col("customer_id").alias("peer_id"), "revenue")
    known = peers.join(revenue, on="peer_id", how="left", maintain_order="left")
    return tuple(
        PeerFact(
            customer_id=peer["peer_id"],
            name=peer["peer_name"],
            class_revenue=peer["peer_class"],
            revenue_de=_revenue_band(peer["revenue"], GERMAN),
            revenue_en=_revenue_band(peer["revenue"], ENGLISH),
            similarity=round(peer["similarity"], 3),
            band_de=GERMAN.bands[peer["band"]],
            band_en=ENGLISH.bands[peer["band"]],
        )
        for peer in known.iter_rows(named=True)
    )


def _revenue_band(revenue: float | None, words: Words) -> str:
    """The steps of 1, 2 and 5 times a power of ten that the revenue lies between."""
    below = [edge for edge in _BAND_EDGES if edge <= (revenue or 0.0)]
    above = [edge for edge in _BAND_EDGES if edge > (revenue or 0.0)]
    if not below or not above:
        text, edge = (words.below, above[0]) if above else (words.from_, below[-1])
        return text.format(_money_text(edge, words))
    return words.between.format(_money_text(below[-1], words), _money_text(above[0], words))


def _money_text(value: float, words: Words) -> str:
    return str(pl.select(money(pl.lit(value), words)).item())


def _phrase_facts(customer_id: str, peers: pl.DataFrame, phrases: pl.DataFrame) -> tuple[PhraseFact, ...]:
    own = phrases.filter(pl.col("customer_id") == customer_id)
    together = shared_phrases(peers, phrases).sort("similarity", "peer_id", descending=[True, False])
    sharing = together.group_by("key", maintain_order=True).agg(pl.col("peer_id").unique(maintain_order=True))
    known = own.join(sharing, on="key", how="left").sort("weight", "key", descending=[True, False])
    return tuple(
        PhraseFact(
            phrase=phrase["phrase"],
            kind_de=_kind(phrase["kind"], GERMAN),
            kind_en=_kind(phrase["kind"], ENGLISH),
            url=phrase["url"],
            shared_with=tuple(phrase["peer_id"] or ()),
        )
        for phrase in known.iter_rows(named=True)
    )


def _kind(kind: str | None, words: Words) -> str:
    return words.kinds.get(kind or "own", words.kinds["other"])
