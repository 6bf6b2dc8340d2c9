"""Crawl with our crawler in a process of its own. Started as `python ours.py JOB RESULT`, both JSON files.

The job holds "sites" (pairs of site and url), "config", "folder", "work" ("fetch" or "extract") and "profile". "fetch"
replaces extraction by one that reads nothing and finds the pages that are wanted, so that no helper runs.
"""

import json
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import polars as pl
from company_pages import WANTED
from sampler import Sampler
from usage import measured

from crawler.config import CrawlConfig
from crawler.crawl import crawl
from crawler.page import Candidate, Extracted, Job
from crawler.schema import SITES
from crawler.workers import Extractors

#: The pages that are wanted, and what they are to our crawler.
KINDS: Final = dict(zip(WANTED, ("services", "products", "impressum"), strict=True))
_TENTHS: Final = 10


async def no_extraction(_pool: Extractors, job: Job) -> Extracted:
    """Return the pages that are wanted, and a text that no other page has, without any process."""
    # As for the rivals, the home page alone leads to others.
    wanted = KINDS.items() if job.url.endswith("/") else ()
    found = [Candidate(urljoin(job.url, path), kind, 10.0, "wanted") for path, kind in wanted]
    return Extracted(text=f"{job.url} {len(job.body)} bytes", language="de", candidates=tuple(found))


class Pace:
    """Prints how far the crawl is, at every tenth, so that a long one can be watched."""

    def __init__(self) -> None:
        self._tenth = 0
        self._began = time.perf_counter()

    def __call__(self, done: int, total: int) -> None:
        """Take what the crawl tells."""
        if total and done * _TENTHS // total > self._tenth:
            self._tenth = done * _TENTHS // total
            print(f"  {done} of {total} sites after {time.perf_counter() - self._began:.0f} s", file=sys.stderr)


def main() -> None:
    """Crawl, and write what it took."""
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    if job["work"] == "fetch":
        Extractors.extract = no_extraction  # type: ignore[method-assign]  # only here, to leave extraction out
    sites = pl.DataFrame(job["sites"], schema=SITES, orient="row")
    config = CrawlConfig(**job["config"])
    sampler = Sampler() if job["profile"] else None
    with measured(Path(sys.argv[2])) as figures, sampler or nullcontext():
        result = crawl(sites, config, Path(job["folder"]), progress=Pace())
        figures["pages"] = result.pages.height
        figures["verdicts"] = dict(result.verdicts["verdict"].value_counts().sort("verdict").iter_rows())
        figures["requests"] = result.fetches.height
    if sampler is not None:
        print(sampler.report(), file=sys.stderr)


if __name__ == "__main__":
    main()
