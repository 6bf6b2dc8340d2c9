"""Crawl with Scrapy, in an environment that has it. Started as `python scrapy_rival.py JOB RESULT`, both JSON files.

The job holds "urls", "names" (host to address), "delay", "concurrency" and "work": with "fetch" the spider asks for the
pages that are wanted without reading any, with "extract" it finds them among the links and takes the text by
trafilatura. The settings are those that Scrapy's documentation advises for broad crawls.
"""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import scrapy
from company_pages import WANTED
from scrapy.crawler import CrawlerProcess
from scrapy.http import HtmlResponse, Request, Response
from scrapy.linkextractors import LinkExtractor
from scrapy.resolver import CachingThreadedResolver
from twisted.internet import defer
from usage import measured

JOB = json.loads(Path(sys.argv[1]).read_text("utf-8"))


class Table(CachingThreadedResolver):
    """Leads all names to loopback."""

    def getHostByName(self, name: str, timeout: object = ()) -> "defer.Deferred[str]":  # noqa: N802 - Twisted's name
        """Return the address of a host."""
        del timeout
        return defer.succeed(JOB["names"][name])


class Companies(scrapy.Spider):
    """Reads the home page of each company and the pages that are wanted."""

    name = "companies"
    pages = 0

    async def start(self) -> AsyncIterator[Request]:
        """Yield the home pages."""
        for url in JOB["urls"]:
            yield Request(url)

    def parse(self, response: Response) -> Iterator[Request]:
        """Take the home page and yield the wanted pages."""
        self.take(response)
        for url in self.wanted(response):
            yield Request(url, callback=self.take)

    def wanted(self, response: Response) -> list[str]:
        """Return the addresses of the pages that are wanted."""
        if JOB["work"] == "fetch" or not isinstance(response, HtmlResponse):
            return [response.urljoin(path) for path in WANTED]
        links = LinkExtractor(unique=True).extract_links(response)
        return [link.url for link in links if link.url.endswith(WANTED)]

    def take(self, response: Response) -> None:
        """Count a page, and take its text if that is the work."""
        if JOB["work"] == "extract":
            import trafilatura

            trafilatura.extract(response.text, fast=True, favor_recall=True, include_comments=False)
        type(self).pages += 1


def main() -> None:
    """Crawl, and write what it took."""
    if JOB["work"] == "extract":
        import trafilatura  # noqa: F401 - loading libraries is not measured
    settings = {
        "ROBOTSTXT_OBEY": True,
        "DOWNLOAD_DELAY": JOB["delay"],
        "RANDOMIZE_DOWNLOAD_DELAY": False,
        "CONCURRENT_REQUESTS": JOB["concurrency"],
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "COOKIES_ENABLED": False,
        "RETRY_ENABLED": False,
        "DOWNLOAD_TIMEOUT": 30,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "ERROR",
        "TWISTED_DNS_RESOLVER": Table,
        "USER_AGENT": "BenchmarkBot/1.0",
    }
    process = CrawlerProcess(settings)
    process.crawl(Companies)
    with measured(Path(sys.argv[2])) as figures:
        process.start()
        figures["pages"] = Companies.pages


if __name__ == "__main__":
    main()
