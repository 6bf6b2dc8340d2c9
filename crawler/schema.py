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
