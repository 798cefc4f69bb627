"""Module -> program of `torch.export`, with every size that the spec leaves open left open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.export import Dim as ExportDim
from torch.export import ExportedProgram

from netspec.build.examples import DEFAULTS, Examples
from netspec.errors import NetspecError
from netspec.shapes.dims import Dim, Symbol, shown

REFUSALS = (RuntimeError, ValueError, TypeError, AssertionError, IndexError, KeyError, AttributeError)
"""What PyTorch's exporters raise: there is no class of their own."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A program, and how it sees the inputs: `names` has the spec's name for each symbol of PyTorch's that
    stands for an open size; the sizes in `fixed` the exporter could not leave open."""

    program: ExportedProgram
    default: int
    names: dict[str, str]
    fixed: dict[str, int]


def traced(module: nn.Module, examples: Examples) -> Traced:
    """Trace a module in evaluation mode. NetspecError with PyTorch's reason where it cannot be traced."""
    default = _workable(module, examples)
    arguments = examples.tensors(examples.sizes(default, 0))
    shapes = examples.tree(lambda _, each, shape: {i: _hint(size) for i, size in enumerate(shape)})
    try:
        program = torch.export.export(module, arguments, dynamic_shapes=shapes)
    except REFUSALS as error:
        raise NetspecError(f"torch.export cannot trace the network: {first_line(error)}") from error
    names, fixed = _symbols(program, examples)
    return Traced(program, default, names, fixed)


def _workable(module: nn.Module, examples: Examples) -> int:
    """The size for dimensions of which the spec says nothing: the first with which the network runs."""
    for default in DEFAULTS:
        try:
            with torch.no_grad():
                module(*examples.tensors(examples.sizes(default, 0)))
        except RuntimeError as error:
            last = error
        else:
            return default
    raise NetspecError(
        f"the network refuses the inputs that its spec declares: {first_line(last)}; give the dimensions "
        "typical sizes in `inputs`, as in `H=224`"
    ) from last


def _hint(size: Dim) -> Any:
    """A fixed size, or an open one with the bound that the spec has."""
    if not size.symbols:
        return ExportDim.STATIC
    (symbol,) = size.symbols
    return ExportDim.AUTO if symbol.maximum is None else ExportDim.AUTO(max=symbol.maximum)


def _symbols(program: ExportedProgram, examples: Examples) -> tuple[dict[str, str], dict[str, int]]:
    """PyTorch's names for the spec's open sizes, and those that became numbers."""
    inputs = {*program.graph_signature.user_inputs}
    values = (node.meta["val"] for node in program.graph.nodes if node.name in inputs)
    tensors = [value for value in values if isinstance(value, torch.Tensor)]
    names: dict[str, str] = {}
    fixed: dict[str, int] = {}
    for (_, _, shape), tensor in zip(examples.leaves, tensors, strict=True):
        for size, found in zip(shape, tensor.shape, strict=True):
            for symbol in size.symbols:
                # A size that the trace has decided may still be a `SymInt`.
                if str(found).isdecimal():
                    fixed[symbol.name] = int(found)
                else:
                    names.setdefault(str(found), name_of(symbol))
    return names, fixed


def name_of(symbol: Symbol) -> str:
    """How the spec calls a size; one that it does not name has its place for a name."""
    return f"size{symbol.name}" if shown(symbol.name) == "_" else symbol.name


def first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
