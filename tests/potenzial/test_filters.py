from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from potenzial.errors import FilterError
from potenzial.filters import parse_filter

STOCK = pl.DataFrame(
    {
        "plz2": ["35", "36", "80", None],
        "headcount": [20.0, 300.0, 5.0, None],
        "last_purchase": [date(2026, 1, 1), date(2024, 1, 1), None, None],
        "name": ["Müller & Söhne", "O'Brien", "Bau", "= 1"],
    }
)

KEPT = {
    "plz2 in ('35', '36') and headcount between 20 and 250": [0],
    "plz2 = '35' or headcount < 10": [0, 2],
    "not (headcount > 100)": [0, 2],
    "headcount is null": [3],
    "last_purchase < date '2025-06-30'": [1],
    "date_part('year', last_purchase) = 2026": [0],
    "name like 'M%' or name = 'O''Brien'": [0, 1],
    "lower(name) = 'bau' AND \"headcount\" >= 5": [2],
    "1 = 1": [0, 1, 2, 3],
}


@pytest.mark.parametrize(("text", "rows"), KEPT.items())
def test_a_condition_keeps_the_rows_that_meet_it(text: str, rows: list[int]) -> None:
    """SQL conditions work as written, and a row whose value is not known is not kept."""
    assert parse_filter(text, STOCK.schema).keeps(STOCK).arg_true().to_list() == rows


REFUSED = {
    "plz > '3'": "Did you mean `plz2`",
    "PLZ2 = '35'": "Did you mean `plz2`",
    "headcount >": "cannot be used",
    "headcount": "gives a value, not yes or no",
    "plz2 in (35, 36)": "`plz2` is text",
    "headcount > 'many'": "`headcount` is a number",
    "last_purchase > '2025-01-01'": "date '2026-01-31'",
    'name = "Bau"': "single quotes: 'Bau'",
    "read_csv('/etc/passwd') = 1": "no function `read_csv`",
    "count(name) > 1": "no function `count`",
    "headcount in (select 1)": "no column `select`",
    "headcount > 1; drop table x": "cannot be read from '; drop",
    "headcount > 1 -- and more": "cannot be read from '--",
    "(headcount > 1": "does not close",
    "headcount > 1)": "do not match",
    "(" * 40 + "1 = 1" + ")" * 40: "nested",
    "name = '" + "x" * 3000 + "'": "characters at most",
    "  ": "empty",
    "name = 'open": "cannot be read from",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_is_no_condition_is_refused_in_words(text: str, said: str) -> None:
    """Unknown columns and functions, wrong types, queries and further statements are named, none of them is run."""
    with pytest.raises(FilterError) as caught:
        parse_filter(text, STOCK.schema)
    assert said in str(caught.value)


def test_the_parts_joined_by_and_are_counted_alone() -> None:
    """A condition says how many rows each of its parts meets, so that the one that empties a list is seen."""
    condition = parse_filter(
        "headcount between 1 and 9 and (plz2 = '35' or plz2 = '36') and name like 'B%'", STOCK.schema
    )
    assert [count for _, count in condition.counts(STOCK)] == [1, 2, 1]


def test_a_condition_with_or_stays_whole() -> None:
    """Where OR joins the outermost parts, AND does not cut them, for it binds closer."""
    assert len(parse_filter("plz2 = '35' or plz2 = '36' and headcount > 1", STOCK.schema).parts) == 1


@given(st.text(st.sampled_from("plz2 headcount'\"()=<>,;-*%andorinbetweennull123\x00é"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the filter fail in another way than by its own error, and what it accepts has a row for each."""
    try:
        condition = parse_filter(text, STOCK.schema)
    except FilterError:
        return
    assert len(condition.keeps(STOCK)) == STOCK.height


@given(st.text(max_size=20))
def test_quoted_text_is_only_compared(text: str) -> None:
    """Whatever stands in single quotes is compared as it is, and never becomes part of the condition."""
    frame = pl.DataFrame({"name": [text, text + "x"]})
    quoted = text.replace("'", "''")
    assert parse_filter(f"name = '{quoted}'", frame.schema).keeps(frame).to_list() == [True, False]
