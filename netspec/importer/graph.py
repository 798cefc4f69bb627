"""What a trace of one module's forward holds: calls on numbered values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from netspec.importer.refusal import Place, Refused
from netspec.importer.sizes import Formula, Guard, leaves
from netspec.importer.structures import is_record, parts

SUPER = "super"
"""The path of a call of what the module's class extends."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A value, by its number."""

    value: int


@dataclass(frozen=True, slots=True)
class Own:
    """A parameter or buffer of the module, or of one of its layers: `fc.weight`."""

    path: str


@dataclass(frozen=True, slots=True)
class Sized:
    """An integer that was computed from sizes, with the value it had."""

    value: int
    formula: Formula


@dataclass(frozen=True, slots=True)
class DType:
    name: str


@dataclass(slots=True)
class Node:
    """A call. `op` is an op of the catalog or the language; where it is empty, `path` is a layer.

    `args` and `kwargs` hold Ref, Own, Sized, DType, numbers, texts, None, slices, and lists of them;
    `results` a Ref, or a tuple of Refs, Nones and tuples. `mode` is the mode that a dropout was called in.
    """

    op: str
    path: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: Any
    place: Place | None
    effect: bool = False
    mode: bool | None = None


@dataclass(slots=True)
class Value:
    """What is known of a value. `shape` is None for a list of tensors; an integer has `integer`.

    `depends` tells whether it depends on the values that the module is called with, not on sizes alone.
    """

    shape: tuple[int, ...] | None
    dtype: torch.dtype | None
    depends: bool
    integer: int | None = None
    members: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What Python asked of a tensor whose values depend on sizes alone, such as positions, and learnt."""

    question: str
    answer: str
    place: Place | None


@dataclass(slots=True)
class Trace:
    """One call of one module, with its children as calls.

    `inputs` are (name, value); `outputs` is what forward returned, with Refs, Owns and Sizeds for
    tensors and integers; `names` says what Python called values.
    """

    module: nn.Module
    path: str
    inputs: list[tuple[str, int]] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    size_names: dict[tuple[int, int], str] = field(default_factory=dict)
    outputs: Any = None
    guards: list[Guard] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    refused: Refused | None = None


def refs_in(structure: Any, *, sizes: bool = True) -> list[Ref]:
    """All values in nested tuples, lists, dicts and slices, in order; `sizes`: those of formulas too."""
    match structure:
        case Ref():
            return [structure]
        case tuple() | list():
            return [ref for each in structure for ref in refs_in(each, sizes=sizes)]
        case dict():
            return [ref for each in structure.values() for ref in refs_in(each, sizes=sizes)]
        case _ if is_record(structure) and not isinstance(structure, Node | Sized | Own | DType):
            return [ref for _, each in parts(structure) or () for ref in refs_in(each, sizes=sizes)]
        case Node():
            return refs_in((structure.args, structure.kwargs), sizes=sizes)
        case Sized(formula=formula):
            return [Ref(leaf.value) for leaf in leaves(formula)] if sizes else []
        case slice():
            return refs_in((structure.start, structure.stop, structure.step), sizes=sizes)
    return []
