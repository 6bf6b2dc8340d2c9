"""The potential model beside its rivals: python benchmarks/potential.py table LIST.csv FOLDER, or ... scale.

`table` maps the Inc 5000 list of 2010 as benchmarks/inc5000.py does, drops the sentence that gives revenue away, and
prints one table, every model out of fold on the same folds. FOLDER/vectors.sqlite keeps the vectors. It needs the
packages of the extra `dev` (LightGBM, quantile-forest). `scale [CUSTOMERS [INACTIVE]]` times the model on a made
stock with vectors of 384 dimensions.
"""

import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl
from rivals import RIVALS, Known

from embeddings.schema import company_vectors
from scoring.baselines import size_band
from scoring.config import PotentialConfig
from scoring.customers import Bools, Floats, Ints, deal_folds, read_stock
from scoring.features import find_neighbourhood, gather_facts
from scoring.potential import rate
from scoring.potential.model import Data, Model
from scoring.potential.words import read_words
from scoring.quantile import pinball
from scoring.schema import CUSTOMERS

_QUANTILES = (0.8, 0.9)
_LEAST_GROUP = 100
_DIMENSION = 384
_DRAWS = 2000
_STEPS = 8


@dataclass(frozen=True)
class Bench:
    """The active customers: their data, rows, log10 revenue, groups by name, and folds (n each)."""

    data: Data
    rows: Ints
    log_revenue: Floats
    groups: dict[str, Bools]
    folds: Ints
    config: PotentialConfig


@dataclass(frozen=True)
class Predicted:
    """Quantiles (n each, by q), and expected log10 revenue (n; NaN for a rival that has none)."""

    quantiles: dict[float, Floats]
    location: Floats


def main() -> None:
    """Print the table or the times."""
    match sys.argv[1:]:
        case ["table", source, folder, *seeds]:
            table(Path(source), Path(folder), [int(seed) for seed in seeds] or [PotentialConfig().seed])
        case ["scale", *sizes]:
            scale(*(int(float(size)) if place == 0 else float(size) for place, size in enumerate(sizes)))
        case _:
            sys.exit(__doc__)


def table(source: Path, folder: Path, seeds: list[int]) -> None:
    """Rate the list and print one table a seed of the folds."""
    from inc5000 import encoded_without_leak

    customers, companies = encoded_without_leak(source, folder)
    for seed in seeds:
        config = PotentialConfig(seed=seed)
        bench = _bench(customers, companies, config)
        ours, without = _ours(bench, bench.data), _ours(bench, _without_text(bench.data))
        rows = [_row("potenzial", bench, ours), _row("potenzial without text", bench, without)]
        rows += [_row(name, bench, _rival(bench, rival)) for name, rival in RIVALS.items()]
        _show(pl.DataFrame(rows), seed)
        _show_gain(bench, ours, without)
        _show_order(bench)


def _bench(customers: pl.DataFrame, companies: pl.DataFrame, config: PotentialConfig) -> Bench:
    stock = read_stock(customers)
    near = find_neighbourhood(stock, companies, 104, lambda: None)
    words = read_words(customers.select("customer_id", "text"), stock.customer_id)
    data = Data(stock, gather_facts(stock), near, words)
    rows = np.flatnonzero(stock.active)
    folds = deal_folds(stock.group[rows], config.folds, config.seed)
    return Bench(data, rows, stock.log_revenue[rows], _groups(data, rows), folds, config)


def _groups(data: Data, rows: Ints) -> dict[str, Bools]:
    named = {"industry": data.facts.levels[rows, 0], "size": size_band(data.facts)[rows]}
    found = {f"{name} {value}": numbers == value for name, numbers in named.items() for value in np.unique(numbers)}
    return {name: members for name, members in found.items() if members.sum() >= _LEAST_GROUP}


def _without_text(data: Data) -> Data:
    return Data(data.stock, data.facts, find_neighbourhood(data.stock, None, 1, lambda: None))


def _splits(bench: Bench) -> list[tuple[Bools, Bools]]:
    return [(bench.folds != fold, bench.folds == fold) for fold in np.unique(bench.folds)]


def _ours(bench: Bench, data: Data) -> Predicted:
    quantiles = {q: np.zeros(len(bench.rows)) for q in _QUANTILES}
    location = np.zeros(len(bench.rows))
    for others, own in _splits(bench):
        model = Model(data, bench.rows[others], bench.config, lambda: None)
        predicted = model.predict(bench.rows[own])
        if (np.diff(predicted.quantiles, axis=1) < 0).any():
            sys.exit("quantiles cross")
        location[own] = model.locate(model.inputs(bench.rows[own]))
        for q in _QUANTILES:
            quantiles[q][own] = predicted.at(q)
    return Predicted(quantiles, location)


def _rival(bench: Bench, rival: Callable[[Known, Known, float], Floats]) -> Predicted:
    quantiles = {q: np.zeros(len(bench.rows)) for q in _QUANTILES}
    for others, own in _splits(bench):
        known, wanted = (
            Known(bench.data.facts.at(rows), bench.data.stock.log_revenue[rows], bench.data.near.vectors[rows])
            for rows in (bench.rows[others], bench.rows[own])
        )
        for q in _QUANTILES:
            quantiles[q][own] = rival(known, wanted, q)
    return Predicted(quantiles, np.full(len(bench.rows), np.nan))


