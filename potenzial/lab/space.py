"""What `potenzial tune` may change, and how a found configuration is written down."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from embeddings.config import EmbeddingConfig
from potenzial.config import Config
from potenzial.lab.comparison import Entry
from potenzial.reference import toml_value
from scoring.config import PotentialConfig

if TYPE_CHECKING:
    import optuna

Choice = str | int | float

#: Keys of `[embedding]` that are varied. Model, prompt and precision belong together and come from the start.
EMBEDDING: Final[Mapping[str, tuple[Choice, ...]]] = MappingProxyType(
    {
        "chunk_tokens": (32, 48, 64, 96, 128, 192),
        "chunks_per_company": (2, 4, 8, 16, 24),
        "chunk_choice": ("page", "specific"),
        "pooling": ("mean", "idf", "medoid"),
        "transform": ("none", "centre", "abtt", "whiten"),
        "dimensions": (0, 64, 128, 256),
    }
)
#: Keys of `[potential]` that are varied.
POTENTIAL: Final[Mapping[str, tuple[Choice, ...]]] = MappingProxyType(
    {"neighbours": (10, 25, 50), "top_share": (0.1, 0.2, 0.3)}
)
#: Name of the parameter that chooses among several configurations to start from.
START: Final = "start"


def suggested(trial: "optuna.Trial", starts: Sequence[Entry]) -> Config:
    """Let Optuna choose a configuration: one to start from, and every key of the space."""
    names = [entry.name for entry in starts]
    start = starts[names.index(trial.suggest_categorical(START, names))].config
    embedding = {key: trial.suggest_categorical(key, EMBEDDING[key]) for key in EMBEDDING}
    potential = {key: trial.suggest_categorical(key, POTENTIAL[key]) for key in POTENTIAL}
    return msgspec.structs.replace(
        start,
        embedding=msgspec.structs.replace(start.embedding, **embedding),
        potential=msgspec.structs.replace(start.potential, **potential),
    )


def winner_toml(config: Config, remarks: Sequence[str]) -> str:
    """Write `[embedding]` and `[potential]` of a configuration, keys at their default left out, under remarks."""
    parts = ["".join(f"# {remark}\n" for remark in remarks)]
    for name, default in (("embedding", EmbeddingConfig()), ("potential", PotentialConfig())):
        lines = _changed(getattr(config, name), default)
        parts.append("\n".join([f"[{name}]", *lines]) + "\n")
    return "\n".join(parts)


def _changed(table: msgspec.Struct, default: msgspec.Struct) -> list[str]:
    pairs = ((name, getattr(table, name)) for name in table.__struct_fields__)
    return [f"{name} = {_toml(value)}" for name, value in pairs if value != getattr(default, name)]


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml_value(key)} = {toml_value(item)}" for key, item in value.items()) + " }"
    return toml_value(value)
