"""The records of a Graph; deliberately small and without behaviour.

A `Node` is one call of a leaf module or an op. Its `arguments` are bound by name, with defaults:
Python values, `Dim` for integers over dimensions, and operands (`ValueNumber`, `ValueList`,
`TensorPath`) for what flows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from netspec.catalog.model import Op
from netspec.diagnostics import Span
from netspec.resolve.program import Module, Names, ValueInfo
from netspec.shapes.dims import Dim, Symbol


@dataclass(frozen=True, slots=True)
class ValueNumber:
    """The value with this number flows in here."""

    value: int


@dataclass(frozen=True, slots=True)
class ValueList:
    """Several operands as one list argument."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """A tuple, dict or named tuple of operands, as a module returns it."""

    kind: Literal["tuple", "dict", "namedtuple"]
    items: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class TensorPath:
    """A parameter or buffer of a module: `("features", "0", "weight")`."""

    module: tuple[str, ...]
    tensor: str


@dataclass(frozen=True, slots=True)
class ModuleNode:
    """A submodule. A leaf has its `op` and all constructor arguments in `settings` (None where it
    is faulty); `given` are those that the spec states, `spans` where it states them.

    An instance of a block has its class in `block`, and in `names` the values of its params. `owner`
    is the class whose text declares the node, `local` its path there. An `absent` one is an attribute
    that is None.
    """

    path: tuple[str, ...]
    class_name: str
    span: Span
    op: Op | None = None
    settings: Mapping[str, Any] | None = None
    given: frozenset[str] = frozenset()
    spans: Mapping[str, Span] = field(default_factory=dict)
    children: tuple[ModuleNode, ...] = ()
    block: Module | None = None
    names: Mapping[str, Any] = field(default_factory=dict)
    owner: str = ""
    local: tuple[str, ...] = ()
    absent: bool = False

    @property
    def name(self) -> str:
        """How the class that declares it calls it."""
        return ".".join(self.local)

    @property
    def is_leaf(self) -> bool:
        return self.op is not None and self.block is None


@dataclass(frozen=True, slots=True)
class Node:
    """One call. `module` is the called leaf's path, else `op` is the function. A `faulty` node was
    reported: its results are unknown. `span` is the place to blame; `step` the step it belongs to
    (another span where a container's members are called by one step)."""

    name: str
    op: Op | None
    module: tuple[str, ...] | None
    arguments: Mapping[str, Any]
    results: Names
    span: Span
    step: Span
    spans: Mapping[str, Span] = field(default_factory=dict)
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class GraphInput:
    """An input: `shape` is None for a tensor of any rank. A `listed` one is a list of tensors of this shape,
    with `items` for the shape of each where it has a length. Where it is no tensor, `integers` holds the
    symbol of an integer, or those of a tuple of them; where it is a tuple or dict (`structure`), `parts`
    are what stands in it. `places` has, by the names of symbols, where it declares them."""

    name: str
    value: int
    shape: tuple[Dim, ...] | None
    dtype: str
    span: Span
    typical: Mapping[str, int] = field(default_factory=dict)
    range: tuple[int, int] | None = None
    listed: bool = False
    items: tuple[tuple[Dim, ...] | None, ...] = ()
    integers: Dim | tuple[Dim, ...] | None = None
    structure: Literal["", "tuple", "dict"] = ""
    parts: tuple[tuple[str, GraphInput], ...] = ()
    places: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    @property
    def symbols(self) -> frozenset[Symbol]:
        """The symbols in its shape, or in the shapes of a list."""
        if self.structure:
            return frozenset(each for _, part in self.parts for each in part.symbols)
        shapes = self.items if self.listed else (self.shape,)
        return frozenset(each for shape in shapes for size in shape or () for each in size.symbols)


@dataclass(frozen=True, slots=True)
class Enter:
    """A call of a block begins: each operand becomes an input of the block, whose declared shape it
    must have. The symbols of that shape are this call's own."""

    name: str
    module: tuple[str, ...]
    inputs: tuple[tuple[Any, GraphInput], ...]
    span: Span
    step: Span

    @property
    def arguments(self) -> Mapping[str, Any]:
        return {declared.name: operand for operand, declared in self.inputs}

    @property
    def results(self) -> Names:
        return Names(tuple(declared.value for _, declared in self.inputs), unpack=True)


@dataclass(frozen=True, slots=True)
class Leave:
    """A call of a block ends: what it returns becomes one result (or is unpacked)."""

    name: str
    module: tuple[str, ...]
    returned: Any
    results: Names
    span: Span
    step: Span

    @property
    def arguments(self) -> Mapping[str, Any]:
        return {"returned": self.returned}


@dataclass(frozen=True, slots=True)
class Own:
    """A parameter or buffer of a module (by path) as a value of its forward. Where `steps` compute it
    as `computed`, what is declared of it may be None."""

    name: str
    module: tuple[str, ...]
    tensor: str
    value: int
    shape: tuple[Dim, ...] | None
    dtype: str | None
    kind: Literal["parameter", "buffer"]
    span: Span
    steps: tuple[GraphNode, ...] = ()
    computed: Any = None

    @property
    def arguments(self) -> Mapping[str, Any]:
        return {}

    @property
    def results(self) -> Names:
        return Names((self.value,), unpack=False)

    @property
    def step(self) -> Span:
        return self.span


@dataclass(frozen=True, slots=True)
class Sizes:
    """A `shape` step: each name (a symbol of this step's own) stands for a size of the operand."""

    operand: Any
    names: tuple[str | None, ...]
    span: Span

    @property
    def name(self) -> str:
        return "shape"

    @property
    def module(self) -> None:
        return None

    @property
    def results(self) -> Names:
        return Names((), unpack=True)

    @property
    def arguments(self) -> Mapping[str, Any]:
        return {"input": self.operand}

    @property
    def step(self) -> Span:
        return self.span


@dataclass(frozen=True, slots=True)
class SharedTensor:
    """`tie`: the parameter `target` is the one of `source`, each under the path that has it; `target_span`
    and `source_span` are where the spec says so."""

    target: TensorPath
    source: TensorPath
    target_span: Span
    source_span: Span


@dataclass(frozen=True, slots=True)
class ExpectedTensor:
    """A shape that `assert` promises: sizes, None for any size; `rest` is the place of `...` among them.
    Without `sizes`, anything will do."""

    sizes: tuple[Dim | None, ...] | None
    span: Span
    rest: int | None = None
    dtype: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedParts:
    """A tuple, or with `keys` a dict or named tuple, that `assert` promises."""

    items: tuple[Expected, ...]
    span: Span
    keys: tuple[str, ...] | None = None


Expected: TypeAlias = ExpectedTensor | ExpectedParts


@dataclass(frozen=True, slots=True)
class Claim:
    """What a forward returns, and what `assert` says of it. `name` is that of a block, "" for
    the spec's own class."""

    name: str
    returned: Any
    expected: Expected
    span: Span

    @property
    def module(self) -> None:
        return None

    @property
    def results(self) -> Names:
        return Names((), unpack=True)

    @property
    def arguments(self) -> Mapping[str, Any]:
        return {"returned": self.returned}

    @property
    def step(self) -> Span:
        return self.span


GraphNode: TypeAlias = Node | Enter | Leave | Own | Sizes | Claim


@dataclass(frozen=True, slots=True)
class Graph:
    """One network in one mode: its module tree, its calls in order, and what it returns."""

    name: str
    params: Mapping[str, Any]
    inputs: tuple[GraphInput, ...]
    root: ModuleNode
    nodes: tuple[GraphNode, ...]
    output: Literal["single", "tuple", "dict", "namedtuple"] | None
    returned: Any
    values: Mapping[int, ValueInfo]
    span: Span
    leaves: Mapping[tuple[str, ...], ModuleNode] = field(default_factory=dict)
    modules: Mapping[tuple[str, ...], ModuleNode] = field(default_factory=dict)
    shared: tuple[SharedTensor, ...] = ()

    @property
    def outputs(self) -> tuple[tuple[str, int], ...]:
        """The numbers of the values that are returned, by key; "" for one that has none."""
        return tuple(_numbers("", self.returned))

    @property
    def every_node(self) -> Iterator[GraphNode]:
        """The nodes, and before each tensor that steps compute when the network is built, those."""
        for node in self.nodes:
            if isinstance(node, Own):
                yield from node.steps
            yield node

    @property
    def calls(self) -> Iterator[Node]:
        """The calls of leaves and ops."""
        return (node for node in self.nodes if isinstance(node, Node))


def _numbers(key: str, returned: Any) -> Iterator[tuple[str, int]]:
    match returned:
        case ValueNumber(value=value):
            yield key, value
        case Structure(items=items):
            for inner, item in items:
                yield from _numbers(f"{key}.{inner}" if key else inner, item)
