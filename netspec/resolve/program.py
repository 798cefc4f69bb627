"""The Program: the spec with every name resolved, loops and params still in place.

A module's forward is a list of `Call`s in static single assignment: each value has one number, and
branches are already in line. Elaboration gives the arguments their values; the source generator
gives the values their variable names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from netspec.catalog.load import Catalog
from netspec.catalog.model import Op
from netspec.diagnostics import Span
from netspec.resolve.expressions import Parsed
from netspec.syntax import Plain

FAULTY = -1
"""The number of a value that could not be found; it is unknown everywhere."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal of the spec."""

    value: Plain
    span: Span


@dataclass(frozen=True, slots=True)
class Formula:
    """A whole scalar that is one expression. `over_dims`: it needs a size that only a call knows."""

    expression: Parsed
    span: Span
    over_dims: bool = False


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A text with expressions inside."""

    parts: tuple[str | Formula, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ListArgument:
    items: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class DictArgument:
    items: tuple[tuple[str, Argument], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class AutoArgument:
    """The word `auto`."""

    span: Span


@dataclass(frozen=True, slots=True)
class FaultyArgument:
    """An argument that was reported; it fits everything and has no value."""

    span: Span


@dataclass(frozen=True, slots=True)
class Slice:
    """`start:stop:step` in a subscript."""

    start: Argument | None
    stop: Argument | None
    step: Argument | None


@dataclass(frozen=True, slots=True)
class Subscript:
    """What stands in `x[...]`: integers, slices, None for a new dimension, and the text `...`."""

    items: tuple[Argument | Slice, ...]
    span: Span


Argument: TypeAlias = (
    Constant
    | Formula
    | Interpolated
    | ListArgument
    | DictArgument
    | AutoArgument
    | FaultyArgument
    | Subscript
)


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments as written, for the source generator and for binding again with values."""

    positional: tuple[Argument, ...] = ()
    keywords: tuple[tuple[str, Span, Argument], ...] = ()

    @property
    def all(self) -> tuple[Argument, ...]:
        return self.positional + tuple(argument for _, _, argument in self.keywords)


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
    """One dimension of a declared shape: a name, a number or expression, `_`, or `...`. A `faulty` one
    was reported, and leaves the whole shape unknown."""

    kind: Literal["name", "size", "any", "ellipsis", "faulty"]
    span: Span
    name: str = ""
    typical: int | None = None
    size: Argument | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """An argument of `forward`. A `faulty` one was reported; its value is unknown."""

    name: str
    shape: tuple[Dimension, ...]
    dtype: str
    span: Span
    value: int
    optional: bool = False
    range: tuple[int, int] | None = None
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class Let:
    name: str
    formula: Formula


