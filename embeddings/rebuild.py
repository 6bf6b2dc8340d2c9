"""Packed multilingual-e5-small to a folder that sentence-transformers loads: safetensors, JSON, no pickle."""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from embeddings.weights import Array, PackedModel, Shape, Vocabulary

if TYPE_CHECKING:
    from tokenizers.normalizers import Normalizer

#: The file's names of one layer's parts, and BERT's.
_PARTS: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS: Final = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def write_model(model: PackedModel, folder: Path) -> None:
    """Write every file of the model into an existing, empty folder."""
    from safetensors.numpy import save_file

    save_file(dict(_bert_tensors(model)), folder / "model.safetensors", {"format": "pt"})
    _write_tokenizer(model.vocabulary, folder / "tokenizer.json")
    for name, content in _settings(model.shape).items():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _bert_tensors(model: PackedModel) -> Iterator[tuple[str, Array]]:
    hidden = model.shape.hidden
    for name, values in model.tensors.items():
        yield _bert_name(name), values.reshape(_dimensions(name, values.size, model.shape))
    # Mean pooling never asks the pooler; zeros keep transformers from warning that it is missing.
    yield "pooler.dense.weight", np.zeros((hidden, hidden), np.float32)
    yield "pooler.dense.bias", np.zeros(hidden, np.float32)


def _bert_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer.removeprefix('l')}.{_PARTS[part]}.{'weight' if kind == 'w' else 'bias'}"


def _dimensions(name: str, size: int, shape: Shape) -> tuple[int, ...]:
    """Shape of a tensor: norms and biases are vectors, the last layer of the inner network is the only wide one."""
    if name.endswith(".b") or "ln." in name:
        return (size,)
    width = shape.inner if ".fo." in name else shape.hidden
    return (size // width, width)


def _write_tokenizer(vocabulary: Vocabulary, target: Path) -> None:
    """Write the unigram tokenizer in the format of the tokenizers library."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    first, last = vocabulary.pieces[vocabulary.first], vocabulary.pieces[vocabulary.last]
    scored = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=vocabulary.unknown))
    tokenizer.normalizer = _normalizer(vocabulary.characters)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} {last} $B {last}",
        special_tokens=[(first, vocabulary.first), (last, vocabulary.last)],
    )
    tokenizer.add_special_tokens(
        [first, last, *(vocabulary.pieces[i] for i in (vocabulary.padding, vocabulary.unknown))]
    )
    tokenizer.save(str(target))


def _normalizer(characters: dict[str, str]) -> "Normalizer":
    """Build the character map of the file as Unicode's NFKC plus the few characters where the two differ."""
    from tokenizers import Regex, normalizers

    differing: dict[str, list[str]] = {}
    for source, result in characters.items():
        if unicodedata.normalize("NFKC", source) != result:
            differing.setdefault(result, []).append(source)
    steps = [normalizers.Replace(Regex(_any_of(sources)), result) for result, sources in sorted(differing.items())]
    return normalizers.Sequence([*steps, normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])


def _any_of(characters: list[str]) -> str:
    return "[" + "".join(f"\\x{{{ord(character):X}}}" for character in characters) + "]"


def _settings(shape: Shape) -> dict[str, object]:
    """Give the JSON files of the folder by name."""
    modules = "sentence_transformers.models"
    return {
        "config.json": _network(shape),
        "tokenizer_config.json": _tokens(shape),
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{modules}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{modules}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{modules}.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
    }


def _network(shape: Shape) -> dict[str, object]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.inner,
        "vocab_size": shape.words,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.segments,
        "layer_norm_eps": shape.epsilon,
        "pad_token_id": 1,
        "dtype": "float32",
    }


def _tokens(shape: Shape) -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": shape.positions,
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
    }
