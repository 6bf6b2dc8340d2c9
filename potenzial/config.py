"""The whole configuration of a project: `potenzial.toml`, one table per layer."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin

import msgspec

from crawler.config import CrawlConfig
from embeddings.config import EmbeddingConfig, MapConfig, NeighbourConfig
from potenzial.errors import ConfigError
from potenzial.ingest.config import InputConfig
from scoring.config import ClassConfig, InferConfig, PotentialConfig

#: A configuration is written by hand; anything longer is not one.
MAX_CONFIG_BYTES = 1_000_000

_TYPES = {
    "object": "a table",
    "array": "a list",
    "str": "text in quotation marks",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
}


class ReportConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[report]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Heading of the report; empty means a plain one.
    title: str = ""
    #: Language of report and CSV lists: German or English, with the number formats that belong to it.
    language: Literal["de", "en"] = "de"
    #: The data is made up: the report says so on top.
    synthetic: bool = False
    #: Customers that your sales team can visit in a year: the report marks what they would reach; 0 marks nothing.
    visits: Annotated[int, msgspec.Meta(ge=0)] = 0


class RunConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[run]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Share of websites without usable pages above which `potenzial run` ends with exit code 1.
    max_failed_sites_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.6
    #: Runs that are kept for comparison; older ones are deleted unless they have a name.
    keep_runs: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 30


class BacktestConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[backtest]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: File with order lines or yearly revenue (CSV, Parquet or XLSX); a relative path starts at the project folder.
    history: str = ""
    #: Our column name (customer_id, date, amount, year, first_purchase) -> the file's, where it has no known name.
    columns: dict[str, str] = {}
    #: Month in which a business year begins; it is named by the calendar year of that month.
    first_month: Annotated[int, msgspec.Meta(ge=1, le=12)] = 1
    #: Shares of the addresses that can be called, for the lift.
    capacities: tuple[Annotated[float, msgspec.Meta(gt=0, le=1)], ...] = (0.01, 0.05, 0.1)
    #: Bootstrap samples behind each interval.
    rounds: Annotated[int, msgspec.Meta(ge=100, le=10_000)] = 1000


class FeedbackConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[feedback]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Days after which what a rep said of a customer no longer overrides the published class.
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 365


class ServeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[serve]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Names that the web page answers to besides those of this machine, as they stand in the browser's address line.
    hosts: tuple[str, ...] = ()
    #: Largest request in bytes that the web page reads.
    most_body_bytes: Annotated[int, msgspec.Meta(ge=1_000, le=100_000_000)] = 1_000_000


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set, with defaults that suit a German address stock."""

    input: InputConfig = msgspec.field(default_factory=InputConfig)
    crawl: CrawlConfig = msgspec.field(default_factory=CrawlConfig)
    embedding: EmbeddingConfig = msgspec.field(default_factory=EmbeddingConfig)
    neighbours: NeighbourConfig = msgspec.field(default_factory=NeighbourConfig)
    infer: InferConfig = msgspec.field(default_factory=InferConfig)
    potential: PotentialConfig = msgspec.field(default_factory=PotentialConfig)
    classes: ClassConfig = msgspec.field(default_factory=ClassConfig)
    map: MapConfig = msgspec.field(default_factory=MapConfig)
    backtest: BacktestConfig = msgspec.field(default_factory=BacktestConfig)
    feedback: FeedbackConfig = msgspec.field(default_factory=FeedbackConfig)
    report: ReportConfig = msgspec.field(default_factory=ReportConfig)
    run: RunConfig = msgspec.field(default_factory=RunConfig)
    serve: ServeConfig = msgspec.field(default_factory=ServeConfig)


def load(path: Path) -> Config:
    """Read a configuration file.

    Raises:
        ConfigError: the file is missing, is no TOML, or holds an unknown key or a value out of range.
    """
    return parse(_read(path), str(path))


def parse(text: str, name: str) -> Config:
    """Read a configuration from text; `name` stands in the messages.

    Raises:
        ConfigError: as for `load`.
    """
    try:
        return msgspec.convert(tomllib.loads(text), Config)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}. Mend the line and run the command again.") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {_plain(str(error))}") from error


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_CONFIG_BYTES + 1)
        if len(content) > MAX_CONFIG_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_CONFIG_BYTES:,} bytes, so it is no configuration file.")
        return content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: there is no such file. Run `potenzial init DIR` to make a project, "
            "or name its configuration with --config."
        ) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error


def _plain(message: str) -> str:
    """Say a validation error with the table and key first, as they stand in the file."""
    text, _, where = message.partition(" - at `")
    # "$.table.key", "$.table.key[0]" in a list, "key` in `$.table.key" for a name in a table and "[...]" for its value.
    place = where.rpartition("$")[2].strip("`.").partition("[")[0]
    if "unknown field" in text:
        key = text.split("`")[1]
        table = f"[{place}]" if place else "the top level"
        return f"unknown key `{key}` in {table}. Known there: {', '.join(_keys(place))}."
    # The checks of whole tables name their keys themselves.
    named = f"`{place}`: " if text.startswith(("Expected", "Invalid")) and place else ""
    allowed = "" if "[...]" in where else _allowed(place)
    return f"{named}{_in_words(text)}{allowed}."


def _in_words(text: str) -> str:
    """Say a type as TOML calls it."""
    for name, word in _TYPES.items():
        text = text.replace(f"`{name}`", word)
    return text[:1].lower() + text[1:]


def _allowed(place: str) -> str:
    """List the values of a key that takes only certain ones."""
    table, _, key = place.partition(".")
    if not key:
        return ""
    field = next((field for field in msgspec.structs.fields(type(getattr(Config(), table))) if field.name == key), None)
    values = _choices(field.type) if field else ()
    return f"; allowed are {', '.join(json.dumps(value) for value in values)}" if values else ""


def _choices(kind: object) -> tuple[object, ...]:
    """Give the values of a type that allows certain ones only, or allows them in a list or as names of a table."""
    if get_origin(kind) in {tuple, dict}:
        kind = get_args(kind)[0]
    return get_args(kind) if get_origin(kind) is Literal else ()


def _keys(table: str) -> tuple[str, ...]:
    default = getattr(Config(), table) if table in Config.__struct_fields__ else Config()
    return tuple(type(default).__struct_fields__)
