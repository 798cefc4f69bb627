"""Conversions between dtypes: `to`, `type_as`, and the methods named after a type (`float`, `long`)."""

from __future__ import annotations

from netspec.shapes.call import Call, Rule
from netspec.shapes.rules.functions.arguments import dtype, given
from netspec.shapes.values import Tensor

_NAMED = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "bfloat16": "bfloat16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "char": "int8",
    "byte": "uint8",
    "bool": "bool",
    "chalf": "complex32",
}


def named(call: Call) -> Tensor:
    return Tensor(call.tensor("input").shape, _NAMED[call.op])


def to(call: Call) -> Tensor:
    """To a dtype, or to the dtype of another tensor."""
    tensor = call.tensor("input")
    if given(call, "other") is not None:
        return Tensor(tensor.shape, call.tensor("other").dtype)
    return Tensor(tensor.shape, dtype(call, tensor.dtype))


RULES: dict[str, Rule] = {
    **dict.fromkeys(_NAMED, named),
    **dict.fromkeys(("to", "type_as"), to),
}
