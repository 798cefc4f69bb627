"""The steps that are part of the language and not of PyTorch, as ops that steps can call."""

from __future__ import annotations

from netspec.catalog.model import Op, Param

_INPUT = Param("input", ("any",))

_SUBSCRIPT = (Param("subscript", ("any",)), Param("indices", ("tensors", "none"), default=None))

INDEX = Op("index", "function", "language.index", ((_INPUT, *_SUBSCRIPT),))
GETITEM = Op("getitem", "function", "language.getitem", ((_INPUT, Param("key", ("int", "str"))),))
LIST = Op("list", "function", "language.list", ((Param("items", ("tensors", "any")),),))
APPEND = Op("append", "function", "language.append", ((Param("items", ("any",)), _INPUT),))
ASSIGN = Op(
    "assign",
    "function",
    "language.assign",
    ((_INPUT, Param("value", ("any",)), *_SUBSCRIPT),),
)

LANGUAGE_OPS = {op.name: op for op in (INDEX, GETITEM, LIST, APPEND, ASSIGN)}