@dataclass(frozen=True, slots=True)
class Turns:
    """`for: {variable: values}` beside a layer or steps, and the `let` names over the variable."""

    variable: str
    values: Argument
    span: Span
    lets: tuple[Let, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """An entry of `layers` or of a container.

    `op` is set for a catalog layer or a block (whose op has the block's params as its signature),
    `container` with `children` for a container, `group` where the children stand in place. `name` is
    None for an entry of a list; `template` is set where the name holds an expression, `op_param` where
    the op is a param's (`{$norm: 64}`). A `faulty`
    layer was reported; what it makes is unknown.
    """

    name: str | None
    span: Span
    op: Op | None = None
    op_span: Span | None = None
    arguments: Arguments = field(default_factory=Arguments)
    container: str | None = None
    children: tuple[Layer, ...] = ()
    template: Interpolated | Formula | None = None
    op_param: str | None = None
    when: Argument | None = None
    repeat: Argument | None = None
    turns: Turns | None = None
    group: bool = False
    faulty: bool = False

    @property
    def class_name(self) -> str:
        return self.container or (self.op.name if self.op is not None else "?")

    @property
    def label(self) -> str:
        """How messages and lookups call it."""
        return self.name if self.name is not None else self.class_name

    @property
    def is_plain(self) -> bool:
        """Whether it is exactly one layer, whatever the params."""
        clauses = (self.when, self.repeat, self.turns, self.template)
        return not self.group and all(clause is None for clause in clauses)


@dataclass(frozen=True, slots=True)
class ValueRef:
    """The value with this number."""

    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A parameter or buffer of a layer, by its path (`qkv.weight`)."""

    path: tuple[str, ...]
    tensor: str
    span: Span


@dataclass(frozen=True, slots=True)
class OperandList:
    """Sources packed into the one list argument of ops such as `cat`."""

    items: tuple[Operand, ...]
    span: Span


Operand: TypeAlias = ValueRef | TensorRef | OperandList | Argument


@dataclass(frozen=True, slots=True)
class Names:
    """What a call's result is bound to: one value, or a pattern over several (None drops one)."""

    values: tuple[int | None | Names, ...]
    unpack: bool

    @property
    def flat(self) -> tuple[int, ...]:
        found: list[int] = []
        for value in self.values:
            if isinstance(value, Names):
                found.extend(value.flat)
            elif value is not None:
                found.append(value)
        return tuple(found)


PathPart: TypeAlias = str | Interpolated | Formula


@dataclass(frozen=True, slots=True)
class Call:
    """One step: a layer (by path) or an op, on operands, with arguments; its results.

    `operands` come first, then the positional `arguments`. In the path of a layer, a name with an
    expression is an `Interpolated`. A `faulty` call was reported."""

    layer: tuple[PathPart, ...] | None
    op: Op | None
    name: str
    span: Span
    operands: tuple[Operand, ...]
    keyword_operands: tuple[tuple[str, Span, Operand], ...]
    arguments: Arguments
    results: Names
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class Carried:
    """A value that steps may change, at the three times that matter: `before` they begin (NOTHING
    where it does not exist yet), at the `end` of the steps, and `after` them. In a loop, `after` is
    also what each turn begins with."""

    before: int
    end: int
    after: int


NOTHING = -2
"""The number of Python's None: a value whose step was left out."""


@dataclass(frozen=True, slots=True)
class StepLoop:
    """Steps that run `repeat` times, or once for each value of `turns`."""

    body: tuple[Item, ...]
    carried: tuple[Carried, ...]
    span: Span
    turns: Turns | None = None
    repeat: Argument | None = None


@dataclass(frozen=True, slots=True)
class StepChoice:
    """Steps that run only if `when` holds."""

    body: tuple[Item, ...]
    carried: tuple[Carried, ...]
    span: Span
    when: Argument


@dataclass(frozen=True, slots=True)
class StepSizes:
    """`shape`: binds the sizes of a value to names (None drops one)."""

    operand: Operand
    names: tuple[str | None, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class StepLets:
    """`let` as a step: names integers over dimensions."""

    lets: tuple[Let, ...]
    span: Span


Item: TypeAlias = Call | StepLoop | StepChoice | StepSizes | StepLets


def calls_in(items: tuple[Item, ...]) -> Iterator[Call]:
    """Every call, those inside loops and choices too, in the order of the text."""
    for item in items:
        if isinstance(item, Call):
            yield item
        elif isinstance(item, StepLoop | StepChoice):
            yield from calls_in(item.body)


@dataclass(frozen=True, slots=True)
class Output:
    """What `forward` returns: one value, a tuple, a dict or a named tuple; tuples and dicts nest."""

    kind: Literal["single", "tuple", "dict", "namedtuple"]
    items: tuple[tuple[str, ValueRef | Output], ...]
    class_name: str = ""

    @property
    def refs(self) -> Iterator[ValueRef]:
        """The values inside, in order."""
        for _, item in self.items:
            if isinstance(item, Output):
                yield from item.refs
            else:
                yield item


@dataclass(frozen=True, slots=True)
class ValueInfo:
    """A value's name where it has one (an input or an `as` name), and where it is made."""

    name: str | None
    span: Span


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
    """A parameter or buffer that a module owns itself; in forward it is the value `value`. A `faulty`
    one was reported, and is no part of the module."""

    name: str
    kind: Literal["parameter", "buffer"]
    shape: ListArgument
    dtype: str
    init: InitUse | None
    span: Span
    persistent: bool = True
    value: int = FAULTY
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class Module:
    """One module class: the spec's own, or a block. A `sequential` one subclasses `nn.Sequential`,
    and its layers are its forward. `values` has the inputs and what steps make, by number.
    `eval_output` is set where the modes return different things; `output` is then that of training.
    `owned_first`: the module makes its own tensors before its layers, as the spec declares them; the
    order decides which random numbers each gets. `unread_lets`: a `let` was reported, which may have
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
    sequential: bool = False
    owned: tuple[OwnedTensor, ...] = ()
    owned_first: bool = False
    init: tuple[InitEntry, ...] = ()

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


def find_layer(layers: tuple[Layer, ...], path: tuple[str, ...]) -> Layer | None:
    """The entry that a path leads to: by its name as written (`block$i`), by one that a name with an
    expression can become (`block3`), or by its number in a list."""
    found: Layer | None = None
    for part in path:
        found = find_entry(layers, part)
        if found is None:
            return None
        layers = found.children
    return found


def find_entry(layers: tuple[Layer, ...], name: str) -> Layer | None:
    every = list(entries(layers))
    for layer in every:
        if layer.name == name:
            return layer
    for layer in every:
        if layer.template is not None and name_pattern(layer).fullmatch(name):
            return layer
    if name.isdecimal() and every and all(layer.name is None for layer in every):
        index = int(name)
        if all(layer.is_plain for layer in every):
            return every[index] if index < len(every) else None
        # Which entry has this number depends on the params; all that is alike is known.
        return every[index] if index < len(every) and len({id(e.op) for e in every}) == 1 else None
    return None


def entries(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    """The layers, those of groups in place of the groups."""
    for layer in layers:
        if layer.group:
            yield from entries(layer.children)
        else:
            yield layer


def name_pattern(layer: Layer) -> re.Pattern[str]:
    """What the name of a layer can become, whatever the values of its expressions."""
    match layer.template:
        case Interpolated(parts=parts):
            return re.compile("".join(re.escape(p) if isinstance(p, str) else ".+" for p in parts))
    return re.compile(".+")


@dataclass(frozen=True, slots=True)
class Program:
    """A spec, resolved. `main` is the class that the file describes; `blocks` are the classes that
    it is made of, each after those that it uses itself; `catalog` knows them as ops."""

    main: Module
    path: str
    catalog: Catalog
    blocks: Mapping[str, Module] = field(default_factory=dict)

    @property
    def modules(self) -> tuple[Module, ...]:
        """All classes, in the order in which source defines them."""
        return (*self.blocks.values(), self.main)
