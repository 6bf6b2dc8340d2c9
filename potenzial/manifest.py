"""The record of a run: inputs, settings, versions, figures."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import msgspec

from potenzial import __version__, artifact, tables
from potenzial.project import TABLES, Project

#: Libraries that bear on the result.
LIBRARIES = (
    "faiss-cpu",
    "httpx",
    "polars",
    "scikit-learn",
    "sentence-transformers",
    "torch",
    "trafilatura",
    "wz-code",
)


def manifest(project: Project, figures: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Collect what is needed to repeat a run and to compare two of them."""
    records = {name: artifact.record(project.stage(name)) for name in TABLES}
    return {
        "potenzial": __version__,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "input": {"file": project.config.input.customers, "digest": project.input_digest()},
        "sample": project.sample,
        "model": model_name(project),
        "seed": project.config.potential.seed,
        "config": msgspec.to_builtins(project.config),
        "stages": {name: msgspec.to_builtins(known) for name, known in records.items() if known},
        "neighbours": tables.read(project, "neighbour_search").to_dicts(),
        "figures": figures,
    }


def write(project: Project, figures: Sequence[Mapping[str, object]]) -> None:
    """Write `out/manifest.json`."""
    content = msgspec.json.format(msgspec.json.encode(manifest(project, figures)), indent=2)
    artifact.write_whole(project.out / "manifest.json", content + b"\n")


def model_name(project: Project) -> str:
    """The embedding model with the version of its source."""
    config = project.config.embedding
    if config.model == "bundled":
        return f"multilingual-e5-small, bundled ({config.prompt.strip()})"
    return f"{config.model}@{config.revision}" if config.revision else config.model
