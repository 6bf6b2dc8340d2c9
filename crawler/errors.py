"""Errors of the crawler.

CrawlerError
|-- FrontierLockedError another process is crawling the same project
|-- FrontierBrokenError the memory of the crawl is damaged or cannot be written
|-- HostsFileError      the static name table cannot be read
|-- OptOutFileError     the list of domains that are never visited cannot be read
`-- WarcFileError       an archive of answers cannot be read

A failing website is never an exception: it is a row with its reason.
"""


class CrawlerError(Exception):
    """Base of everything that can stop a crawl as a whole."""


class FrontierLockedError(CrawlerError):
    """Another process holds the frontier; the message names its process id."""


class FrontierBrokenError(CrawlerError):
    """The file of the frontier cannot be used; the message names it and says what to do, or what deleting it costs."""


class HostsFileError(CrawlerError):
    """The static name table is missing or malformed; the message names file and line."""


class OptOutFileError(CrawlerError):
    """The list of domains that are never visited is missing or malformed; the message names file and line."""


class WarcFileError(CrawlerError):
    """A WARC file is missing or none; the message names it and says what to do."""
