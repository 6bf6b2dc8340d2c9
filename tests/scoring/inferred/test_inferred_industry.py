import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crawler.schema import ORGANISATIONS, PAGES
from embeddings.config import EmbeddingConfig
from embeddings.encoder import load_encoder
from embeddings.schema import NEIGHBOURS, company_vectors
from embeddings.schema import transform as transform_schema
from scoring.config import InferConfig
from scoring.inferred import Evidence, enough_codes, infer
from scoring.inferred.industry import class_titles, correspondence
from scoring.inferred.titles import kept_encoding, nearest_titles

Customers = Callable[..., pl.DataFrame]

#: Classes of three divisions, one of which has two.
CLASSES = ("25.62", "25.11", "43.22", "62.01")


@pytest.fixture
def stock(customers: Customers) -> pl.DataFrame:
    """160 customers, 40 of each class; every tenth has no code."""
    return customers(
        *(
            {"customer_id": f"{number:03}", "industry": CLASSES[number % 4] if number % 10 else None}
            for number in range(160)
        )
    )


def _evidence(wrong: float) -> Evidence:
    """Each customer's 20 neighbours, of its own class but for a share drawn from all."""
    rng = np.random.default_rng(3)
    rows = []
    for one in range(160):
        same = [other for other in range(160) if other % 4 == one % 4 and other != one]
        anyone = [other for other in range(160) if other != one]
        chosen = [rng.choice(anyone if rng.random() < wrong else same) for _ in range(20)]
        rows += [(f"{one:03}", f"{other:03}", rank, 0.8) for rank, other in enumerate(dict.fromkeys(chosen), 1)]
    neighbours = pl.DataFrame(rows, schema=NEIGHBOURS, orient="row")
    return Evidence(PAGES.to_frame(), ORGANISATIONS.to_frame(), neighbours)


