import dataclasses

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from potenzial.runs.difference import DIFFERENCE, MOVES, Kept, difference
from potenzial.runs.schema import KEPT, RunRecord
from potenzial.runs.wording import Wording

#: A run of nobody, with thresholds of EUR 10,000 and 1,000.
PLAIN = RunRecord(
    run="20260101-120000", finished_at="2026-01-01T12:00:00+00:00", potenzial="0", customers=0, rated=0, revenue=0.0,
    potential=0.0, headroom=0.0, headroom_expected=0.0, quantile=0.9, coverage=0.9, a=10_000.0, b=1_000.0,
    verdict="ready", settings={"potential.seed": "1", "classes.method": '"fixed"'}, method={"stage potential": "1"},
    made_from="",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Firm:
    """A customer of a kept run; its classes follow from its amounts unless `said` gives that of its potential."""

    customer_id: str
    revenue: float | None = 0.0
    potential: float | None = None
    headcount: float | None = 10.0
    said: str | None = None


def kept(firms: list[Firm], record: RunRecord = PLAIN) -> Kept:
    """Put customers into a run whose thresholds are those of its record."""
    rows = [_row(firm, record) for firm in firms]
    return Kept(record, pl.DataFrame(rows, schema=KEPT))


def _row(firm: Firm, record: RunRecord) -> dict[str, object]:
    own = "inactive" if not firm.revenue or firm.revenue <= 0 else _class(firm.revenue, record)
    plain = "no data basis" if firm.potential is None or record.a is None else _class(firm.potential, record)
    room = None if firm.potential is None else max(0.0, firm.potential - (firm.revenue or 0.0))
    told = {
        "customer_id": firm.customer_id, "name": f"Firma {firm.customer_id}", "headcount": firm.headcount,
        "revenue": firm.revenue, "potential": firm.potential, "headroom": room, "headroom_expected": room,
        "class_revenue": own, "class_potential": firm.said or plain, "overridden": firm.said not in {None, plain},
    }  # fmt: skip
    return {name: told.get(name) for name in KEPT}


def _class(amount: float, record: RunRecord) -> str:
    a, b = record.thresholds.a, record.thresholds.b
    return "A" if amount >= a else "B" if amount >= b else "C"


AMOUNTS = ("revenue", "potential", "headroom", "headroom_expected")
amounts = st.none() | st.floats(0, 1e6).map(lambda value: round(value, 2))
firms = st.builds(
    Firm,
    customer_id=st.sampled_from([f"K-{number}" for number in range(12)]),
    revenue=amounts,
    potential=amounts,
    headcount=st.none() | st.integers(1, 500).map(float),
    said=st.sampled_from([None, None, "A", "C"]),
)
stocks = st.lists(firms, max_size=12, unique_by=lambda firm: firm.customer_id)
records = st.builds(
    lambda a, b, seed, known: msgspec.structs.replace(
        PLAIN, a=max(a, b) if known else None, b=min(a, b) if known else None, settings={"potential.seed": str(seed)}
    ),
    st.floats(1, 1e5), st.floats(1, 1e5), st.integers(1, 2), st.booleans(),
)  # fmt: skip


def changed(**what: object) -> RunRecord:
    """The plain run with other values."""
    return msgspec.structs.replace(PLAIN, **what)


@given(stocks, stocks, records, records)
def test_the_bridge_leads_from_one_sum_to_the_other_for_any_two_runs(
    one: list[Firm], other: list[Firm], before: RunRecord, after: RunRecord
) -> None:
    """Sums before, plus what each cause added, are the sums after, for amounts and for customers who came and went."""
    found = difference(kept(one, before), kept(other, after))
    steps = {row["step"]: row for row in found.bridge.iter_rows(named=True)}
    start, end = steps.pop("before"), steps.pop("after")
    assert (start["customers"], end["customers"]) == (len(one), len(other))
    assert start["customers"] - steps["gone"]["customers"] + steps["new"]["customers"] == end["customers"]
    for name in AMOUNTS:
        assert start[name] + sum(row[name] for row in steps.values()) == pytest.approx(end[name], abs=0.01)


@given(stocks, stocks, records, records)
def test_every_class_that_changed_has_one_reason_and_no_other_has(
    one: list[Firm], other: list[Firm], before: RunRecord, after: RunRecord
) -> None:
    """Reasons stand exactly where somebody in both runs has another class, and the counts by reason hold them all."""
    found = difference(kept(one, before), kept(other, after))
    assert found.customers.schema == DIFFERENCE
    for figure in ("revenue", "potential"):
        ends = [pl.col(f"class_{figure}_{end}") for end in ("before", "after")]
        moved = found.customers.filter(ends[0] != ends[1])
        explained = found.customers.drop_nulls(f"why_{figure}")
        assert explained["customer_id"].to_list() == moved["customer_id"].to_list()
        assert set(explained[f"why_{figure}"]) <= set(MOVES)
        assert found.moved.filter(pl.col("figure") == figure)["customers"].sum() == moved.height


@given(stocks, records)
def test_a_run_does_not_differ_from_itself(firms: list[Firm], record: RunRecord) -> None:
    """The same run twice has no cause, no class that moved and no setting that changed."""
    found = difference(kept(firms, record), kept(firms, record))
    assert found.customers.select(pl.col("cause", "why_revenue", "why_potential").count()).row(0) == (0, 0, 0)
    assert (found.moved.height, found.settings) == (0, ())


CAUSES = {
    "own data": (Firm("1", 500.0, 900.0), Firm("1", 800.0, 2_000.0), PLAIN, "own data", ["revenue"]),
    "headcount": (Firm("1", 0.0, 900.0), Firm("1", 0.0, 2_000.0, 50.0), PLAIN, "own data", ["headcount"]),
    "others": (Firm("1", 500.0, 900.0), Firm("1", 500.0, 2_000.0), PLAIN, "data of others", []),
    "settings": (
        Firm("1", 500.0, 900.0), Firm("1", 500.0, 2_000.0), changed(settings={"potential.seed": "2"}), "settings", [],
    ),
    "version": (
        Firm("1", 500.0, 900.0), Firm("1", 500.0, 2_000.0), changed(method={"stage potential": "2"}), "settings", [],
    ),
    "data and settings": (
        Firm("1", 500.0, 900.0), Firm("1", 800.0, 2_000.0), changed(settings={"potential.seed": "2"}),
        "data and settings", ["revenue"],
    ),
    "a setting of the report": (
        Firm("1", 500.0, 900.0), Firm("1", 500.0, 2_000.0),
        changed(settings={**PLAIN.settings, "report.language": '"en"'}), "data of others", [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other", "record", "why", "fields"), CAUSES.values(), ids=CAUSES.keys())
def test_a_potential_that_moved_is_traced_to_what_changed(
    one: Firm, other: Firm, record: RunRecord, why: str, fields: list[str]
) -> None:
    """A class that went from C to B with its amount is laid to own data, to settings or versions, or to others."""
    row = difference(kept([one]), kept([other], record)).customers.row(0, named=True)
    assert (row["class_potential_before"], row["class_potential_after"]) == ("C", "B")
    assert (row["cause"], row["why_potential"], row["changed"]) == (why, why, fields)


def test_borders_alone_move_a_class_and_say_so() -> None:
    """The same amounts under other borders change class because of the borders, and no amount has a cause."""
    firm = Firm("1", 5_000.0, 5_000.0)
    found = difference(kept([firm]), kept([firm], changed(a=4_000.0)))
    row = found.customers.row(0, named=True)
    assert (row["why_revenue"], row["why_potential"], row["cause"]) == ("thresholds", "thresholds", None)
    said = " ".join(Wording.of("en").sentences(found))
    assert "from A at €10,000, B at €1,000 to A at €4,000" in said
    assert "they follow the revenue of the stock" in said


def test_borders_and_amounts_that_both_would_have_moved_a_class_share_it() -> None:
    """Where either change alone moves the class, neither gets the credit alone."""
    found = difference(kept([Firm("1", 0.0, 5_000.0)]), kept([Firm("1", 0.0, 12_000.0)], changed(a=4_000.0)))
    assert found.customers["why_potential"].to_list() == ["thresholds and amounts"]


def test_what_the_sales_force_said_is_told_from_the_model() -> None:
    """A class that somebody set by hand is laid to that, also when the override ends."""
    plain, said = Firm("1", 0.0, 5_000.0), Firm("1", 0.0, 5_000.0, said="A")
    for one, other in ((plain, said), (said, plain)):
        assert difference(kept([one]), kept([other])).customers["why_potential"].to_list() == ["override"]


def test_sums_at_other_quantiles_are_not_compared_in_silence() -> None:
    """Quantile and coverage of both runs are told, and that sums at different quantiles cannot be compared."""
    found = difference(kept([Firm("1")]), kept([Firm("1")], changed(quantile=0.8, coverage=None)))
    said = " ".join(Wording.of("de").sentences(found))
    assert "Quantil 0,90 (Abdeckung 90,0\N{NO-BREAK SPACE}%) vorher, 0,80 (Abdeckung unbekannt) nachher" in said
    assert "lassen sich nicht vergleichen" in said


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_cause_and_field_has_its_word(language: str) -> None:
    """Spreadsheets name causes, fields and headings in words of the reader, and no name is a formula."""
    words = Wording.of("de" if language == "de" else "en")
    hostile = kept([Firm("=1+1", 500.0, 900.0)])
    sheet = words.sheet(difference(hostile, kept([Firm("=1+1", 800.0, 2_000.0, 50.0)])).customers)
    assert sheet.item(0, 0) == "'=1+1"
    assert sheet.item(0, -1) == ("Umsatz, Mitarbeitende" if language == "de" else "revenue, headcount")
    assert all(words.cause(move) for move in MOVES)
