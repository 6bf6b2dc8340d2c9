"""Measure the crawl: `python benchmarks/crawl [speed] [dead] [frontier] [options]`; without a part, all of them.

Needs Linux, since it uses many loopback addresses and reads the memory of processes from /proc.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from parts import PARTS, Options
from processes import BenchmarkError


def main() -> None:
    """Read the command line and run the parts."""
    given = _parser().parse_args()
    # Lines of the crawls on the other stream keep their place.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream by construction
    with tempfile.TemporaryDirectory() as fresh:
        folder = Path(given.folder or fresh).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        options = Options(
            hosts=given.hosts,
            delay=given.delay,
            concurrency=given.concurrency,
            rivals=tuple(name for name in given.rivals.split(",") if name),
            names=given.names,
            slow=given.slow,
            profile=given.profile,
            folder=folder,
        )
        for part in given.parts or PARTS:
            try:
                PARTS[part](options)
            except BenchmarkError as error:
                raise SystemExit(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python benchmarks/crawl", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--hosts", type=int, help="hosts, instead of 1,000, 10,000 and 100,000")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds between two requests to one host")
    parser.add_argument("--concurrency", type=int, default=256, help="sites (rivals: requests) at a time")
    parser.add_argument("--rivals", default="scrapy,websweep", help='rivals to compare with, or ""')
    parser.add_argument("--names", choices=("dns", "file"), default="dns", help="where our crawler gets addresses from")
    parser.add_argument("--slow", type=float, default=1.0, help="multiplies the latency of 50 to 200 ms")
    parser.add_argument("--folder", help="where environments of rivals stay for the next time; else they are made anew")
    parser.add_argument("--profile", action="store_true", help="say where our crawling process spends its time")
    return parser


if __name__ == "__main__":
    main()