def _inferred(stock: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    return infer(stock, evidence, InferConfig(), progress=lambda _done, _total: None)


def test_missing_codes_come_from_neighbours_with_version_and_chance(stock: pl.DataFrame) -> None:
    """A customer without a code gets its neighbours' one, with version, source, chance and titles in both versions."""
    found = _inferred(stock, _evidence(0.2)).filter(customer_id="010").row(0, named=True)
    assert (found["industry_code"], found["industry_version"], found["industry_source"]) == (
        "43.22",
        "WZ 2008",
        "neighbours",
    )
    assert 0.5 <= found["industry_confidence"] <= 1
    assert found["wz_2008"][0]["code"] == "43.22"
    assert found["wz_2025"][0]["title"].startswith("Gas-")
    assert len(found["wz_2008"]) <= 3


def test_given_codes_stand_and_contradictions_are_flagged(stock: pl.DataFrame) -> None:
    """A given code is kept although all neighbours are of another division, and only that one is flagged."""
    liar = pl.when(pl.col("customer_id") == "005").then(pl.lit("62.01")).otherwise("industry")
    found = _inferred(stock.with_columns(industry=liar), _evidence(0.05))
    row = found.filter(customer_id="005").row(0, named=True)
    assert (row["industry_code"], row["industry_source"], row["industry_conflict"]) == ("62.01", "given", True)
    assert row["wz_2008"][0]["code"] == "25.11"
    assert found.filter("industry_conflict")["customer_id"].to_list() == ["005"]


def test_own_codes_never_count_for_themselves(stock: pl.DataFrame) -> None:
    """What is inferred of a customer stays the same when its own code is taken away."""
    evidence = _evidence(0.5)
    without = stock.with_columns(industry=pl.when(pl.col("customer_id") != "006").then("industry"))
    one, other = (_inferred(each, evidence).filter(customer_id="006")["wz_2008"][0] for each in (stock, without))
    assert [entry["code"] for entry in one] == [entry["code"] for entry in other]


def test_chances_are_as_often_right_as_they_say(stock: pl.DataFrame) -> None:
    """The mean chance of the first code is close to the share of first codes that are right."""
    found = _inferred(stock, _evidence(0.6)).with_row_index("number")
    first = found.select(
        pl.col("wz_2008").list.first().struct.field("confidence").alias("chance"),
        (
            pl.col("wz_2008").list.first().struct.field("code")
            == (pl.col("number") % 4).replace_strict(dict(enumerate(CLASSES)))
        ).alias("right"),
    )
    assert abs(first["chance"].mean() - first["right"].mean()) < 0.12


def test_doubtful_classes_give_way_to_their_division(customers: Customers) -> None:
    """Where neighbours agree on the division only, the division counts."""
    rng = np.random.default_rng(1)
    codes = [str(rng.choice(["25.11", "25.62", "25.73", "25.99"])) if number % 2 else "62.01" for number in range(80)]
    stock = customers(
        {"customer_id": "new"}, *({"customer_id": f"{n:02}", "industry": code} for n, code in enumerate(codes))
    )
    rows = [
        (f"{one:02}", f"{other:02}", 1, 0.8) for one in range(80) for other in range(one % 2, 80, 2) if other != one
    ]
    rows += [("new", f"{other:02}", 1, 0.8) for other in range(1, 80, 2)]
    evidence = Evidence(PAGES.to_frame(), ORGANISATIONS.to_frame(), pl.DataFrame(rows, schema=NEIGHBOURS, orient="row"))
    assert _inferred(stock, evidence).filter(customer_id="new")["industry_code"].item() == "25"


def test_stocks_without_codes_are_told_nothing_by_neighbours(customers: Customers) -> None:
    """Free text is no code, so without titles nothing is inferred, and the customers stay whole."""
    stock = customers(*({"customer_id": f"{number:03}", "industry": "Heizung"} for number in range(160)))
    found = _inferred(stock, _evidence(0.2))
    assert not enough_codes(stock, InferConfig())
    assert found.height == 160
    assert found["industry_code"].null_count() == found["wz_2008"].null_count() == 160


def test_every_class_is_carried_whole_into_the_other_version() -> None:
    """The parts of each class of WZ 2008 in WZ 2025 add up to one."""
    codes, _ = class_titles("2008")
    parts = correspondence(codes, "2008", "2025").group_by("code").agg(pl.col("part").sum())
    assert parts.height == len(codes)
    assert parts["part"].is_close(1.0).all()
    retail = correspondence(["47.52"], "2008", "2025").sort("part", descending=True)
    assert retail["other"][0] == "47.52"


def test_titles_name_the_nearest_classes_without_a_chance() -> None:
    """A company whose vector is that of a title gets the title's class first in both versions, without a chance."""
    codes, titles = class_titles("2025")
    places: dict[str, int] = {}

    def encode(texts: list[str]) -> np.ndarray:
        places.update({text: place for place, text in enumerate(texts)})
        return np.eye(len(texts), dtype=np.float32)

    schema = transform_schema
    size = len(dict.fromkeys([*class_titles("2008")[1], *titles]))
    unfitted = schema(size).to_frame()
    title = titles[codes.index("43.22")]
    vector = np.zeros((1, size), np.float32)
    vector[0, list(dict.fromkeys([*class_titles("2008")[1], *titles])).index(title)] = 1
    frame = pl.DataFrame({"customer_id": ["x"], "vector": vector, "chunks": [1]}).cast(company_vectors(size))
    found = nearest_titles(frame, unfitted, encode).row(0, named=True)
    assert found["wz_2025"][0] == {"code": "43.22", "title": title, "confidence": None}
    assert len(found["wz_2008"]) == 3


def _stored(store: Path) -> int:
    with contextlib.closing(sqlite3.connect(store)) as file:
        return int(file.execute("SELECT count(*) FROM vectors").fetchone()[0])


def test_titles_are_encoded_once(tmp_path: Path) -> None:
    """A second run takes the vectors of the titles from the file of vectors, in the order asked for."""
    config, store = EmbeddingConfig(model="use"), tmp_path / "vectors.sqlite"
    encode = kept_encoding(load_encoder(config), store, config)
    first = encode(["Bäckereien", "Installation von Heizungen", "Bäckereien"])
    assert np.array_equal(first[0], first[2])
    written = store.read_bytes()
    again = encode(["Installation von Heizungen", "Bäckereien"])
    assert np.array_equal(again, first[1::-1])
    assert (store.read_bytes() == written, _stored(store)) == (True, 2)


def test_titles_find_the_industry_of_a_text_with_a_real_model(tmp_path: Path) -> None:
    """Companies that say what they do get a class of their division among three, by the titles and a real model."""
    config, store = EmbeddingConfig(model="use"), tmp_path / "vectors.sqlite"
    encode = kept_encoding(load_encoder(config), store, config)
    said = {
        "10": "Wir backen Brot, Brötchen und Torten in unserer Bäckerei",
        "43": "Installation von Heizung, Sanitär und Elektro im Gebäude",
        "62": "Wir programmieren Software für Unternehmen",
        "49": "Spedition: Güterbeförderung im Straßenverkehr mit eigenen Lastwagen",
    }
    vectors = encode(list(said.values()))
    rows = pl.DataFrame({"customer_id": list(said), "vector": vectors, "chunks": [1] * len(said)})
    size = vectors.shape[1]
    found = nearest_titles(rows.cast(company_vectors(size)), transform_schema(size).to_frame(), encode)
    for division, codes in found.select("customer_id", "wz_2008").iter_rows():
        assert division in {entry["code"][:2] for entry in codes}
