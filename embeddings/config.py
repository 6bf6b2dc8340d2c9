"""How texts become vectors and how neighbours are found."""

from typing import Annotated, Literal

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]


class EmbeddingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[embedding]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: "bundled" (multilingual-e5-small, offline), any sentence-transformers model name, or a local path.
    model: str = "bundled"
    #: Revision of a named model; empty means the newest.
    revision: str = ""
    #: Put before every text; e5 models expect "query: " on both sides for symmetric similarity.
    prompt: str = "query: "
    #: "cpu", "cuda", "cuda:1", "mps"; empty lets torch choose.
    device: str = ""
    #: "auto": bfloat16 where the processor multiplies it natively, else float32; the vectors agree to cosine .9999.
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    #: Texts encoded in one batch; a batch is saved as soon as it is done.
    batch_size: Count = 32
    #: Longest chunk in tokens of the model.
    chunk_tokens: Annotated[int, msgspec.Meta(ge=16, le=512)] = 128
    #: Chunks encoded for one company at most; the most telling pages come first.
    chunks_per_company: Count = 8
    #: Subtract the stock's mean vector from every company vector.
    centre: bool = True
    #: Where rebuilt weights are kept; empty means the user's cache folder.
    model_folder: str = ""


class NeighbourConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[neighbours]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Neighbours kept for each company.
    k: Count = 50
    #: Kind of FAISS index; only the exact one so far.
    index: Literal["flat"] = "flat"
