"""Read, map and check a made-up address stock of a million rows, beside plain `pl.read_csv` of the same file.

    python benchmarks/ingest.py [ROWS]

Each way runs in a process of its own, so that its peak of memory is its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

ROWS = 1_000_000


def main() -> None:
    """Write the file, read it both ways, and print rows a second and peak memory."""
    if len(sys.argv) > 2:
        measure(sys.argv[1], Path(sys.argv[2]))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stock.csv"
        write_stock(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB")
        for way in ("plain", "check"):
            run = subprocess.run([sys.executable, __file__, way, str(path)], check=True, capture_output=True, text=True)
            told = json.loads(run.stdout)
            rate = rows / told["seconds"]
            print(
                f"{way:6} {told['seconds']:6.1f} s wall {told['cpu']:6.1f} s CPU {rate:11,.0f} rows/s "
                f"{told['peak_mb']:7,.0f} MB peak {told['customers']:>10,} customers"
            )


def measure(way: str, path: Path) -> None:
    """Read the file one way and print figures as JSON."""
    from potenzial.ingest import check
    from potenzial.ingest.config import InputConfig

    start, cpu = time.perf_counter(), time.process_time()
    if way == "plain":
        customers = pl.read_csv(path, separator=";", infer_schema=False).height
    else:
        stock = check(path, InputConfig(columns={"customer_id": "Kd-Nr.", "name": "Firma", "postcode": "PLZ"})).stock
        customers = stock.customers if stock else 0
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": used, "peak_mb": peak, "customers": customers}))


def write_stock(path: Path, rows: int) -> None:
    """Write a stock in which half of the customers have a website, with every form of cell that the docs name."""
    number = pl.int_range(0, rows).alias("n")
    text = pl.col("n").cast(pl.String)
    cents = (pl.col("n") * 7919 % 10_000_000).cast(pl.String).str.zfill(4)
    site = pl.when(pl.col("n") % 2 == 0).then(pl.format("www.firma-{}.de", pl.col("n") // 3))
    pl.select(number).select(
        text.str.zfill(8).alias("Kd-Nr."),
        pl.format("Müller & Söhne {} GmbH", "n").alias("Firma"),
        pl.format("Hauptstr. {}", pl.col("n") % 200).alias("street"),
        (pl.col("n") % 90_000 + 1_067).cast(pl.String).str.zfill(5).alias("PLZ"),
        pl.lit("Dresden").alias("city"),
        pl.lit("DE").alias("country"),
        site.alias("website"),
        pl.format("info@mail-{}.de", pl.col("n") // 4).alias("email"),
        pl.lit("25.62").alias("industry"),
        pl.when(pl.col("n") % 3 == 0)
        .then(pl.lit("50-99"))
        .otherwise((pl.col("n") % 900).cast(pl.String))
        .alias("headcount"),
        pl.concat_str(cents.str.head(-2), pl.lit(","), cents.str.tail(2), pl.lit(" €")).alias("revenue"),
        pl.lit("31.12.2024").alias("last_purchase"),
        pl.format("Gebiet {}", pl.col("n") % 40).alias("owner"),
    ).write_csv(path, separator=";")


if __name__ == "__main__":
    main()
