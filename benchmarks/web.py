"""How fast the web page answers, and what it holds in memory, for stocks of any size.

    python benchmarks/web.py 55000 1000000 [--users 50] [--seconds 20]

Results of invented customers are written as a finished run leaves them (no crawl, no model), `potenzial serve` serves
them in a process of its own, and this script asks for pages: first one after the other, then as many users at once who
read for a second between two pages. The rival answers the same lists from SQLite with an index for every order.
Times are those that the client sees, in milliseconds.
"""

import argparse
import asyncio
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import numpy as np
import polars as pl

from potenzial import artifact
from potenzial.artifact import Frames
from potenzial.owners import OWNERS
from potenzial.project import Project, open_project
from potenzial.tables import SCHEMAS
from scoring.schema import CUSTOMERS, FIGURES, INFERRED, POTENTIAL, SUMS

LEADER, REP = "leader-token-0123456789", "rep-token-0123456789012"
TOKENS = f"""
[[access]]
who = "Leader"
token = "{LEADER}"
[[access]]
who = "Rep"
token = "{REP}"
owner = "Gebiet 7"
"""
TRADES = ("Metallbau", "Feinmechanik", "Haustechnik", "Reinigung", "Software", "Spedition", "Bäckerei", "Elektro")
CITIES = ("Köln", "Berlin", "Ulm", "Fulda", "Passau", "Osnabrück", "Jena", "Hildesheim", "Neumünster", "Cottbus")
TERRITORIES = 40
REPEATS = 15
PEERS, PHRASES = 5, 8
REASON = "Ca. {} Mitarbeitende, {}: vergleichbare Kunden kaufen typisch 62 T€, starke 382 T€ im Jahr; heute {} T€"

#: Pages by name: path, and whose token asks for it.
PAGES = {
    "overview": ("/", LEADER),
    "list": ("/customers", LEADER),
    "list by name": ("/customers?sort=name", LEADER),
    "list, page 300": ("/customers?sort=revenue&page=300", LEADER),
    "cell of the matrix": ("/customers?class_revenue=C&class_potential=A", LEADER),
    "search": ("/customers?q=feinmechanik+ulm", LEADER),
    "search, one hit": ("/customers?q=K-0012345", LEADER),
    "condition in SQL": ("/customers?where=headcount+between+20+and+50+and+revenue+%3D+0", LEADER),
    "customer": ("/customers/K-{id}", LEADER),
    "interface: list": ("/api/v1/customers?size=100&sort=potential", LEADER),
    "interface: explanation": ("/api/v1/customers/K-{id}/explanation", LEADER),
    "territory: overview": ("/", REP),
    "territory: list": ("/customers?sort=potential", REP),
    "territory: search": ("/customers?q=metallbau", REP),
}
#: The lists among them as the rival is asked for them.
RIVAL = {
    "list": ("1", "headroom_expected DESC", 0),
    "list by name": ("1", "name", 0),
    "list, page 300": ("1", "revenue DESC", 299),
    "cell of the matrix": ("class_revenue = 'C' AND class_potential = 'A'", "headroom_expected DESC", 0),
    "search": ("search LIKE '%feinmechanik%' AND search LIKE '%ulm%'", "headroom_expected DESC", 0),
    "condition in SQL": ("headcount BETWEEN 20 AND 50 AND revenue = 0", "headroom_expected DESC", 0),
    "territory: list": ("owner = 'Gebiet 7'", "potential DESC", 0),
}


def ids(numbers: pl.Series) -> pl.Series:
    """The ids of customers by their numbers."""
    return "K-" + numbers.cast(pl.String).str.zfill(7)


