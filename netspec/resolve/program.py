"""The Program: the spec with every name resolved, loops and params still in place.

A module's forward is a list of `Call`s in static single assignment: each value has one number, and
branches are already in line. Elaboration gives the arguments their values; the source generator
gives the values their variable names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from netspec.catalog.load import Catalog
from netspec.catalog.model import Op
from netspec.diagnostics import Span
from netspec.resolve.argument_records import (
    FAULTY,
    Argument,
    Arguments,
    AutoArgument,
    Constant,
    DictArgument,
    FaultyArgument,
    Formula,
    Interpolated,
    Let,
    ListArgument,
    Slice,
    Subscript,
    TensorIndex,
    Turns,
)
from netspec.resolve.claim_records import CountClaim, OutputClaim
from netspec.resolve.layer_records import (
    BASE,
    Layer,
    entries,
    find_entry,
    find_layer,
    is_faulty,
    name_pattern,
)
from netspec.resolve.step_records import (
    NOTHING,
    Call,
    Carried,
    IsGiven,
    Item,
    Names,
    Operand,
    OperandList,
    Output,
    PathPart,
    StepChoice,
    StepLets,
    StepLoop,
    StepSizes,
    TensorRef,
    ValueInfo,
    ValueRef,
    calls_in,
)

__all__ = [
    "BASE",
    "FAULTY",
    "NOTHING",
    "Argument",
    "Arguments",
    "AutoArgument",
    "Call",
    "Carried",
    "Constant",
    "CountClaim",
    "DictArgument",
    "Dimension",
    "FaultyArgument",
    "Formula",
    "InitEntry",
    "InitUse",
    "Input",
    "Interpolated",
    "IsGiven",
    "Item",
    "Layer",
    "Let",
    "ListArgument",
    "Module",
    "Names",
    "Operand",
    "OperandList",
    "Output",
    "OutputClaim",
    "OwnedTensor",
    "Param",
    "PathPart",
    "Program",
    "Slice",
    "StepChoice",
    "StepLets",
    "StepLoop",
    "StepSizes",
    "Subscript",
    "TensorIndex",
    "TensorRef",
    "Tie",
    "Turns",
    "ValueInfo",
    "ValueRef",
    "calls_in",
    "entries",
    "find_entry",
    "find_layer",
    "is_faulty",
    "name_pattern",
]


@dataclass(frozen=True, slots=True)
class Param:
    """A constructor argument of the compiled class. `default` is `REQUIRED` where it has none. A param
    of type `op` has an op's name as its value, or one name with arguments, or None.
    A `faulty` one was reported; its name is known and its value is not."""

    name: str
    type: str
    default: Any
    span: Span
    minimum: float | None = None
    maximum: float | None = None
    doc: str = ""
    faulty: bool = False
    default_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of a declared shape: a name, a number or expression, `_`, or `...`. A name may have a
    `limit`, the greatest size it stands for. A `faulty` one was reported, and leaves the whole shape
    unknown."""

    kind: Literal["name", "size", "any", "ellipsis", "faulty"]
    span: Span
    name: str = ""
    typical: int | None = None
    size: Argument | None = None
    limit: Argument | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """An argument of `forward`. `integers` is set where it holds no tensor: 0 for an integer, else how
    many a tuple of them has. A `listed` one is a list of tensors of this shape, `length` of them where
    that is known. Where it is a tuple or dict (`structure`), `parts` are what stands in it, by key, and
    there is no shape. A `faulty` one was reported; its value is unknown."""

    name: str
    shape: tuple[Dimension, ...]
    dtype: str
    span: Span
    value: int
    optional: bool = False
    range: tuple[int, int] | None = None
    listed: bool = False
    length: int | None = None
    faulty: bool = False
    integers: int | None = None
    structure: Literal["", "tuple", "dict"] = ""
    parts: tuple[tuple[str, Input], ...] = ()

    @property
    def leaves(self) -> Iterator[tuple[str, Input]]:
        """Itself, or what stands in it at any depth, each with the Python that reaches its shape."""
        if not self.structure:
            yield f"{self.name}[0]" if self.listed else self.name, self
        for index, (key, part) in enumerate(self.parts):
            step = f"[{index}]" if self.structure == "tuple" else f'["{key}"]'
            for text, leaf in part.leaves:
                yield self.name + step + text.removeprefix(part.name), leaf