def _row(name: str, bench: Bench, predicted: Predicted) -> dict[str, object]:
    row: dict[str, object] = {"model": name}
    for q in _QUANTILES:
        values = predicted.quantiles[q]
        covered = bench.log_revenue <= values + 1e-9
        off = [float(covered[members].mean()) - q for members in bench.groups.values()]
        row[f"pinball {q}"] = float(pinball(bench.log_revenue, values, q).mean())
        row[f"coverage {q}"] = float(covered.mean())
        row[f"worst group {q}"] = max(off, key=abs)
    row["Spearman"] = _spearman(predicted.quantiles[0.9], bench.log_revenue)
    row["R2"] = 1 - float(((bench.log_revenue - predicted.location) ** 2).mean() / bench.log_revenue.var())
    return row


def _spearman(predicted: Floats, log_revenue: Floats) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(predicted, log_revenue).statistic) if np.ptp(predicted) > 0 else 0.0


def _show(rows: pl.DataFrame, seed: int) -> None:
    lookup = rows.filter(pl.col("model") == "industry x size")["pinball 0.9"].item()
    print(f"\nseed {seed}")
    with pl.Config(
        tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, float_precision=4, tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
    ):  # fmt: skip
        print(rows.with_columns(gain=1 - pl.col("pinball 0.9") / lookup))


def _show_gain(bench: Bench, ours: Predicted, without: Predicted) -> None:
    """Print what text gains with the 95 % interval of a paired bootstrap over customers."""
    rng = np.random.default_rng(bench.config.seed)
    for q in _QUANTILES:
        rivals = [pinball(bench.log_revenue, predicted.quantiles[q], q) for predicted in (ours, without)]
        draws = rng.integers(0, len(bench.rows), (_DRAWS, len(bench.rows)))
        gains = 1 - rivals[0][draws].mean(axis=1) / rivals[1][draws].mean(axis=1)
        low, high = np.quantile(gains, [0.025, 0.975])
        print(f"text gain at {q}: {1 - rivals[0].mean() / rivals[1].mean():.1%} [{low:.1%}, {high:.1%}]")


def _show_order(bench: Bench) -> None:
    """Count customers whose quantiles fall as headcount rises over a grid of headcounts, all else equal."""
    others, own = _splits(bench)[0]
    facts, wanted, before = bench.data.facts, bench.rows[own], None
    falls = 0
    for log_headcount in np.linspace(facts.log_headcount.min(), facts.log_headcount.max(), _STEPS):
        moved = facts.log_headcount.copy()
        moved[wanted] = log_headcount
        # What is not known has no size to be ordered by: here every headcount counts as known.
        missing = facts.imputed & ~np.isin(np.arange(len(moved)), wanted)
        spread = np.where(missing, facts.headcount_sd, 0.0)
        data = replace(bench.data, facts=replace(facts, log_headcount=moved, imputed=missing, headcount_sd=spread))
        quantiles = Model(data, bench.rows[others], bench.config, lambda: None).predict(wanted).quantiles
        falls += 0 if before is None else int((quantiles < before - 1e-9).sum())
        before = quantiles
    print(f"falls with rising headcount, {len(wanted)} customers, {_STEPS} headcounts, all levels: {falls}")


def scale(customers: int = 55_000, inactive: float = 0.2) -> None:
    """Time `rate` on a made stock with given vectors."""
    frame, companies = _made(customers, inactive)
    began = perf_counter()
    rating = rate(frame, companies, PotentialConfig(), progress=_show_progress)
    seconds, peak = perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"\n{customers:,} customers, {inactive:.1%} inactive: {seconds:.0f} s, {peak:.2f} GB at most, {rating.verdict}"
    )


def _made(customers: int, inactive: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng = np.random.default_rng(1)
    topics = rng.normal(size=(200, _DIMENSION)).astype(np.float32)
    topic, industry = rng.integers(0, len(topics), customers), rng.integers(10, 90, customers)
    vectors = topics[topic] + rng.normal(0, 1.3, (customers, _DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    log_headcount = rng.normal(1.3, 0.6, customers)
    wallet = 3 + 0.7 * log_headcount + rng.normal(0, 0.25, 200)[topic] + rng.normal(0, 0.25, 90)[industry]
    revenue = 10 ** (wallet + rng.normal(0, 0.3, customers))
    ids = [f"K{row:07d}" for row in range(customers)]
    listed = {
        "customer_id": ids,
        "industry": [f"{code}.1" for code in industry],
        "headcount": np.rint(10**log_headcount).clip(1),
        "revenue": np.where(rng.random(customers) < inactive, 0.0, revenue.round(2)),
    }
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in CUSTOMERS.items() if name not in listed]
    frame = pl.DataFrame(listed).with_columns(missing).select(*CUSTOMERS).cast(dict(CUSTOMERS))
    vectored = pl.DataFrame({"customer_id": ids, "vector": vectors}).with_columns(chunks=1)
    return frame, vectored.select(*company_vectors(_DIMENSION)).cast(dict(company_vectors(_DIMENSION)))


def _show_progress(done: int, total: int) -> None:
    print(f"\r{done}/{total}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
