"""The stub files that PyTorch ships -> parameters by function name.

Runtime annotations in `torch.nn.functional` are wrong in places (`output_size: None`), and builtin
functions have none, so signatures come from `functional.pyi`, `_VariableFunctions.pyi` and `TensorBase`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch

from netspec.catalog import overlay_names
from netspec.catalog.generate_types import literals, plain_default, words
from netspec.catalog.model import REQUIRED, Default, Param

ROOT = Path(torch.__file__).parent


@dataclass(frozen=True, slots=True)
class Stub:
    """One `def` of a stub. `returns` is its annotation; `variadic` the name behind a `*`."""

    params: tuple[Param, ...]
    returns: str
    variadic: str | None = None


Stubs = dict[str, tuple[Stub, ...]]


@cache
def functional() -> Stubs:
    """`torch.nn.functional`."""
    return _read(_body("nn/functional.pyi"))


@cache
def builtin() -> Stubs:
    """The functions of `torch` and of its C module for neural networks."""
    return {**_read(_body("_C/_nn.pyi")), **_read(_body("_C/_VariableFunctions.pyi"))}


@cache
def methods() -> Stubs:
    """The methods of `torch.Tensor`, their `self` called `input`."""
    for node in _body("_C/__init__.pyi"):
        if isinstance(node, ast.ClassDef) and node.name == "TensorBase":
            found = _read(node.body)
            return {name: tuple(map(_with_input, stubs)) for name, stubs in found.items()}
    raise LookupError("this PyTorch ships no stub of TensorBase")


@cache
def by_hand() -> Stubs:
    """Functions whose signatures stand in the overlay."""
    return _read(ast.parse(overlay_names.STUBS).body)


def _body(path: str) -> list[ast.stmt]:
    return ast.parse((ROOT / path).read_text("utf-8")).body


def _read(body: list[ast.stmt]) -> Stubs:
    found: dict[str, list[Stub]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            found.setdefault(node.name, []).append(_stub(node))
    return {name: tuple(stubs) for name, stubs in found.items()}


def _stub(node: ast.FunctionDef) -> Stub:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults)) + [*arguments.defaults]
    params = [_param(arg, default) for arg, default in zip(plain, defaults, strict=True)]
    if arguments.vararg is not None:
        sizes = _param(arguments.vararg, None)
        params.append(
            replace(sizes, types=tuple({"int": "ints", "tensor": "tensors"}.get(t, t) for t in sizes.types))
        )
    for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        params.append(replace(_param(arg, default), keyword_only=True))
    returns = ast.unparse(node.returns) if node.returns else ""
    return Stub(tuple(params), returns, arguments.vararg.arg if arguments.vararg else None)


def _param(arg: ast.arg, default: ast.expr | None) -> Param:
    annotation = ast.unparse(arg.annotation) if arg.annotation else "Any"
    return Param(arg.arg, words(annotation), _default(default), choices=literals(annotation))


def _default(node: ast.expr | None) -> Default:
    if node is None:
        return REQUIRED
    try:
        return plain_default(ast.literal_eval(node))
    except ValueError:  # a name, such as `torch.contiguous_format`
        return None


def _with_input(stub: Stub) -> Stub:
    first, *rest = stub.params
    return replace(stub, params=(replace(first, name="input", types=("tensor",)), *rest))
