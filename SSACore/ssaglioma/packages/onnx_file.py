"""Writing a network as an ONNX model: the dozen fields of its protocol buffers that a plain network needs.

The `onnx` package (31 MB, and protobuf) would do the same; it is the judge of this file in the tests. Field numbers
are those of onnx.proto3 (Open Neural Network Exchange, IR version 8, operator set 17, which every runtime of the last
years reads).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ssaglioma.networks.graph import IMAGE, LOGITS, Attribute, Graph, Step

_IR_VERSION, _OPERATOR_SET = 8, 17
_FLOAT, _INT, _INTS = 1, 2, 7
_FLOAT_TENSOR = 1
_BYTES, _FIXED32 = 2, 5


def onnx_bytes(graph: Graph, weights: Mapping[str, np.ndarray]) -> bytes:
    """Return the model file: input `image` (batch, C, *any), output `logits` (batch, R, *any), float32.

    Parameters
    ----------
    weights : mapping of str to ndarray
        Holds at least `graph.weights`; others are left out.
    """
    constants = {name: np.full(count, value, np.float32) for name, (value, count) in graph.constants.items()}
    tensors = {**{name: weights[name] for name in graph.weights}, **constants}
    axes = [f"size{axis}" for axis in range(graph.dims)]
    body = b"".join(
        (
            *(_message(1, _node(step)) for step in graph.steps),
            _text(2, "ssaglioma"),
            *(_message(5, _tensor(name, value)) for name, value in tensors.items()),
            _message(11, _value(IMAGE, ("batch", graph.in_channels, *axes))),
            _message(12, _value(LOGITS, ("batch", graph.out_channels, *axes))),
        )
    )
    operators = _text(1, "") + _number(2, _OPERATOR_SET)
    return _number(1, _IR_VERSION) + _text(2, "ssaglioma") + _message(7, body) + _message(8, operators)


def _node(step: Step) -> bytes:
    return b"".join(
        (
            *(_text(1, name) for name in step.inputs),
            _text(2, step.output),
            _text(4, step.operator),
            *(_message(5, _attribute(name, value)) for name, value in step.attributes.items()),
        )
    )


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _key(2, _FIXED32) + struct.pack("<f", value) + _number(20, _FLOAT)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    return _text(1, name) + _message(8, _packed(value)) + _number(20, _INTS)


def _tensor(name: str, array: np.ndarray) -> bytes:
    data = np.ascontiguousarray(array, dtype="<f4")
    return b"".join(
        (_message(1, _packed(data.shape)), _number(2, _FLOAT_TENSOR), _text(8, name), _message(9, data.tobytes()))
    )


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    edges = b"".join(_message(1, _number(1, edge) if isinstance(edge, int) else _text(2, edge)) for edge in shape)
    tensor = _number(1, _FLOAT_TENSOR) + _message(2, edges)
    return _text(1, name) + _message(2, _message(1, tensor))


def _packed(values: Iterable[int]) -> bytes:
    return b"".join(_varint(int(value)) for value in values)


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _number(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value)


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())


def _message(field: int, content: bytes) -> bytes:
    return _key(field, _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Base-128 number, 7 bits a byte, the lowest first; 0 or more."""
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)
