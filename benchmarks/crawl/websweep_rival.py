"""Crawl with WebSweep, in an environment that has it. Started as `python websweep_rival.py JOB RESULT`, JSON files.

The job is that of `scrapy_rival.py`. WebSweep reads the links of every page in any case; "extract" adds its own
extraction. It cannot be told which pages to take, so it takes the first ones that the home page links to, as many.
"""

import json
import socket
import sys
import tempfile
from pathlib import Path

from company_pages import WANTED
from usage import measured
from websweep import Crawler

JOB = json.loads(Path(sys.argv[1]).read_text("utf-8"))


class Waits(dict[str, float]):
    """The pauses of WebSweep, which begin at nothing, begin at the benchmark's."""

    def setdefault(self, key: str, default: float = 0.0) -> float:  # type: ignore[override]  # as it is called
        """Return the pause of a domain."""
        return super().setdefault(key, max(default, JOB["delay"]))


def look_up(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
    """Lead all names to loopback, in place of `socket.getaddrinfo`."""
    return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (JOB["names"].get(host, host), port))]


def main() -> None:
    """Crawl, and write what it took."""
    socket.getaddrinfo = look_up  # type: ignore[assignment]  # this process asks for names of the table only
    with tempfile.TemporaryDirectory() as folder:
        crawler = Crawler(
            folder,
            save_html=False,
            extract=JOB["work"] == "extract",
            max_level=2,
            # It stops after one page more than this.
            max_pages_per_domain=len(WANTED),
            concurrency_base_urls=JOB["concurrency"],
            threads_download=JOB["concurrency"],
        )
        crawler.waits = Waits()
        crawler.domain_wait_decay = 1.0
        with measured(Path(sys.argv[2])) as figures:
            crawler.crawl_base_urls(JOB["urls"])
            figures["pages"] = crawler.count_downloads


if __name__ == "__main__":
    main()
