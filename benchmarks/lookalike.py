"""Measure questions for lookalikes on an opened stock, beside a bare FAISS search of the same vectors.

Usage: python benchmarks/lookalike.py [COMPANIES ...], by default 55000. Vectors (384 dimensions) are those of
neighbours.py; facts, phrases and passages are made up: twelve phrases a company, eight passages of 450 letters up to
100,000 companies and one beyond, so that a million fits on the disk. Every question is asked of another company and
answered as for a user: filters, scores, bands, what both share. "faiss flat" is a search with `IndexFlatIP` for the
same 20 neighbours: no filters, no reasons. Questions and rival take turns; times are in milliseconds, after a warm-up.
"CPU" is the computing time of all threads, which other work on the machine lengthens less. "same 20" is the share of
hits that a comparison of all whole vectors finds too.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import polars as pl
from neighbours import stock as companies_with_vectors

from embeddings.schema import CHUNKS, KEYWORDS
from potenzial.api import Project, Question, Weights
from potenzial.artifact import ROWS_TOGETHER
from potenzial.config import Config
from potenzial.lookalikes.reader import Reader
from potenzial.lookalikes.stock import FACTS, LookalikeStock, stock_of
from potenzial.project import Project as Folder

#: Times that each question is asked, of another company each time.
ROUNDS = 60
WARM = 3
#: Companies whose hits are held against those of an exact comparison.
COMPARED = 20
PHRASES, PASSAGES, LETTERS = 12, 8, 450
WORDS = 5_000
WHERE = "plz2 in ('35', '36', '37', '60', '61') and headcount between 20 and 250"


def facts(ids: pl.Series) -> pl.DataFrame:
    """Make up what is known of companies besides their texts."""
    rng = np.random.default_rng(3)
    size = len(ids)
    postcode = pl.Series(rng.integers(1_000, 99_999, size)).cast(pl.String).str.zfill(5)
    revenue = np.where(rng.random(size) < 0.7, rng.lognormal(9, 1.5, size), 0.0)
    codes = np.array([f"{group // 10}.{group % 10}1" for group in range(100, 960)])
    columns = {
        "customer_id": ids,
        "name": "Firma " + ids,
        "postcode": postcode,
        **{f"plz{digits}": postcode.str.head(digits) for digits in (1, 2, 3)},
        "city": "Ort " + postcode.str.head(2),
        "industry": codes[rng.integers(0, len(codes), size)],
        "industry_label": "Branche " + postcode.str.tail(1),
        "headcount": rng.lognormal(3, 1, size).round() + 1,
        "revenue": revenue,
        "revenue_best": revenue,
        "site": ids + ".test",
    }
    frame = pl.DataFrame(columns)
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in FACTS.items() if name not in columns]
    return frame.with_columns(missing).select(FACTS.names()).cast(dict(FACTS))


def keywords(ids: pl.Series) -> pl.DataFrame:
    """Make up phrases, `PHRASES` a company."""
    rng = np.random.default_rng(4)
    places = np.repeat(np.arange(len(ids)), PHRASES)
    words = pl.Series(rng.integers(0, WORDS, len(places))).cast(pl.String)
    owners = ids.gather(places)
    columns = {
        "customer_id": owners,
        "phrase": "Leistung" + words,
        "kind": "home",
        "url": "https://" + owners + ".test/",
    }
    return pl.DataFrame(columns).with_columns(weight=pl.lit(1.0, pl.Float32)).select(KEYWORDS.names())


def write_chunks(ids: pl.Series, path: Path) -> None:
    """Make up passages, eight a company in a stock of usual size."""
    each = PASSAGES if len(ids) <= 100_000 else 1
    rng = np.random.default_rng(5)
    texts = [" ".join(f"Leistung{word}" for word in rng.integers(0, WORDS, 40))[:LETTERS] for _ in range(20_000)]
    owners = ids.gather(np.repeat(np.arange(len(ids)), each))
    columns = {
        "customer_id": owners,
        "chunk": pl.int_range(len(owners), eager=True).cast(pl.String),
        "kind": "home",
        "url": "https://" + owners + ".test/",
        "text": owners + " " + pl.Series(texts).gather(rng.integers(0, len(texts), len(owners))),
    }
    frame = pl.DataFrame(columns).with_columns(weight=pl.lit(1.0, pl.Float32)).match_to_schema(CHUNKS)
    frame.write_parquet(path, row_group_size=ROWS_TOGETHER)


def opened(companies: int, folder: Path) -> Project:
    """Make up a project and open it."""
    frame = companies_with_vectors(companies)
    ids = frame["customer_id"]
    write_chunks(ids, folder / "chunks.parquet")
    known, phrases = facts(ids), keywords(ids)
    started = perf_counter()
    stock = stock_of(known, frame, phrases, folder / "chunks.parquet")
    print(f"{companies:,} companies, opened in {perf_counter() - started:.1f} s", flush=True)
    return Project(stock, Reader(Folder(folder, Config())))


def questions(name: str, other: str) -> dict[str, Question]:
    """Give the questions that are timed."""
    return {
        "plain": Question(ids=(name,)),
        "--where": Question(ids=(name,), where=WHERE),
        "--only active --exclude-group": Question(ids=(name,), only="active", exclude_group=True),
        "--not": Question(ids=(name,), without=(other,)),
        "weights 1, .5, .3": Question(ids=(name,), weights=Weights(1, 0.5, 0.3)),
        "all of them": Question(
            ids=(name,), without=(other,), where=WHERE, only="active", exclude_group=True, weights=Weights(1, 0.5, 0.3)
        ),
    }


def bare(stock: LookalikeStock) -> Callable[[int], object]:
    """Give the rival: the neighbours of one row by FAISS alone."""
    import faiss

    index = faiss.IndexFlatIP(stock.vectors.shape[1])
    index.add(stock.vectors)
    return lambda row: index.search(stock.vectors[row : row + 1], 20)


def milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """Time one call by the clock and by computing time."""
    started, used = perf_counter(), process_time()
    work()
    return (perf_counter() - started) * 1e3, (process_time() - used) * 1e3


def same(project: Project, question: Question) -> float:
    """Give the share of hits that a stock without a sketch finds too."""
    stocks = (project.stock, replace(project.stock, sketch=None))
    ours, exact = (set(Project(stock, project.reader).ask(question).frame["customer_id"]) for stock in stocks)
    return len(ours & exact) / len(exact) if exact else 1.0


def measure(companies: int, folder: Path) -> None:
    """Print one table."""
    project = opened(companies, folder)
    rival, times, shares = bare(project.stock), dict[str, list[tuple[float, float]]](), dict[str, list[float]]()
    rows = np.random.default_rng(6).permutation(companies)[: 2 * (ROUNDS + WARM)].reshape(-1, 2)
    for row, other in rows.tolist():
        for name, question in questions(*project.stock.ids[[row, other]]).items():
            times.setdefault(name, []).append(milliseconds(lambda asked=question: project.ask(asked)))
        times.setdefault("faiss flat", []).append(milliseconds(lambda row=row: rival(row)))
    for row, other in rows[:COMPARED].tolist():
        for name, question in questions(*project.stock.ids[[row, other]]).items():
            shares.setdefault(name, []).append(same(project, question))
    print("| question | median ms | p95 ms | median CPU ms | same 20 |\n|---|---|---|---|---|")
    for name, values in times.items():
        clock, used = np.array(values[WARM:]).T
        cells = (np.median(clock), np.quantile(clock, 0.95), np.median(used))
        share = f"{np.mean(shares[name]):.3f}" if name in shares else ""
        print("|", " | ".join((name, *(f"{cell:.1f}" for cell in cells), share)), "|", flush=True)


def main() -> None:
    """Measure stocks of the sizes asked for."""
    for size in sys.argv[1:] or ["55000"]:
        with tempfile.TemporaryDirectory() as folder:
            measure(int(size), Path(folder))


if __name__ == "__main__":
    main()
