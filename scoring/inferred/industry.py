"""Which industry codes a company probably has: votes of neighbours with given codes, told as calibrated chances.

Each neighbour votes for its code with its squared similarity. How often shares of votes are right is learnt from the
customers whose own code is given, each judged by its neighbours only (Platt 1999, "Probabilistic outputs").
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from scoring.config import InferConfig
from scoring.industry import VERSIONS
from scoring.schema import WZ_CODE

if TYPE_CHECKING:
    from wz_code import WZ

Floats = NDArray[np.float64]

#: Levels of a code, most general first: division, group, class; a subclass counts as its class.
LEVELS: Final = ("division", "group", "class")
#: Lengths of the codes of these levels: "25", "25.6", "25.62".
_LENGTHS: Final = {"division": 2, "group": 4, "class": 5}
#: Codes proposed for one company.
TOP: Final = 3
#: Candidates carried into the other version, where several may become one.
_CARRIED: Final = 10
#: Kept away from 0 and 1, where the logit has no value.
_EDGE: Final = 0.005


@dataclass(frozen=True, slots=True)
class Codes:
    """The industry codes of customers: `frame` has `customer_id`, `code` (null without); `version` one of VERSIONS."""

    frame: pl.DataFrame
    version: str

    @property
    def known(self) -> pl.DataFrame:
        """The customers with a code that has at least a division, cut to its class."""
        code = pl.col("code").str.head(_LENGTHS["class"])
        return self.frame.filter(pl.col("code").str.contains(r"^\d\d")).with_columns(code.alias("code"))


@dataclass(frozen=True, slots=True)
class Inferred:
    """What neighbours tell of industries.

    `top` has `customer_id`, `wz_2008` and `wz_2025` (lists of WZ_CODE, best first); `best` has `customer_id`, `code`,
    `confidence`: the most specific code in the stock's version whose chance reaches the configured one; `divisions`
    has `customer_id`, `division`, `confidence` of the likeliest division.
    """

    top: pl.DataFrame
    best: pl.DataFrame
    divisions: pl.DataFrame


def by_neighbours(codes: Codes, neighbours: pl.DataFrame, config: InferConfig) -> Inferred | None:
    """Infer codes for every customer that has neighbours with codes, its own code not looked at.

    Args:
        codes: the given codes.
        neighbours: `customer_id`, `neighbour_id`, `similarity`; nobody's own company among them.
        config: `min_known` and `confidence` count here.

    Returns:
        None if fewer than `min_known` customers have both a code and neighbours with codes.
    """
    levels = {level: _judged(codes, neighbours, level, config.min_known) for level in LEVELS}
    chances = {level: judged for level, judged in levels.items() if judged is not None}
    if not chances:
        return None
    leaf = next(chances[level] for level in reversed(LEVELS) if level in chances)
    best = [each.filter(pl.col("confidence") >= config.confidence) for each in reversed(chances.values())]
    likeliest = pl.concat(_likeliest(each) for each in best).unique("customer_id", keep="first", maintain_order=True)
    divisions = _likeliest(chances.get("division", leaf)).rename({"code": "division"})
    return Inferred(_top(leaf, codes.version), likeliest.sort("customer_id"), divisions)


def _likeliest(chances: pl.DataFrame) -> pl.DataFrame:
    return chances.unique("customer_id", keep="first", maintain_order=True)


def _judged(codes: Codes, neighbours: pl.DataFrame, level: str, least: int) -> pl.DataFrame | None:
    """Give `customer_id`, `code`, `confidence` at a level, best first; None where too few can be judged."""
    length = _LENGTHS[level]
    known = codes.known.filter(pl.col("code").str.len_chars() >= length).with_columns(pl.col("code").str.head(length))
    votes = _votes(known, neighbours)
    truth = votes.join(known.rename({"code": "given"}), on="customer_id")
    if truth["customer_id"].n_unique() < least:
        return None
    right = (truth["code"] == truth["given"]).to_numpy()
    chance = _calibrated(truth["share"].to_numpy(), right, votes["share"].to_numpy())
    total = pl.col("confidence").sum().over("customer_id").clip(1.0)
    rated = votes.with_columns(pl.Series("confidence", chance)).with_columns(pl.col("confidence") / total)
    return rated.drop("share").sort("customer_id", "confidence", "code", descending=[False, True, False])


def _votes(known: pl.DataFrame, neighbours: pl.DataFrame) -> pl.DataFrame:
    """Give each customer's candidates with their `share` of the votes."""
    told = neighbours.join(known, left_on="neighbour_id", right_on="customer_id").select(
        "customer_id", "code", weight=pl.col("similarity").cast(pl.Float64).clip(0) ** 2
    )
    votes = told.group_by("customer_id", "code").agg(pl.col("weight").sum()).filter(pl.col("weight") > 0)
    share = pl.col("weight") / pl.col("weight").sum().over("customer_id")
    return votes.select("customer_id", "code", share=share).sort("customer_id", "code")


def _calibrated(shares: Floats, right: NDArray[np.bool_], wanted: Floats) -> Floats:
    """Turn shares of votes into chances, by a logistic curve fitted on the candidates whose truth is known."""
    if right.all() or not right.any():
        return np.full(len(wanted), float(right.mean()))
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0).fit(_logits(shares), right)
    chances: Floats = model.predict_proba(_logits(wanted))[:, 1]
    return chances


