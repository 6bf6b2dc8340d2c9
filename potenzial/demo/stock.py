"""The synthetic address stock: what the user's file holds, and the hidden wallets behind it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from potenzial.demo.companies import STREAM_STOCK, Company, make_companies
from potenzial.demo.content import Content, load_content
from potenzial.demo.economy import Purchases, draw_purchases
from potenzial.demo.hosts import Host, hosts_frame, make_hosts
from potenzial.demo.phrases import pick

#: Day on which the stock was exported: `revenue` is that of the 12 months before.
EXPORTED: Final = date(2026, 6, 30)
#: Share of the rows with a website, and with only an e-mail address at the company's own domain; the rest has neither.
WITH_WEBSITE: Final = 0.82
WITH_OWN_MAIL: Final = 0.08
#: Shares of the rows without industry, with the industry in words, without headcount, and with a CRM note.
NO_INDUSTRY: Final = 0.10
INDUSTRY_IN_WORDS: Final = 0.20
NO_HEADCOUNT: Final = 0.25
WITH_NOTE: Final = 0.10

#: Columns of the user's file. `revenue` is EUR in the 12 months before `EXPORTED`, `revenue_YYYY` EUR in that year.
CUSTOMERS_FILE: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "name": pl.String(),
        "street": pl.String(),
        "postcode": pl.String(),
        "city": pl.String(),
        "country": pl.String(),
        "website": pl.String(),
        "email": pl.String(),
        "industry": pl.String(),
        "headcount": pl.Int64(),
        "revenue": pl.Float64(),
        "revenue_2025": pl.Float64(),
        "revenue_2024": pl.Float64(),
        "last_purchase": pl.Date(),
        "owner": pl.String(),
        "text": pl.String(),
    }
)

#: The hidden truth: `wallet` is the true demand in EUR per year, `needs` the keys of profile and traits.
WALLETS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "trade": pl.String(),
        "headcount": pl.Int64(),
        "wallet": pl.Float64(),
        "share_of_wallet": pl.Float64(),
        "needs": pl.List(pl.String()),
    }
)


@dataclass(frozen=True)
class DemoStock:
    """A synthetic stock: `customers` in `CUSTOMERS_FILE`, `wallets` in `WALLETS`, `hosts` in `demo.hosts.HOSTS`.

    `size` and `seed` make the same stock again.
    """

    size: int
    seed: int
    customers: pl.DataFrame
    wallets: pl.DataFrame
    hosts: pl.DataFrame
    companies: tuple[Company, ...]


def generate(customers: int, seed: int) -> DemoStock:
    """Make a stock of this many customers; the same numbers give the same stock.

    Raises:
        ValueError: fewer than one customer, or a negative seed.
    """
    if customers < 1 or seed < 0:
        raise ValueError(f"a stock needs at least 1 customer and a seed of 0 or more, not {customers} and {seed}")
    content = load_content()
    companies = make_companies(content, customers, seed)
    rng = np.random.default_rng([seed, STREAM_STOCK])
    owners = rng.integers(len(content.places.owners), size=customers)
    wallet = np.array([company.need.wallet for company in companies])
    bought = draw_purchases(wallet, owners, len(content.places.owners), rng)
    reach = rng.random(customers)
    online = [
        company for company, chance in zip(companies, reach, strict=True) if chance < WITH_WEBSITE + WITH_OWN_MAIL
    ]
    hosts = make_hosts(online, rng)
    rows = [_row(content, company, float(reach[company.number]), rng) for company in companies]
    named = [content.places.owners[int(owner)] for owner in owners]
    frame = pl.DataFrame(rows, schema_overrides={"headcount": pl.Int64()}, infer_schema_length=None)
    return DemoStock(
        size=customers,
        seed=seed,
        customers=_with_purchases(frame, bought, named),
        wallets=_wallets(companies, bought),
        hosts=hosts_frame(hosts),
        companies=companies,
    )


def site_hosts(stock: DemoStock) -> tuple[Host, ...]:
    """Return the hosts of a stock as values."""
    return tuple(Host(**row) for row in stock.hosts.iter_rows(named=True))


def _with_purchases(frame: pl.DataFrame, bought: Purchases, owners: list[str]) -> pl.DataFrame:
    dates = [None if np.isnan(days) else EXPORTED - timedelta(days=int(days)) for days in bought.days_ago]
    return frame.with_columns(
        revenue=pl.Series(bought.revenue),
        revenue_2025=pl.Series(bought.year_before),
        revenue_2024=pl.Series(bought.two_years_before),
        last_purchase=pl.Series(dates, dtype=pl.Date()),
        owner=pl.Series(owners),
    ).match_to_schema(CUSTOMERS_FILE)


def _wallets(companies: tuple[Company, ...], bought: Purchases) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "customer_id": [company.customer_id for company in companies],
            "trade": [company.trade for company in companies],
            "headcount": [company.need.headcount for company in companies],
            "wallet": [company.need.wallet for company in companies],
            "share_of_wallet": bought.share,
            "needs": [company.need.keys for company in companies],
        },
        schema=WALLETS,
    )


def _row(content: Content, company: Company, reach: float, rng: np.random.Generator) -> dict[str, object]:
    """Return what the user's file knows of a company, purchases apart."""
    identity = company.identity
    return {
        "customer_id": company.customer_id,
        "name": identity.name,
        "street": identity.street,
        "postcode": identity.postcode,
        "city": identity.city,
        "country": "DE",
        "website": _website(identity.domain, rng) if reach < WITH_WEBSITE else None,
        "email": _email(content, company, reach, rng),
        "industry": _industry(company, rng),
        "headcount": None if rng.random() < NO_HEADCOUNT else company.need.headcount,
        "text": _note(content, company, rng),
    }


def _website(domain: str, rng: np.random.Generator) -> str:
    """Write a website as people do."""
    shapes = ("www.{}", "www.{}", "www.{}", "http://www.{}/", "http://www.{}", "{}", "https://www.{}", "WWW.{}")
    return pick(shapes, rng).format(domain)


def _email(content: Content, company: Company, reach: float, rng: np.random.Generator) -> str | None:
    identity = company.identity
    if reach < WITH_WEBSITE + WITH_OWN_MAIL:
        known = reach >= WITH_WEBSITE or rng.random() < 0.8  # noqa: PLR2004 - share of e-mail addresses known
        return f"{identity.mailbox}@{identity.domain}" if known else None
    if rng.random() < 0.5:  # noqa: PLR2004 - half of those without a domain use a free mailbox
        return f"{identity.domain.removesuffix('.example')}@{pick(content.places.free_mail, rng)}"
    return None


def _industry(company: Company, rng: np.random.Generator) -> str | None:
    profile, trade = company.need.profile, company.need.trade
    chance = rng.random()
    if chance < NO_INDUSTRY:
        return None
    if chance < NO_INDUSTRY + INDUSTRY_IN_WORDS:
        return pick(profile.branches or trade.branches, rng)
    return pick(profile.codes or trade.codes, rng)


def _note(content: Content, company: Company, rng: np.random.Generator) -> str | None:
    """Write a sales rep's note; half of the notes tell something of the needs."""
    if rng.random() >= WITH_NOTE:
        return None
    telling = rng.random() < 0.5  # noqa: PLR2004 - half
    return pick(company.need.profile.notes if telling else content.common.notes, rng)
