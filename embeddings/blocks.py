"""Weights of an ONNX network in blocks of 32 whole numbers, which ONNX Runtime multiplies without unpacking.

A block has one scale of its own, and so has each block of what is multiplied with it. A text's vector therefore does
not depend on the texts that share its batch, as it does where one scale serves the whole batch (dynamic quantisation).
"""

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

Array = NDArray[np.float32]

BLOCK: Final = 32
#: Domain of the operators of ONNX Runtime that are no part of the ONNX standard.
_DOMAIN: Final = "com.microsoft"
#: Multiply in whole numbers of 8 bits.
_WHOLE_NUMBERS: Final = 4
#: Rounding that half-precision scales leave in weights that were packed with 4 bits before.
_LOSSLESS: Final = 1e-6


class Packed(NamedTuple):
    """Weights of shape (rows, columns): numbers (rows, blocks, bytes), scales (rows, blocks), bits of one number."""

    numbers: NDArray[np.uint8]
    scales: Array
    bits: int


def pack(weights: Array) -> Packed:
    """Pack weights, shape (rows, 32 n), with 4 bits where nothing is lost, as with the bundled model, else with 8."""
    blocks = weights.reshape(len(weights), -1, BLOCK)
    four = _packed(blocks, 4)
    return four if np.abs(unpack(four) - weights).max() <= _LOSSLESS else _packed(blocks, 8)


def _packed(blocks: Array, bits: int) -> Packed:
    half = 2 ** (bits - 1)
    places = np.abs(blocks).argmax(axis=2, keepdims=True)
    # The strongest value of a block becomes the least number, of which there is one more than of the greatest.
    scales = np.take_along_axis(blocks, places, 2)[..., 0] / -half
    safe = np.where(scales == 0, 1, scales)[..., None]
    numbers = np.clip(np.rint(blocks / safe) + half, 0, 2 * half - 1).astype(np.uint8)
    if bits == 4:  # noqa: PLR2004 - two numbers share a byte
        numbers = numbers[..., 0::2] | (numbers[..., 1::2] << 4)
    return Packed(numbers, scales.astype(np.float32), bits)


def unpack(packed: Packed) -> Array:
    """Give the weights back, shape (rows, columns)."""
    numbers = packed.numbers
    if packed.bits == 4:  # noqa: PLR2004 - two numbers share a byte
        numbers = np.stack([numbers & 15, numbers >> 4], axis=-1).reshape(*numbers.shape[:2], BLOCK)
    half = np.float32(2 << (packed.bits - 2))
    values = (numbers.astype(np.float32) - half) * packed.scales[..., None]
    return np.asarray(values.reshape(len(values), -1), np.float32)


def quantise(model: "ModelProto") -> None:
    """Replace, in place, every product with fixed weights and the table of words by their packed forms."""
    from onnx import helper

    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    for place, node in enumerate(list(model.graph.node)):
        if (tensor := _weights(node, weights)) is not None:
            model.graph.node[place].CopyFrom(_replaced(model.graph, node, tensor))
    used = {name for node in model.graph.node for name in node.input}
    for name, tensor in weights.items():
        if name not in used:
            model.graph.initializer.remove(tensor)
    model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))


def _weights(node: "NodeProto", weights: "dict[str, TensorProto]") -> "TensorProto | None":
    """Give the weights of a node that can be packed: a matrix whose packed side is a multiple of the block."""
    place = {"MatMul": 1, "Gather": 0}.get(node.op_type)
    tensor = weights.get(node.input[place]) if place is not None else None
    if tensor is None or len(tensor.dims) != 2:  # noqa: PLR2004 - a matrix
        return None
    return tensor if tensor.dims[1 - (place or 0)] % BLOCK == 0 else None


def _replaced(graph: "GraphProto", node: "NodeProto", tensor: "TensorProto") -> "NodeProto":
    from onnx import numpy_helper

    values = np.asarray(numpy_helper.to_array(tensor), np.float32)
    packed = pack(np.ascontiguousarray(values.T) if node.op_type == "MatMul" else values)
    names = [f"{node.name}_numbers", f"{node.name}_scales"]
    # The table of words is read as (rows, bytes), a factor of a product as (rows, blocks, bytes).
    shape = packed.numbers.shape if node.op_type == "MatMul" else (len(values), -1)
    graph.initializer.append(numpy_helper.from_array(packed.numbers.reshape(shape), names[0]))
    scales = packed.scales.reshape(-1) if node.op_type == "MatMul" else packed.scales
    graph.initializer.append(numpy_helper.from_array(scales, names[1]))
    return _product(node, names, packed) if node.op_type == "MatMul" else _lookup(node, names, packed)


def _product(node: "NodeProto", names: list[str], packed: Packed) -> "NodeProto":
    from onnx import helper

    rows, blocks = packed.scales.shape
    return helper.make_node(
        "MatMulNBits",
        [node.input[0], *names],
        list(node.output),
        domain=_DOMAIN,
        K=blocks * BLOCK,
        N=rows,
        bits=packed.bits,
        block_size=BLOCK,
        accuracy_level=_WHOLE_NUMBERS,
    )


def _lookup(node: "NodeProto", names: list[str], packed: Packed) -> "NodeProto":
    from onnx import helper

    return helper.make_node(
        "GatherBlockQuantized",
        [names[0], node.input[1], names[1]],
        list(node.output),
        domain=_DOMAIN,
        bits=packed.bits,
        block_size=BLOCK,
        gather_axis=0,
        quantize_axis=1,
    )