def _logits(shares: Floats) -> Floats:
    held = np.clip(shares, _EDGE, 1 - _EDGE)
    logits: Floats = np.log(held / (1 - held)).reshape(-1, 1)
    return logits


def _top(chances: pl.DataFrame, version: str) -> pl.DataFrame:
    """Give the best codes of each customer in both versions, with titles."""
    carried = chances.group_by("customer_id", maintain_order=True).head(_CARRIED)
    other = next(each for each in VERSIONS if each != version)
    translated = _translated(carried, version, other)
    parts = {f"wz_{version}": _listed(carried, version), f"wz_{other}": _listed(translated, other)}
    lists = [frame.rename({"codes": name}) for name, frame in sorted(parts.items())]
    return lists[0].join(lists[1], on="customer_id", how="full", coalesce=True).sort("customer_id")


def _translated(chances: pl.DataFrame, version: str, other: str) -> pl.DataFrame:
    """Carry chances into the other version; a code that became several shares its chance among them."""
    table = correspondence(chances["code"].unique().sort().to_list(), version, other)
    carried = chances.join(table, on="code").with_columns(pl.col("confidence") * pl.col("part"))
    return (
        carried.group_by("customer_id", pl.col("other").alias("code"))
        .agg(pl.col("confidence").sum())
        .sort("customer_id", "confidence", "code", descending=[False, True, False])
    )


def correspondence(codes: Iterable[str], version: str, other: str) -> pl.DataFrame:
    """Give `code`, `other` and `part` (sums to 1 for each code): what codes of one WZ version are in the other one.

    The official tables join subclasses. Each subclass counts the same; of those it became, one that took in few others
    counts more: WZ 2025 names agents of retail beside every kind of retail.
    """
    wz, target = _book(version), _book(other)
    rows = [(code, *pair) for code in codes for pair in _parts(wz, target, code).items()]
    return pl.DataFrame(rows, schema={"code": pl.String(), "other": pl.String(), "part": pl.Float64()}, orient="row")


def _parts(wz: "WZ", target: "WZ", code: str) -> Mapping[str, float]:
    leaves = [each.code for each in wz.get(code).descendants if not each.children] if wz.exists(code) else []
    parts: dict[str, float] = {}
    for leaf in leaves:
        for other, part in _became(wz, target, leaf).items():
            parts[other[: len(code)]] = parts.get(other[: len(code)], 0.0) + part
    total = sum(parts.values())
    return {other: part / total for other, part in sorted(parts.items())}


def _became(wz: "WZ", target: "WZ", leaf: str) -> Mapping[str, float]:
    """Give the subclasses that a subclass became in the other version, with its part in each."""
    others = dict.fromkeys(each.code for each in wz.get_correspondences(leaf))
    weights = {other: 1 / max(len(target.get_correspondences(other)), 1) for other in others}
    total = sum(weights.values())
    return {other: weight / total for other, weight in weights.items()}


def _book(version: str) -> "WZ":
    # The tables of the package are large; whoever only imports this module should not wait for them.
    from wz_code import WZ

    return WZ(version=version)


def _listed(chances: pl.DataFrame, version: str) -> pl.DataFrame:
    """Give `customer_id` and `codes`, the best WZ_CODE of each."""
    wz = _book(version)
    titles = {code: wz.get(code).title for code in chances["code"].unique() if wz.exists(code)}
    best = chances.filter(pl.col("code").is_in(list(titles))).group_by("customer_id", maintain_order=True).head(TOP)
    title = pl.col("code").replace_strict(titles, return_dtype=pl.String())
    entry = pl.struct("code", title.alias("title"), "confidence").cast(WZ_CODE).alias("codes")
    return best.select("customer_id", entry).group_by("customer_id", maintain_order=True).agg("codes")


def by_titles(names: Sequence[str], vectors: NDArray[np.float32], titles: Mapping[str, "Titles"]) -> pl.DataFrame:
    """Give `customer_id`, `wz_2008`, `wz_2025`: the classes whose titles lie nearest, without chances.

    Args:
        names: customer ids (n).
        vectors: their vectors (n x d) of length 1, in the space of the titles' vectors.
        titles: titles by version.
    """
    columns = {f"wz_{version}": titles[version].nearest(vectors) for version in VERSIONS}
    schema = {"customer_id": pl.String(), **dict.fromkeys(columns, pl.List(WZ_CODE))}
    return pl.DataFrame({"customer_id": list(names), **columns}, schema=schema)


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles of the classes of a WZ version (m), with vectors of length 1 (m x d)."""

    codes: tuple[str, ...]
    titles: tuple[str, ...]
    vectors: NDArray[np.float32]

    def nearest(self, vectors: NDArray[np.float32]) -> list[list[dict[str, object]]]:
        """Give the entries (WZ_CODE without confidence) of the nearest titles of each vector (n x d), best first."""
        order = np.argsort(-(vectors @ self.vectors.T), axis=1, kind="stable")[:, :TOP]
        return [[self._entry(int(place)) for place in row] for row in order]

    def _entry(self, place: int) -> dict[str, object]:
        return {"code": self.codes[place], "title": self.titles[place], "confidence": None}


def class_titles(version: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the codes of all classes of a WZ version ("2008", "2025") and their titles, sorted by code."""
    wz = _book(version)
    codes = tuple(code for code in wz.get_all_codes() if len(code) == _LENGTHS["class"])
    return codes, tuple(wz.get(code).title for code in codes)
