"""The building blocks of the synthetic stock, read from the data files of this package."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

import msgspec

Lines = tuple[str, ...]


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a company of a trade really does all day; `effect` shifts its demand for tools, in log10."""

    key: str
    share: float
    effect: float
    items: Lines
    claims: Lines
    lines: Lines
    refs: Lines
    notes: Lines
    #: Given where the companies of the trade differ on paper too.
    words: Lines = ()
    codes: Lines = ()
    branches: Lines = ()


class Trade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trade: its weight in the stock, its level of demand (log10 EUR per year of one person) and its words."""

    key: str
    weight: float
    level: float
    #: Median and standard deviation of log10 headcount.
    headcount: tuple[float, float]
    codes: Lines
    branches: Lines
    words: Lines
    intros: Lines
    common: Lines
    profiles: tuple[Profile, ...]


class Trait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something companies of many trades have or have not; `effect` as in `Profile`."""

    key: str
    effect: float
    chance: float
    without: Lines = msgspec.field(name="except")
    lines: Lines


class Common(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sentences of every trade, page titles by page kind, and addresses by style and page kind."""

    about: Lines
    heritage: Lines
    team: Lines
    values: Lines
    calls: Lines
    services_intro: Lines
    side: Lines
    references_intro: Lines
    news: Lines
    hours: Lines
    privacy: Lines
    liability: Lines
    cookie: Lines
    parked: Lines
    notes: Lines
    titles: Mapping[str, Lines]
    paths: Mapping[str, Mapping[str, str]]


class Places(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parts of names, streets and towns; phone prefixes are those kept for fiction by the Bundesnetzagentur."""

    stems: Lines
    ends: Lines
    given_f: Lines
    given_m: Lines
    streets: Lines
    owners: Lines
    free_mail: Lines
    phones: Lines
    towns: Lines
    forms: Mapping[str, Lines]


class Content(msgspec.Struct, frozen=True):
    """All building blocks; trades in alphabetical order."""

    trades: tuple[Trade, ...]
    traits: tuple[Trait, ...]
    common: Common
    places: Places

    def trade(self, key: str) -> Trade:
        """Return the trade of this key."""
        return next(trade for trade in self.trades if trade.key == key)

    def profile(self, trade: str, key: str) -> Profile:
        """Return a profile of a trade."""
        return next(profile for profile in self.trade(trade).profiles if profile.key == key)


def load_content() -> Content:
    """Read the data files; takes a few milliseconds."""
    data = files("potenzial.demo") / "data"
    trades = [_parse(file.read_bytes()) for file in (data / "trades").iterdir() if file.name.endswith(".toml")]
    raw = {
        "trades": sorted(trades, key=lambda trade: str(trade["key"])),
        "traits": _parse((data / "traits.toml").read_bytes())["traits"],
        "common": _parse((data / "common.toml").read_bytes()),
        "places": _parse((data / "places.toml").read_bytes()),
    }
    return msgspec.convert(raw, Content)


def _parse(content: bytes) -> dict[str, object]:
    return tomllib.loads(content.decode())
