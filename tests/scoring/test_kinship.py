"""Who belongs together: sites, VAT ids, near duplicates of texts."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.schema import company_vectors
from scoring.customers import read_stock
from scoring.kinship import alike, common, components
from scoring.schema import CUSTOMERS

LONG = "Wir fertigen seit 1950 Drehteile und Frästeile für den Maschinenbau in kleinen und mittleren Serien in Ulm."


def _customers(*rows: dict[str, str]) -> pl.DataFrame:
    named = [{"customer_id": f"K{place}", **row} for place, row in enumerate(rows)]
    return pl.DataFrame(named, schema_overrides={"customer_id": pl.String}).match_to_schema(
        CUSTOMERS, missing_columns="insert"
    )


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_components_are_the_classes_of_the_pairs(pairs: list[tuple[int, int]]) -> None:
    """Rows are in one component exactly if a path of pairs leads from one to the other, named by its lowest row."""
    reach = np.eye(20, dtype=bool)
    for one, other in pairs:
        reach[one, other] = reach[other, one] = True
    for _ in range(5):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    assert components(20, pairs).tolist() == reach.argmax(axis=1).tolist()


def test_site_and_vat_id_make_a_family_across_each_other() -> None:
    """A site shared by two and a VAT id shared by one of them and a third make one family of three."""
    stock = read_stock(
        _customers(
            {"site": "kette.de"},
            {"site": "kette.de", "vat_id": "DE811128135"},
            {"site": "kette-sued.de", "vat_id": "DE811128135"},
            {"site": "", "vat_id": "DE000000000"},
            {"vat_id": "DE000000000"},
        )
    )
    assert len(set(stock.family[:3])) == 1
    assert len(set(stock.family)) == 3


def test_the_same_text_shares_a_fold_but_is_no_family() -> None:
    """A long text that two customers share joins their groups, not their families; a short one joins nothing."""
    stock = read_stock(_customers({"text": LONG}, {"text": LONG.upper()}, {"text": "Dreherei"}, {"text": "Dreherei"}))
    assert stock.group[0] == stock.group[1]
    assert len(set(stock.group)) == 3
    assert len(set(stock.family)) == 4


def test_near_duplicate_vectors_are_found_whatever_their_number() -> None:
    """Of 3,000 vectors exactly the pairs with a cosine of 0.98 or more come out; zero rows are alike to none."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(3000, 32))
    vectors[1000:1040] = vectors[:40] + 0.1 * rng.normal(size=(40, 32))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[2990:] = 0
    cosine = vectors @ vectors.T
    true = set(zip(*np.nonzero(np.triu(cosine >= 0.98, 1)), strict=True))
    found = set(alike(vectors.astype(np.float32), seed=1))
    assert found <= {(int(one), int(other)) for one, other in true}
    assert len(found) >= 0.95 * len(true) > 20


def test_vectors_join_groups_of_a_stock() -> None:
    """Customers whose company vectors agree are in one group, in any order of the rows."""
    customers = _customers({}, {}, {})
    vectors = pl.DataFrame(
        {"customer_id": ["K2", "K0", "K1"], "vector": [[1.0, 0.1], [1.0, 0.0], [0.0, 1.0]], "chunks": [1, 1, 1]}
    ).cast(dict(company_vectors(2)))
    stock = read_stock(customers, vectors)
    assert stock.group[0] != stock.group[1]
    assert (stock.group[0] == stock.group[2]) == (1.0 / np.hypot(1.0, 0.1) >= 0.98)


@pytest.mark.parametrize(("size", "kept"), [(10, 9), (60, 0)])
def test_a_notice_that_many_share_is_no_bond(size: int, kept: int) -> None:
    """The same text on more customers than a family has, such as a parked page, joins nobody."""
    assert len(common([(0, row) for row in range(1, size)], 1000)) == kept
