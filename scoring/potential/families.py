"""A company with several branches in the stock: estimated once, its potential allocated over the branches.

Branches that share a website or a VAT id are one buyer. Rated one by one, each would get the potential of the whole
company, and a chain of ten would count ten times. So the family is one company with

- the sum of its branches' revenue, and of the best years of each;
- the sum of the known headcounts; if all branches state the same number, that number, since it is the company's;
- text, industry and region of its head: the first branch with text, with revenue, by customer number.

What is estimated for the company is split by headcount (equally where none is known; a branch without one counts as the
mean of the others), but no branch falls below what it buys: with a floor f_i and a share s_i branch i gets
max(f_i, k s_i), k such that the branches add up to the company. Only where floors add up to more than the company's
amount, as with 12 months' revenue beyond it, each branch has its floor.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from scoring.customers import Bools, Floats, Ints, Stock, read_stock
from scoring.industry import Industries
from scoring.schema import RATED

#: Amounts of a company that its branches' best years are the floor of.
_FLOORED: Final = ("potential", "potential_low", "potential_high")
#: Amounts that are split by share alone.
_SHARED: Final = ("typical", "eur_base", "eur_industry", "eur_headcount", "eur_text", "eur_region")


def read_families(customers: pl.DataFrame, companies: pl.DataFrame | None) -> "Families":
    """Read a stock (CUSTOMERS, `company_vectors` or None) and merge the branches of each company."""
    stock = read_stock(customers, companies)
    known = set() if companies is None else set(companies["customer_id"])
    return gather_families(stock, np.array([name in known for name in stock.customer_id], dtype=np.bool_))


@dataclass(frozen=True)
class Families:
    """The companies of a stock: `merged` has one row a company (m), `head` (n) names each branch's row in it.

    `share` (n) is each branch's share of its company; `chains` lists the branches of each company with more than one.
    """

    stock: Stock
    merged: Stock
    head: Ints
    share: Floats
    chains: tuple[Ints, ...]


def gather_families(stock: Stock, has_text: Bools) -> Families:
    """Merge the branches of each company; `has_text` (n) marks customers with a company vector."""
    chains = tuple(_chains(stock.family))
    leads, share = np.arange(len(stock)), np.ones(len(stock))
    for members in chains:
        leads[members] = _lead(stock, has_text, members)
        share[members] = _shares(stock, members)
    heads, head = np.unique(leads, return_inverse=True)
    return Families(stock, _merged(stock, heads, chains, leads), head.astype(np.int64), share, chains)


def _chains(family: Ints) -> Iterator[Ints]:
    order = np.argsort(family, kind="stable")
    starts = np.flatnonzero(np.diff(family[order])) + 1
    yield from (members for members in np.split(order, starts) if len(members) > 1)


def _lead(stock: Stock, has_text: Bools, members: Ints) -> int:
    best = sorted(members.tolist(), key=lambda row: (not has_text[row], not stock.active[row], row))
    return int(best[0])


def _shares(stock: Stock, members: Ints) -> Floats:
    headcount = 10.0 ** stock.log_headcount[members]
    known = np.isfinite(headcount)
    weight = np.where(known, headcount, headcount[known].mean() if known.any() else 1.0)
    shares: Floats = weight / weight.sum()
    return shares


def _merged(stock: Stock, heads: Ints, chains: tuple[Ints, ...], leads: Ints) -> Stock:
    """One row a company; the rows of single customers stay as they are."""
    revenue, floor, headcount = stock.log_revenue.copy(), stock.floor.copy(), stock.log_headcount.copy()
    own = stock.own.copy()
    industry = np.arange(len(stock))
    for members in chains:
        lead = leads[members[0]]
        own[lead] = stock.own[members].sum()
        revenue[lead] = np.log10(own[lead]) if stock.active[members].any() else np.nan
        floor[lead] = stock.floor[members].sum()
        headcount[lead] = _company_headcount(stock.log_headcount[members])
        coded = members[stock.industries.known[members]]
        industry[lead] = lead if stock.industries.known[lead] or not len(coded) else coded[0]
    whole = replace(
        stock,
        log_revenue=revenue,
        own=own,
        floor=floor,
        log_headcount=headcount,
        industries=_industries(stock.industries, industry),
    )
    return some_of(whole, heads)


def some_of(stock: Stock, rows: Ints) -> Stock:
    """Give some customers of a stock, by their row numbers in ascending order."""
    return Stock(
        customer_id=tuple(stock.customer_id[row] for row in rows),
        log_revenue=stock.log_revenue[rows],
        own=stock.own[rows],
        floor=stock.floor[rows],
        log_headcount=stock.log_headcount[rows],
        industries=_industries(stock.industries, rows),
        regions=stock.regions[rows],
        group=stock.group[rows],
        family=stock.family[rows],
    )


def _log_sum(logs: Floats) -> float:
    known = logs[np.isfinite(logs)]
    return float(np.log10((10.0**known).sum())) if len(known) else float("nan")


def _company_headcount(logs: Floats) -> float:
    known = logs[np.isfinite(logs)]
    same = len(known) > 1 and np.ptp(known) == 0
    return float(known[0]) if same else _log_sum(logs)


def _industries(industries: Industries, rows: Ints) -> Industries:
    """The industries of some rows."""
    return replace(
        industries,
        levels=industries.levels[rows],
        titles=tuple(industries.titles[row] for row in rows),
        titles_en=tuple(industries.titles_en[row] for row in rows),
        codes=tuple(industries.codes[row] for row in rows),
    )


def allocated(rated: pl.DataFrame, families: Families) -> pl.DataFrame:
    """Give every branch its part of what is rated of its company (RATED, one row a company, to one a customer)."""
    names = pl.DataFrame({"customer_id": families.stock.customer_id, "row": families.head})
    spread = rated.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64)).drop("customer_id")
    frame = names.join(spread, on="row", how="left", maintain_order="left").select(*RATED)
    if not families.chains:
        return frame
    split = {name: _split(frame[name], families, families.stock.floor) for name in _FLOORED}
    split["headroom_expected"] = _headroom(frame["headroom_expected"], families)
    split |= {name: _numbers(frame[name]) * families.share for name in _SHARED}
    return frame.with_columns(
        *(pl.Series(name, values, dtype=pl.Float64).fill_nan(None) for name, values in split.items()),
        law=_moved_laws(frame["law"], families.share),
    )


def _headroom(headroom: pl.Series, families: Families) -> Floats:
    """Split what a company is expected to buy, no branch below what it buys now; the rest is headroom (n)."""
    revenue, company = families.stock.own, families.merged.own[families.head]
    amounts = _numbers(headroom)
    wallet = _split(pl.Series(amounts + company), families, revenue)
    return np.where(families.share < 1.0, np.maximum(wallet - revenue, 0.0), amounts)


def _numbers(values: pl.Series) -> Floats:
    return values.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _split(total: pl.Series, families: Families, floor: Floats) -> Floats:
    """Split companies' amounts, given on each branch (n), over the branches."""
    amounts = _numbers(total).copy()
    for members in families.chains:
        if np.isfinite(amounts[members[0]]):
            amounts[members] = fill(float(amounts[members[0]]), floor[members], families.share[members])
    return amounts


def fill(total: float, floor: Floats, share: Floats) -> Floats:
    """Split a total by shares (k, sum 1) so that nobody falls below his floor (k); the floors where they exceed it."""
    if floor.sum() >= total:
        return floor.copy()
    held, level = np.zeros(len(floor), dtype=np.bool_), total
    for _ in range(len(floor)):
        level = (total - floor[held].sum()) / share[~held].sum()
        below = ~held & (floor > level * share)
        if not below.any():
            break
        held |= below
    amounts: Floats = np.where(held, floor, level * share)
    return amounts


def _moved_laws(laws: pl.Series, share: Floats) -> pl.Series:
    """Laws of companies, in log10 EUR, to those of branches."""
    frame = pl.DataFrame({"law": laws, "move": np.log10(share)})
    return frame.select((pl.col("law").cast(pl.List(pl.Float64)) + pl.col("move")).cast(RATED["law"]).alias("law"))[
        "law"
    ]