def rated(size: int) -> pl.DataFrame:
    """Invented rated customers (POTENTIAL), most headroom first."""
    rng = np.random.default_rng(5)
    revenue = np.where(rng.random(size) < 0.4, 0.0, rng.lognormal(7.5, 1.5, size)).round(2)
    potential = np.maximum(rng.lognormal(9, 1.4, size), revenue)
    base = pl.DataFrame(
        {
            "customer_id": ids(pl.Series(np.arange(size))),
            "trade": rng.choice(TRADES, size),
            "postcode": pl.Series(rng.integers(10_000, 99_999, size)).cast(pl.String),
            "city": rng.choice(CITIES, size),
            "owner": pl.Series(rng.integers(0, TERRITORIES, size)).cast(pl.String),
            "headcount": rng.lognormal(2.8, 1.1, size).round() + 1,
            "revenue": revenue,
            "potential": potential,
            "headroom_expected": (potential - revenue) * rng.random(size),
            "peers": peers(rng, size),
        }
    )
    full = base.with_columns(*named(), *worded(), *classed(), *constant())
    ordered = full.with_columns(headroom=pl.col("potential") - pl.col("revenue")).select(POTENTIAL.names())
    return ordered.sort("headroom", "customer_id", descending=[True, False]).match_to_schema(POTENTIAL)


def peers(rng: np.random.Generator, size: int) -> pl.Series:
    """Five random peers of each customer."""
    flat = pl.DataFrame(
        {
            "row": np.repeat(np.arange(size), PEERS),
            "customer_id": ids(pl.Series(rng.integers(0, size, size * PEERS))),
            "similarity": rng.random(size * PEERS, np.float32),
        }
    )
    packed = flat.select("row", peer=pl.struct("customer_id", "similarity"))
    return packed.group_by("row", maintain_order=True).agg("peer")["peer"]


def named() -> list[pl.Expr]:
    """Columns that name a customer and what it does."""
    name = pl.format("{} {} {} GmbH", "trade", pl.col("customer_id").str.slice(2), "city")
    website = pl.format("https://www.firma-{}.example/", pl.col("customer_id").str.slice(2))
    labels = [pl.col("trade").alias(label) for label in ("industry", "industry_label", "industry_label_en")]
    return [name.alias("name"), website.alias("website"), pl.format("Gebiet {}", "owner").alias("owner"), *labels]


def worded() -> list[pl.Expr]:
    """Reasons as long as real ones."""
    text = pl.format(REASON, "headcount", "trade", "revenue")
    return [text.alias(f"{what}_{language}") for what in ("reason", "against") for language in ("de", "en")]


def classed() -> list[pl.Expr]:
    """Classes and actions."""
    today, reachable = (letter(pl.col(name)) for name in ("revenue", "potential"))
    idle = pl.col("revenue") <= 0
    return [
        pl.when(idle).then(pl.lit("inactive")).otherwise(today).alias("class_revenue"),
        reachable.alias("class_potential"),
        pl.when(idle).then(pl.lit("reactivation")).otherwise(pl.lit("expansion")).alias("action"),
    ]


def letter(amount: pl.Expr) -> pl.Expr:
    """The class of an amount."""
    small = pl.when(amount >= 2000).then(pl.lit("B")).otherwise(pl.lit("C"))
    return pl.when(amount >= 9000).then(pl.lit("A")).otherwise(small)


def constant() -> list[pl.Expr]:
    """Columns whose values no page sorts or filters by."""
    shares = ("p_a", "p_b", "p_c", "factor_industry", "factor_headcount", "factor_text", "factor_region")
    euros = ("typical", "potential_low", "eur_base", "eur_industry", "eur_headcount", "eur_text", "eur_region")
    return [
        pl.col("revenue").alias("revenue_best"),
        (pl.col("potential") * 1.4).alias("potential_high"),
        pl.lit("2026-03-01").str.to_date().alias("last_purchase"),
        pl.lit("medium").alias("confidence"),
        pl.lit("text+industry+headcount").alias("basis"),
        *(pl.lit(0.5).alias(name) for name in shares),
        *((pl.col("potential") * 0.2).alias(name) for name in euros),
    ]


