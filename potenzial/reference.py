"""Every key of the configuration with its default and its explanation, taken from the structs themselves.

The comments marked `#:` above the fields are the one source: `potenzial init`, `configs/default.toml` and
`docs/configuration.md` are all made from them.
"""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from potenzial.config import Config

_FIELD = re.compile(r"^ {4}(\w+): ")
_COMMENT = re.compile(r"^ {4}#: ?(.*)$")

_INTRODUCTIONS = {
    "input": "The address stock: where it lies and which of its columns is what.",
    "crawl": "Visiting the companies' websites.",
    "embedding": "Turning texts into vectors.",
    "neighbours": "Which companies are alike.",
    "infer": "Headcounts and industry codes that are not given.",
    "potential": "Estimating the revenue potential.",
    "classes": "The classes A, B and C, by the same EUR thresholds for revenue and potential.",
    "map": "The map of the stock, on which companies that do the same lie together.",
    "backtest": "Judging the potential of an earlier year by what was bought afterwards.",
    "feedback": "What sales reps say of the ratings.",
    "report": "The report and the lists.",
    "run": "When a run counts as failed.",
    "serve": "The local web page.",
}


@dataclass(frozen=True)
class Key:
    """One key: its table, name, default and explanation."""

    table: str
    name: str
    default: object
    text: str

    @property
    def toml(self) -> str:
        """The key with its default, as a line of TOML; a table of names as an empty table to be filled in."""
        if isinstance(self.default, dict):
            return f"[{self.table}.{self.name}]"
        return f"{self.name} = {toml_value(self.default)}"


def settings() -> tuple[Key, ...]:
    """All keys in the order of the structs."""
    config = Config()
    return tuple(key for table in config.__struct_fields__ for key in _table_keys(table, getattr(config, table)))


def template() -> str:
    """The text of a project's configuration: every key with its explanation, commented out at its default."""
    return _header() + "".join(_table_text(table, "# ") for table in Config().__struct_fields__)


def default_toml() -> str:
    """The text of `configs/default.toml`: every key set to its default."""
    return _header() + "".join(_table_text(table, "") for table in Config().__struct_fields__)


def markdown() -> str:
    """The reference of all keys as Markdown."""
    return "\n".join(_markdown_table(table) for table in Config().__struct_fields__)


def toml_value(value: object) -> str:
    """Write a default as TOML."""
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{}"
    return str(value)


def _table_keys(table: str, struct: msgspec.Struct) -> Iterator[Key]:
    texts = _comments(type(struct))
    for name in struct.__struct_fields__:
        yield Key(table, name, getattr(struct, name), texts.get(name, ""))


def _comments(struct: type) -> dict[str, str]:
    found: dict[str, str] = {}
    pending: list[str] = []
    for line in inspect.getsource(struct).splitlines():
        if comment := _COMMENT.match(line):
            pending.append(comment.group(1))
        elif field := _FIELD.match(line):
            found[field.group(1)] = " ".join(pending)
            pending = []
    return found


def _header() -> str:
    return (
        "# Configuration of a Potenzial project. Every key may be left out; the values shown are the defaults.\n"
        "# Paths are relative to the folder of this file.\n"
    )


def _table_text(table: str, mark: str) -> str:
    lines = [f"\n# {_INTRODUCTIONS[table]}", f"[{table}]"]
    # A table of its own has to come after all plain keys.
    for key in sorted(_keys_of(table), key=lambda key: isinstance(key.default, dict)):
        lines += [f"# {key.text}", f"{mark}{key.toml}"]
    return "\n".join(lines) + "\n"


def _markdown_table(table: str) -> str:
    rows = [
        f"| `{key.name}` | `{toml_value(key.default)}` | {key.text.replace('|', chr(92) + '|')} |"
        for key in _keys_of(table)
    ]
    head = [f"## `[{table}]`", "", _INTRODUCTIONS[table], "", "| key | default | meaning |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _keys_of(table: str) -> tuple[Key, ...]:
    return tuple(key for key in settings() if key.table == table)
