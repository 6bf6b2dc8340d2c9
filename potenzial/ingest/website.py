"""The site of a customer: from the website, else from the e-mail address."""

import re
from dataclasses import dataclass

import polars as pl

from crawler.address import PLATFORMS, registrable, site_of
from crawler.schema import SITES
from potenzial.ingest.amounts import MISSING_MARKS
from potenzial.ingest.freemail import FREE_MAIL
from potenzial.ingest.portals import PORTALS

_HOST = re.compile(r"(?:https?://)?(?:www\.)?([^/\s?#:]+)", re.IGNORECASE)
_DOMAIN = re.compile(r"[^@\s<>,;]+@([^@\s<>,;]+\.[^@\s<>,;]+)")
#: Longer cells are no addresses; searching them would take quadratic time.
_MAX_CELL = 500
#: Hosts of two labels under endings without suffixes of a second level ("co.at" is one); xn-- is left to `site_of`.
_PLAIN = (
    r"^(?:(?P<scheme>https?)://)?(?P<www>www\.)?"
    r"(?P<domain>[a-wyz0-9][a-z0-9]{0,30}(?:-[a-z0-9]{1,30}){0,2}\.(?:de|com|net|org|info|ch|eu))/?$"
)
_SHARED = PLATFORMS | PORTALS
_EMPTY = frozenset({*MISSING_MARKS, "", "na", "http://", "https://", "http", "www", "www.", "keine", "none"})


@dataclass(frozen=True)
class Address:
    """A site and the address to start from; without one, `error` says why (empty when there is nothing to tell)."""

    site: str | None = None
    url: str | None = None
    error: str = ""


def sites(customers: pl.DataFrame) -> pl.DataFrame:
    """List the distinct sites of `CUSTOMERS` as `SITES`, each with its shortest start address."""
    named = customers.filter(pl.col("site").is_not_null()).select("site", url=pl.col("website"))
    ordered = named.sort("site", pl.col("url").str.len_bytes(), "url")
    return ordered.unique("site", keep="first", maintain_order=True).match_to_schema(SITES)


def of_website(cell: str) -> Address:
    """Tell the site of a website cell."""
    if cell.strip().casefold() in _EMPTY:
        return Address()
    found = site_of(cell)
    host = found[0] if found else _host(cell)
    if _is_portal(host):
        return Address(error=f"{host} is a portal that many companies share, not the company's own website")
    return Address(*found) if found else Address(error="not a public web address")


def plain_addresses(cells: pl.Series) -> pl.DataFrame:
    """Tell the sites of the cells that need no second look, such as "www.foo.de", all at once.

    Gives the column of `cells`, and `_site`, `_url` and `_error`, for some of the cells; `of_website` tells the same of
    each, only slower, and has to be asked for the others. Under the endings taken here no second level is a suffix.
    """
    found = cells.to_frame().select(
        pl.col(cells.name),
        pl.col(cells.name).str.to_lowercase().str.extract_groups(_PLAIN).struct.unnest(),
    )
    known = found.filter(pl.col("domain").is_not_null() & ~pl.col("domain").is_in(list(_SHARED)))
    host = pl.concat_str(pl.col("www").fill_null(""), "domain")
    return known.select(
        cells.name,
        pl.col("domain").alias("_site"),
        pl.format("{}://{}/", pl.col("scheme").fill_null("https"), host).alias("_url"),
        pl.lit("").alias("_error"),
    )


def of_email(cell: str) -> Address:
    """Tell the site of an e-mail address by its domain; mailbox providers have none."""
    match = _DOMAIN.search(cell[:_MAX_CELL])
    if not match:
        return Address()
    domain = registrable(match[1].strip(".").casefold())
    if domain in FREE_MAIL or _is_portal(domain):
        return Address()
    found = site_of(domain)
    return Address(*found) if found else Address()


def _host(cell: str) -> str:
    match = _HOST.match(cell.strip())
    return match[1].casefold() if match else ""


def _is_portal(host: str) -> bool:
    labels = host.split(".")
    return any(".".join(labels[start:]) in PORTALS for start in range(len(labels)))