def filled(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The columns of a schema, null where the frame has none."""
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns]
    return frame.with_columns(absent).select(schema.names()).cast(dict(schema))


def keywords(customers: pl.DataFrame) -> pl.DataFrame:
    """Eight phrases of each customer."""
    many = customers.select(customer_id=pl.col("customer_id").repeat_by(PHRASES).explode().sort())
    number = pl.int_range(pl.len()) * 7919 % 5000
    return many.with_columns(
        phrase=pl.format("Leistung {}", number),
        weight=pl.lit(0.5, pl.Float32),
        kind=pl.lit("services"),
        url=pl.format("https://www.firma-{}.example/leistungen", pl.col("customer_id").str.slice(2)),
    )


def write(folder: Path, size: int) -> Project:
    """Write the results of a stock as a finished run leaves them."""
    folder.mkdir(parents=True)
    (folder / "potenzial.toml").write_text("", encoding="utf-8")
    (folder / "tokens.toml").write_text(TOKENS, encoding="utf-8")
    project = open_project(folder / "potenzial.toml")
    potential = rated(size)
    customers = filled(potential.sort("customer_id"), CUSTOMERS)
    site = customers.select("customer_id", site=pl.format("firma-{}.example", pl.col("customer_id").str.slice(2)))
    owned = site.with_columns(
        source=pl.lit("website"),
        ownership=pl.lit("own"),
        evidence_de=pl.lit("Impressum"),
        evidence_en=pl.lit("Impressum"),
        used=True,
    )
    figures = {"model": "potenzial", "quantile": 0.9, "pinball": 0.1, "coverage": 0.9, "customers": size}
    made = {
        "import": {"customers": customers},
        "crawl": {"owners": filled(owned, OWNERS)},
        "embed": {"keywords": keywords(customers)},
        "infer": {"inferred": filled(customers.select("customer_id", "headcount"), INFERRED)},
        "potential": {
            "figures": filled(pl.DataFrame([figures]), FIGURES),
            "gate": pl.DataFrame({"verdict": ["ready"], "reason_de": ["Gut."], "reason_en": ["Good."]}),
        },
        "lists": {"potential": potential, "sums": SUMS.to_frame()},
    }
    for stage, frames in made.items():
        keep(project, stage, frames)
    return project


def keep(project: Project, name: str, frames: Frames) -> None:
    """Write the tables of a stage; those that pages do not read stay empty."""
    stage = project.stage(name)
    empty = pl.DataFrame({"customer_id": []}, schema={"customer_id": pl.String})
    every = {table: SCHEMAS[table].to_frame() if table in SCHEMAS else empty for table in stage.files}
    artifact.make(stage, "benchmark", lambda: {**every, **frames})


class Server(NamedTuple):
    """A served project: its address and its process."""

    address: str
    process: subprocess.Popen[str]

    def memory(self) -> tuple[float, float]:
        """Memory in MB: now, and at most so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        now, most = (int(status.partition(f"{name}:")[2].split()[0]) / 1000 for name in ("VmRSS", "VmHWM"))
        return now, most


@contextmanager
def served(project: Project) -> Iterator[Server]:
    """Serve a project until the block ends."""
    arguments = ("serve", "--port", "0", "--token-file", "tokens.toml")
    process = subprocess.Popen(
        [sys.executable, "-c", "from potenzial.cli import main; main()", *arguments],
        cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield Server(line.split()[0].rstrip("/"), process)
    finally:
        process.terminate()
        process.wait()


async def ask(session: aiohttp.ClientSession, page: str, size: int) -> float:
    """Ask for a page; gives the milliseconds until all of it was there."""
    path, token = PAGES[page]
    address = path.replace("{id}", f"{random.randrange(size):07d}")
    begun = time.perf_counter()
    async with session.get(address, headers={"authorization": f"Bearer {token}"}) as answer:
        await answer.read()
        if answer.status != 200:
            raise SystemExit(f"{page}: {answer.status}")
    return (time.perf_counter() - begun) * 1000


async def alone(address: str, size: int) -> dict[str, tuple[float, float, float]]:
    """Ask for each page several times, one after the other: first time, median and 95th percentile."""
    found = {}
    async with aiohttp.ClientSession(address) as session:
        for page in PAGES:
            times = [await ask(session, page, size) for _ in range(REPEATS + 1)]
            found[page] = (times[0], *np.percentile(times[1:], [50, 95]))
    return found


async def together(address: str, size: int, users: int, seconds: float) -> list[float]:
    """Let users open pages by chance, with a second of reading between them."""
    times: list[float] = []
    until = time.perf_counter() + seconds

    async def user(session: aiohttp.ClientSession) -> None:
        await asyncio.sleep(random.random())
        while time.perf_counter() < until:
            times.append(await ask(session, random.choice(list(PAGES)), size))
            await asyncio.sleep(1)

    async with aiohttp.ClientSession(address, connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(user(session) for _ in range(users)))
    return times


def rival(project: Project, folder: Path) -> dict[str, float]:
    """Median milliseconds of the same lists, count and page, from SQLite."""
    names = ("customer_id", "name", "city", "owner", "headcount", "revenue", "potential", "headroom_expected")
    classes = ("class_revenue", "class_potential", "action")
    rows = pl.read_parquet(project.out / "potential.parquet", columns=[*names, *classes])
    search = pl.concat_str("customer_id", "name", "city", separator=" ").str.to_lowercase()
    database = sqlite3.connect(folder / "rival.sqlite")
    columns = ", ".join([*names, *classes, "search"])
    database.execute(f"CREATE TABLE customers ({columns})")
    marks = ", ".join("?" * (len(names) + len(classes) + 1))
    database.executemany(f"INSERT INTO customers VALUES ({marks})", rows.with_columns(search=search).iter_rows())  # noqa: S608 - our own names
    for name in (*names, "class_revenue, class_potential"):
        database.execute(f'CREATE INDEX "by {name}" ON customers ({name})')
    database.execute("ANALYZE")
    return {page: _median(database, *asked) for page, asked in RIVAL.items()}


def _median(database: sqlite3.Connection, where: str, order: str, page: int) -> float:
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        database.execute(f"SELECT count(*) FROM customers WHERE {where}").fetchall()  # noqa: S608 - our own conditions
        limit = f"LIMIT 50 OFFSET {50 * page}"
        database.execute(f"SELECT * FROM customers WHERE {where} ORDER BY {order} {limit}").fetchall()  # noqa: S608 - as above
        times.append((time.perf_counter() - begun) * 1000)
    return float(np.median(times))


def measure(size: int, users: int, seconds: float) -> None:
    """Print the figures of one size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = write(folder / "stock", size)
        begun = time.perf_counter()
        with served(project) as server:
            started = time.perf_counter() - begun
            memory = server.memory()
            one = asyncio.run(alone(server.address, size))
            many = asyncio.run(together(server.address, size, users, seconds))
            most = server.memory()
        lists = rival(project, folder)
    print(f"\n{size:,} customers: ready after {started:.1f} s with {memory[0]:,.0f} MB")
    print(f"{'page':26}{'first':>8}{'p50':>8}{'p95':>8}{'SQLite':>9}{'ratio':>8}")
    for page, (first, median, late) in one.items():
        beside = f"{lists[page]:9.0f}{lists[page] / median:8.1f}" if page in lists else ""
        print(f"{page:26}{first:8.0f}{median:8.0f}{late:8.0f}{beside}")
    p50, p95 = np.percentile(many, [50, 95])
    rate = len(many) / seconds
    print(f"{users} users at once: {rate:.0f} pages/s, p50 {p50:.0f}, p95 {p95:.0f}, slowest {max(many):.0f}")
    print(f"memory afterwards {most[0]:,.0f} MB, at most {most[1]:,.0f} MB")


def main() -> None:
    """Measure the sizes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="+")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    for size in asked.sizes:
        measure(size, asked.users, asked.seconds)


if __name__ == "__main__":
    main()
