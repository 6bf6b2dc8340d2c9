"""The tables that the crawler takes and gives, one `pl.Schema` each.

Pages carry no times, so that an unchanged re-crawl yields an unchanged table; times stand in the fetches.
"""

from typing import Final

import polars as pl

#: One row per website to visit: `site` names it (host without "www."), `url` is where to start.
SITES: Final = pl.Schema({"site": pl.String(), "url": pl.String()})

#: One row per page with text; `kind` is one of `PAGE_KINDS`, `language` an ISO 639-1 code or null.
PAGES: Final = pl.Schema(
    {
        "site": pl.String(),
        "url": pl.String(),
        "kind": pl.String(),
        "title": pl.String(),
        "description": pl.String(),
        "language": pl.String(),
        "text": pl.String(),
        "headings": pl.List(pl.String()),
    }
)

#: One row per company address that a site is said to belong to; several may name one site. `guessed` marks sites that
#: were found by the company's name only.
ADDRESSES: Final = pl.Schema(
    {
        "id": pl.String(),
        "site": pl.String(),
        "name": pl.String(),
        "street": pl.String(),
        "postcode": pl.String(),
        "city": pl.String(),
        "vat_id": pl.String(),
        "register_number": pl.String(),
        "guessed": pl.Boolean(),
    }
)

#: One row per row of `ADDRESSES` whose site gave text: is the site the company's? "own", "doubtful" or "foreign", and
#: the evidence in words.
OWNERSHIP: Final = pl.Schema(
    {
        "id": pl.String(),
        "site": pl.String(),
        "ownership": pl.String(),
        "evidence_de": pl.String(),
        "evidence_en": pl.String(),
        "guessed": pl.Boolean(),
    }
)

#: What sites say of the organisation behind them in JSON-LD (schema.org), one row each; null where it is not said.
ORGANISATIONS: Final = pl.Schema(
    {
        "site": pl.String(),
        "url": pl.String(),
        "name": pl.String(),
        "street": pl.String(),
        "postcode": pl.String(),
        "city": pl.String(),
        "vat_id": pl.String(),
        "employees": pl.Int64(),
        "founded": pl.Int32(),
    }
)

#: The ledger of what sites reserve: `rule` as it was found, `source` where ("robots.txt", "tdmrep.json", "header",
#: "meta", "opt_out_file"), `effect` "obeyed", "recorded" or, for wishes that concern search engines, "information".
RESERVATIONS: Final = pl.Schema(
    {
        "site": pl.String(),
        "url": pl.String(),
        "source": pl.String(),
        "rule": pl.String(),
        "effect": pl.String(),
        "first_seen": pl.Datetime("us", "UTC"),
        "last_seen": pl.Datetime("us", "UTC"),
    }
)

#: One row per request of a site's latest visit, also for pages that were left alone: HTTP status (null without an
#: answer), reason ("ok" or why not), bytes, seconds; `kind` is one of `PAGE_KINDS`, or
#: "robots" for robots.txt, or "tdmrep" for the file of reservations from text and data mining.
FETCHES: Final = pl.Schema(
    {
        "site": pl.String(),
        "url": pl.String(),
        "kind": pl.String(),
        "status": pl.Int32(),
        "reason": pl.String(),
        "bytes": pl.Int64(),
        "seconds": pl.Float64(),
        "fetched_at": pl.Datetime("us", "UTC"),
    }
)

#: One row per site: what became of it (`crawler.verdict.Verdict`, "pending" before its visit ends), the evidence in
#: words, and how many pages are kept of it.
VERDICTS: Final = pl.Schema({"site": pl.String(), "verdict": pl.String(), "evidence": pl.String(), "pages": pl.Int32()})

PAGE_KINDS: Final = ("home", "about", "services", "products", "impressum", "contact", "other")
