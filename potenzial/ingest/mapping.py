"""Mappings kept in files: presets for known systems, and the one that `potenzial check` writes for a file."""

import tomllib
from pathlib import Path
from typing import Final

import msgspec

from potenzial.ingest.errors import ColumnsError

PRESETS: Final = ("cas", "datev", "dynamics", "hubspot", "salesforce", "sap")
#: A mapping is some lines long; anything longer is not one.
_MAX_BYTES: Final = 100_000
#: Presets lie in the installed package, or in `configs/` of a checkout.
_HOMES: Final = (Path(__file__).parent / "mappings", Path(__file__).parents[2] / "configs" / "mappings")


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Our column names -> the file's.

    `columns`: one name, which the file must have, or several, of which the first that it has counts. `first_filled`:
    each row takes the first of these columns that is filled in it. `joined`: their values one after the other.
    """

    columns: dict[str, str | list[str]] = {}
    first_filled: dict[str, list[str]] = {}
    joined: dict[str, list[str]] = {}

    def names(self) -> tuple[str, ...]:
        """All names of the file's columns that stand in it."""
        single = [name for names in self.columns.values() for name in ([names] if isinstance(names, str) else names)]
        several = [name for table in (self.first_filled, self.joined) for names in table.values() for name in names]
        return (*single, *several)


def load_mapping(name: str) -> Mapping:
    """Read a preset by its name, or a file by its path; an empty name gives an empty mapping.

    Raises:
        ColumnsError: there is no such mapping, or it is no valid one.
    """
    if not name:
        return Mapping()
    path = _path(name)
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES).decode()
        return msgspec.convert(tomllib.loads(content), Mapping)
    except OSError as error:
        raise ColumnsError(
            f"{path}: there is no such mapping. Set mapping in [input] to a file, or to one of {', '.join(PRESETS)}; "
            "`potenzial check --write-mapping` makes such a file."
        ) from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ColumnsError(f"{path}: not a mapping ({error}). See docs/input.md for what may stand in it.") from error


def is_preset(name: str) -> bool:
    """Tell the name of a preset from a path."""
    return name.casefold() in PRESETS


def _path(name: str) -> Path:
    if not is_preset(name):
        return Path(name)
    places = [home / f"{name.casefold()}.toml" for home in _HOMES]
    return next((place for place in places if place.is_file()), places[-1])