@dataclass(frozen=True, slots=True)
class InitUse:
    """A function of `torch.nn.init` with its arguments."""

    op: Op
    arguments: Arguments
    span: Span


@dataclass(frozen=True, slots=True)
class InitEntry:
    """An entry of `init`: a class (`op`) or a path pattern (`key`), and what fills which tensor. The
    tensor "" is the parameter that the key itself names."""

    key: str
    op: Op | None
    tensors: tuple[tuple[str, InitUse], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class OwnedTensor:
    """A parameter or buffer that a module owns itself; in forward it is the value `value`. One that
    `steps` compute has them as a module without inputs and layers, and need not state its `shape` and
    `dtype`. A `faulty` one was reported, and is no part of the module."""

    name: str
    kind: Literal["parameter", "buffer"]
    shape: ListArgument | None
    dtype: str | None
    init: InitUse | None
    span: Span
    persistent: bool = True
    steps: Module | None = None
    value: int = FAULTY
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """A parameter, `target`, in whose place the module puts the one of `source`."""

    target: TensorRef
    source: TensorRef


@dataclass(frozen=True, slots=True)
class Module:
    """One module class: the spec's own, or a block. `base` is the layer or container that it extends;
    where it `inherits`, the forward of that is its own. `printed` is the class name that `print` shows,
    if another, and `repr` what stands in its brackets.
    `values` has the inputs and what steps make, by number.
    `eval_output` is set where the modes return different things; `output` is then that of training.
    `owned_first`: the module makes its own tensors before its layers, as the spec declares them; the
    order decides which random numbers each gets. `ties_first`: parameters are tied before `init` runs.
    `unread_lets`: a `let` was reported, which may have
    mentioned any param."""

    name: str
    span: Span
    doc: str | None
    params: tuple[Param, ...]
    lets: tuple[Let, ...]
    inputs: tuple[Input, ...]
    layers: tuple[Layer, ...]
    forward: tuple[Item, ...]
    output: Output | None
    eval_output: Output | None
    values: dict[int, ValueInfo]
    unread_lets: bool = False
    base: Layer | None = None
    inherits: bool = False
    printed: str | None = None
    repr: Argument | None = None
    owned: tuple[OwnedTensor, ...] = ()
    owned_first: bool = False
    init: tuple[InitEntry, ...] = ()
    ties: tuple[Tie, ...] = ()
    ties_first: bool = False
    claims: tuple[OutputClaim | CountClaim, ...] = ()

    @property
    def container(self) -> str:
        """The container that it extends, or ""."""
        return (self.base.container or "") if self.base is not None else ""

    @property
    def sequential(self) -> bool:
        """Whether calling it calls its layers in order."""
        return self.inherits and self.container == "Sequential"

    @property
    def extended(self) -> Op | None:
        """The layer that it extends."""
        return self.base.op if self.base is not None else None

    @property
    def returned(self) -> Iterator[ValueRef]:
        """Every value that is returned in some mode."""
        for output in (self.output, self.eval_output):
            if output is not None:
                yield from output.refs

    @property
    def has_modes(self) -> bool:
        """Whether training and evaluation may differ in what they call or return."""
        return self.eval_output is not None or _mentions_mode(self.forward)

    def layer(self, path: tuple[str, ...]) -> Layer | None:
        """The layer at a path as the spec writes it, or None."""
        return find_layer(self.layers, path)


def _mentions_mode(items: tuple[Item, ...]) -> bool:
    for item in items:
        match item:
            case StepChoice(when=Formula(expression=expression)) if "training" in expression.names:
                return True
            case StepChoice(body=body) | StepLoop(body=body) if _mentions_mode(body):
                return True
    return False


@dataclass(frozen=True, slots=True)
class Program:
    """A spec, resolved. `main` is the class that the file describes; `blocks` are the classes that
    it is made of, each after those that it uses itself; `spare` are those that are declared and not part
    of it; `catalog` knows them all as ops."""

    main: Module
    path: str
    catalog: Catalog
    blocks: Mapping[str, Module] = field(default_factory=dict)
    spare: tuple[Module, ...] = ()

    @property
    def modules(self) -> tuple[Module, ...]:
        """All classes, in the order in which source defines them."""
        return (*self.blocks.values(), self.main)
