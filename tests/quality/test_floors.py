"""The model keeps the quality that is pinned in pins.json."""

import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest

from embeddings.encoder import stock_encoder
from scoring.config import PotentialConfig
from scoring.potential import rate


def _pins(quality: ModuleType, name: str) -> dict[str, Any]:
    pinned: dict[str, Any] = json.loads(quality.PINS.read_text())[name]
    return pinned


def _holds(quality: ModuleType, name: str) -> None:
    pins = _pins(quality, name)
    customers, companies = quality.SETS[name]()
    assert quality.digest(customers) == pins["digest"], "the data differs from the pinned one; measure anew"
    measured = quality.measure(customers, companies)
    assert measured["verdict"] == pins["verdict"]
    for q, floor in pins["gain_at_least"].items():
        assert measured["gain"][q] >= floor
        assert measured["coverage"][q] == pytest.approx(float(q), abs=pins["coverage_off_at_most"])


def test_synthetic_stock_keeps_its_floor(quality: ModuleType) -> None:
    """On a stock with known law the gain on the lookup and the coverage are those pinned, or better."""
    _holds(quality, "synthetic")


def test_resellers_stay_a_negative_control(quality: ModuleType) -> None:
    """Where sales follow nothing that is known, the model claims no gain."""
    if not quality.RESELLERS.exists():
        pytest.skip("the AdventureWorks tables are not beside the repository")
    _holds(quality, "adventureworks")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_inc5000_keeps_its_floor(quality: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the Inc 5000 list the gain on the lookup and the coverage are those pinned, or better."""
    if not quality.INC5000.exists():
        pytest.skip("the Inc 5000 list is not beside the repository")
    if os.environ.get("POTENZIAL_SLOW") != "1":
        pytest.skip("encoding 2,500 texts takes minutes: set POTENZIAL_SLOW=1")
    monkeypatch.setenv("POTENZIAL_SLOW_CACHE", os.environ.get("POTENZIAL_SLOW_CACHE", str(tmp_path)))
    _holds(quality, "inc5000")


def test_taking_the_text_away_moves_the_estimate_as_claimed(quality: ModuleType) -> None:
    """Where texts are said to raise an estimate it falls without them, and the other way round, nine times of ten."""
    customers, companies = quality.synthetic()
    asked = customers["customer_id"].head(_ASKED)
    rated_only = customers.with_columns(
        pl.when(~pl.col("customer_id").is_in(asked.implode())).then(pl.col("revenue", "revenue_best"))
    )
    config = PotentialConfig(folds=3)
    kept, taken = (
        rate(rated_only, texts, config, progress=_quiet).rated.filter(pl.col("customer_id").is_in(asked.implode()))
        for texts in (companies, companies.filter(~pl.col("customer_id").is_in(asked.implode())))
    )
    pairs = kept.join(taken, on="customer_id", suffix="_without")
    claimed = np.log10(pairs["factor_text"].to_numpy())
    moved = np.log10((pairs["typical"] / pairs["typical_without"]).to_numpy())
    telling = np.abs(claimed) > np.log10(_TELLING)
    assert telling.sum() >= _ASKED / 2
    assert (np.sign(claimed) == np.sign(moved))[telling].mean() >= _AS_CLAIMED


#: Customers whose texts are taken away, and the factor from which on a text is said to matter.
_ASKED = 100
_TELLING = 1.2
#: Share that has to move as claimed.
_AS_CLAIMED = 0.9


def _quiet(_done: int, _total: int) -> None:
    """Show no progress."""


def test_without_what_reasons_quote_the_estimate_falls(
    quality: ModuleType, deletion: ModuleType, texts: ModuleType, tmp_path: Path
) -> None:
    """On texts of known worth estimates fall without the phrases quoted for them, and by chance without others."""
    customers, chunks, config = texts.synthetic()
    pins = _pins(quality, "deletion")
    assert deletion.digest(customers, chunks) == pins["digest"], "the texts differ from the pinned ones; measure anew"
    encoder = stock_encoder(chunks, config, tmp_path)
    stock = deletion.Texts(customers, chunks, encoder, config)
    found = deletion.pin(deletion.measured(stock, pins["asked"], PotentialConfig(folds=3)))
    assert found["customers"] >= pins["customers_at_least"]
    assert found["quoted"] >= pins["share_at_least"]
    assert found["others"] < pins["share_at_least"]


def test_a_floor_is_never_lowered_silently(quality: ModuleType) -> None:
    """A worse measurement is refused without a reason, kept with one, and a better one needs none."""
    pins = {"synthetic": _pins(quality, "synthetic")}
    worse = json.loads(json.dumps(pins))
    worse["synthetic"]["gain_at_least"]["0.9"] -= 0.1
    with pytest.raises(SystemExit, match=r"refusing to lower gain at 0\.9"):
        quality.updated(pins, worse, "")
    lowered = quality.updated(pins, worse, "texts of half the stock went missing")
    assert lowered["synthetic"]["reasons"][-1] == "texts of half the stock went missing"
    better = json.loads(json.dumps(pins))
    better["synthetic"]["gain_at_least"]["0.9"] += 0.1
    assert quality.updated(pins, better, "")["synthetic"]["gain_at_least"] == better["synthetic"]["gain_at_least"]
