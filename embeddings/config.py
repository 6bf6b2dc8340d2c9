"""How texts become vectors and how neighbours are found."""

from typing import Annotated, Literal

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]
Field = Literal["title", "main", "headings", "description", "structured"]
#: The crawler's kinds without the legal notice, which is never read, and the two kinds of text that are no page.
PageKind = Literal["own", "structured", "home", "about", "services", "products", "contact", "other"]
Weight = Annotated[float, msgspec.Meta(ge=0, le=100)]


class EmbeddingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[embedding]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: "bundled" (multilingual-e5-small, offline), "use" (Google USE multilingual, offline, fast), "tfidf" (no model:
    #: letter groups of the stock's own texts), any sentence-transformers model name, or a local path.
    model: str = "bundled"
    #: Revision of a named model; empty means the newest.
    revision: str = ""
    #: Put before every text; e5 models expect "query: " on both sides for symmetric similarity. "use" and "tfidf"
    #: take none.
    prompt: str = "query: "
    #: "cpu", "cuda", "cuda:1", "mps"; empty lets torch choose.
    device: str = ""
    #: What runs a sentence-transformers model: "torch", or on the processor "openvino" or "onnx" (extras of these
    #: names). "auto" is "openvino" where it is installed and the model runs on the processor, else "torch"; with
    #: precision "int8" it is one of the other two, and with "float32" and "bfloat16" it is "torch".
    backend: Literal["auto", "torch", "onnx", "openvino"] = "auto"
    #: "auto": "int8" with openvino and onnx; with torch bfloat16 where the processor multiplies it natively, else
    #: float32. All agree with float32 to cosine .9998 for the bundled model.
    precision: Literal["auto", "float32", "bfloat16", "int8"] = "auto"
    #: Texts encoded in one batch; a batch is saved as soon as it is done.
    batch_size: Count = 32
    #: Longest chunk in tokens of the model.
    chunk_tokens: Annotated[int, msgspec.Meta(ge=16, le=512)] = 64
    #: Chunks encoded for one company at most; the most telling pages come first.
    chunks_per_company: Count = 16
    #: Which texts of a website are read: "title", "main" text, "headings", "description" (what a page says of itself to
    #: search engines), "structured" (the organisation's name and facts in JSON-LD). Your own text is always read.
    fields: tuple[Field, ...] = ("title", "main")
    #: Weight of a page kind in place of the built-in one, for example `about = 1.0`; with 0 it is read only if nothing
    #: else is there.
    page_weights: dict[PageKind, Weight] = {}
    #: Whole sentences at the end of a chunk that the next one begins with again.
    chunk_overlap: Annotated[int, msgspec.Meta(ge=0, le=8)] = 0
    #: Which chunks fill the budget: "page" takes the pages in turn, "specific" the chunks with the rarest words.
    chunk_choice: Literal["page", "specific"] = "page"
    #: How a company's chunks become its vector: "mean" by page weight, "idf" also by how specific a chunk is, "medoid"
    #: the most typical chunk; "maxsim" is "mean", and neighbours are compared anew chunk by chunk.
    pooling: Literal["mean", "idf", "medoid", "maxsim"] = "mean"
    #: Fitted on the stock and applied to every vector: "none", "centre" takes the mean away, "abtt" also the strongest
    #: directions, "whiten" gives all directions the same spread.
    transform: Literal["none", "centre", "abtt", "whiten"] = "centre"
    #: Directions that "abtt" takes away; 0 means one in a hundred dimensions.
    abtt_directions: Annotated[int, msgspec.Meta(ge=0)] = 0
    #: Length of the company vectors after a principal component analysis of the stock; 0 keeps the model's.
    dimensions: Annotated[int, msgspec.Meta(ge=0)] = 0
    #: Where rebuilt weights are kept; empty means the user's cache folder.
    model_folder: str = ""


class NeighbourConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[neighbours]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Neighbours kept for each company.
    k: Count = 50
    #: Kind of FAISS index: "flat" compares all and is exact, "hnsw" and "ivf-pq" are approximate; "auto" is exact for
    #: stocks up to `exact_up_to` and "ivf-pq" beyond.
    index: Literal["auto", "flat", "hnsw", "ivf-pq"] = "auto"
    #: Companies up to which "auto" compares all.
    exact_up_to: Count = 200_000
    #: Share of the true k neighbours that an approximate index has to find; where it cannot, the search is exact.
    recall: Annotated[float, msgspec.Meta(ge=0.5, le=0.999)] = 0.95


class MapConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[map]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Groups that the companies are cut into; 0 chooses by the size of the stock, 20 at most.
    clusters: Annotated[int, msgspec.Meta(ge=0, le=60)] = 0
    #: How many companies count as one neighbourhood when the map is drawn; more shows the large picture.
    perplexity: Annotated[float, msgspec.Meta(ge=2, le=200)] = 30.0
    #: Companies that a fresh map is drawn from; further ones are placed among those most like them.
    drawn_from: Annotated[int, msgspec.Meta(ge=100)] = 5_000
    #: Seed of the drawing and of the search for groups.
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)] = 20_260_101
