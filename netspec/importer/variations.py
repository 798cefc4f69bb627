"""Which sizes a model leaves open: it is traced again with other sizes, and what it does is compared.

A dimension is open where the model does the same with another size of it, and Python has decided
nothing by it. The others keep the size of the example, and it is said why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from netspec.importer.graph import Node, Sized, Trace
from netspec.importer.refusal import Place
from netspec.importer.sizes import Formula, Given, Guard, SizeOf, leaves
from netspec.importer.structures import mapped
from netspec.importer.tracer import Traces, trace

Leaf = tuple[int, int]
"""(value, dimension); an integer has the dimension -1."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension of the example inputs: its name, the inputs that have it, and its size."""

    name: str
    places: tuple[tuple[int, int], ...]
    size: int
    other: int
    apart: set[int] = field(default_factory=set, compare=False)
    """Sizes that Python compares it with: each is tried when the spec is proven."""

    def at(self, size: int) -> Dimension:
        return replace(self, other=size)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A dimension that keeps its size, and why."""

    dimension: Dimension
    reason: str
    place: Place | None = None

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place is not None else ""
        dim = self.dimension.places[0][1]
        return f"dimension {dim} is fixed at {self.dimension.size}: {self.reason}{where}"


@dataclass(slots=True)
class Study:
    """Traces of one example in both modes, and of others. `open` has the sizes that vary, by module."""

    eval: Traces
    train: Traces
    dimensions: list[Dimension]
    fixed: list[Fixed]
    others: list[Traces]
    open: dict[str, set[Leaf]] = field(default_factory=dict)

    def sizes(self, path: str, value: int, dim: int) -> tuple[int, ...]:
        """A size in each of the traces: two that agree everywhere are taken for one dimension."""
        return tuple(
            _size(call, value, dim)
            for traces in (self.train | self.eval, *self.others)
            for call in traces.get(path, ())[:1]
        )


def study(
    module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, vary: str | None = None
) -> Study:
    base = trace(module, args, kwargs, training=False)
    train = trace(module, args, kwargs, training=True)
    tensors = example_tensors(args, kwargs)
    accepted: list[Dimension] = []
    fixed: list[Fixed] = []
    others: list[Traces] = []
    for dimension in dimensions(tensors):
        if vary is not None and dimension.name not in vary:
            continue
        traced, why = _try(module, args, kwargs, dimension, base, train)
        if why is None and traced is not None:
            accepted.append(dimension)
            others.append(traced)
        elif why is not None and _is_free_elsewhere(dimension, tensors):
            fixed.append(why)
    found = Study(base, train, accepted, fixed, others)
    found.open = _open(found)
    return found


def _exception(guard: Guard, mine: Trace, theirs: Trace, dimension: Dimension) -> int | None:
    """The one size that Python treats apart: `size != 3`, or `size > 1`, which leaves out 1 alone."""
    for size, number, sign in (
        (guard.left, guard.right, guard.sign),
        (guard.right, guard.left, _TURNED.get(guard.sign, guard.sign)),
    ):
        if _varies(number, mine, theirs):
            continue
        apart = {"==": 0, "!=": 0, ">": 0, "<=": 0, ">=": -1, "<": -1}[sign] + evaluate(number, mine)
        sizes = (evaluate(size, mine), evaluate(size, theirs))
        alone = sign in ("==", "!=") or apart == 1
        if sizes == (dimension.size, dimension.other) and alone and apart > 0 and apart not in sizes:
            return apart
    return None


_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _try(
    module: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    dimension: Dimension,
    base: Traces,
    train: Traces,
) -> tuple[Traces | None, Fixed | None]:
    changed, more = resized(args, kwargs, [dimension])
    train_only = train.keys() - base.keys()
    base = base | {path: train[path] for path in train_only}
    try:
        traced = trace(module, changed, more, training=False)
        if train_only:
            traced |= {
                path: calls
                for path, calls in trace(module, changed, more, training=True).items()
                if path in train_only
            }
    except Exception as error:  # the model of someone else may raise anything
        text = f"{error}".partition("\n")[0][:160]
        return None, Fixed(
            dimension, f"with {dimension.other} the model fails: {type(error).__name__}: {text}"
        )
    return traced, _difference(base, traced, dimension)


def _is_free_elsewhere(dimension: Dimension, tensors: list[Tensor]) -> bool:
    """Whether models usually leave such a dimension open, so that a reader asks why this is fixed."""
    index, dim = dimension.places[0]
    rank = tensors[index].dim()
    return (
        dim == 0
        or (dim > 1 and rank >= 4)
        or (dim == 1 and rank < 4 and (rank, dim) != (2, 1))
        or ((rank, dim) == (2, 1) and not tensors[index].is_floating_point())
    )


def example_tensors(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Tensor]:
    """The tensors of the example, each once, in order."""
    found: list[Tensor] = []

    def leaf(_: str, each: Any) -> Any:
        if isinstance(each, Tensor) and not any(each is known for known in found):
            found.append(each)
        return each

    for each in (*args, *kwargs.values()):
        mapped(each, leaf)
    return found


def dimensions(tensors: list[Tensor]) -> list[Dimension]:
    """What may vary: the batch, and sizes that several inputs share, together."""
    groups: dict[Any, list[tuple[int, int]]] = {}
    for index, tensor in enumerate(tensors):
        for dim, size in enumerate(tensor.shape):
            key: Any = (
                ("batch", int(size))
                if dim == 0
                else (int(size),)
                if tensor.dim() < 4
                else (tensor.dim(), dim, int(size))
            )
            groups.setdefault(key, []).append((index, dim))
    names: set[str] = set()
    found = []
    for key, places in groups.items():
        index, dim = places[0]
        size = int(tensors[index].shape[dim])
        name = _unique(dimension_name(tensors[index].dim(), dim), names)
        spatial = tensors[index].dim() >= 4 and dim > 1
        other = (
            size + 1
            if key[0] == "batch"
            else size + 32
            if spatial and size >= 64
            else size + max(2, size // 2)
        )
        found.append(Dimension(name, tuple(places), size, other))
    return found


def dimension_name(rank: int, dim: int, *, last: bool = False) -> str:
    """What a dimension is usually called, by its place. `last`: channels come last."""
    if dim == 0:
        return "N"
    if rank >= 4:
        spatial = ("T", "H", "W")[5 - rank :] if rank <= 5 else tuple(f"D{i}" for i in range(rank - 2))
        return "C" if dim == (rank - 1 if last else 1) else spatial[dim - (1 if last else 2)]
    return {(2, 1): "T", (3, 1): "T", (3, 2): "C"}.get((rank, dim), f"D{dim}")


def _unique(name: str, taken: set[str]) -> str:
    found, count = name, 1
    while found in taken:
        count += 1
        found = f"{name}{count}"
    taken.add(found)
    return found


def resized(
    args: tuple[Any, ...], kwargs: Mapping[str, Any], changes: list[Dimension]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The example with other sizes: what it holds is repeated."""
    made: dict[int, Tensor] = {}
    for index, tensor in enumerate(example_tensors(args, kwargs)):
        new = tensor
        for each in changes:
            for place, dim in each.places:
                if place == index:
                    rows = torch.arange(each.other, device=tensor.device) % tensor.shape[dim]
                    new = new.index_select(dim, rows)
        made[id(tensor)] = new

    def leaf(_: str, each: Any) -> Any:
        return made.get(id(each), each)

    return tuple(mapped(each, leaf) for each in args), {
        name: mapped(each, leaf) for name, each in kwargs.items()
    }


# Comparing


def _difference(base: Traces, other: Traces, dimension: Dimension) -> Fixed | None:
    if base.keys() != other.keys():
        return Fixed(dimension, f"with {dimension.other} the model calls other modules")
    for path, calls in base.items():
        if len(calls) != len(other[path]):
            return Fixed(dimension, f"with {dimension.other} `{path}` is called another number of times")
        for mine, theirs in zip(calls, other[path], strict=True):
            found = _compare(mine, theirs, dimension)
            if found is not None:
                return found
    return None


def _compare(mine: Trace, theirs: Trace, dimension: Dimension) -> Fixed | None:
    where = f"`{mine.path}`" if mine.path else "the model"
    for a, b in zip(mine.nodes, theirs.nodes, strict=False):
        if canonical(a) != canonical(b):
            return Fixed(
                dimension,
                f"with {dimension.other} {where} does something else, or makes a size a plain number",
                a.place,
            )
    if len(mine.nodes) != len(theirs.nodes) or canonical(mine.outputs) != canonical(theirs.outputs):
        return Fixed(dimension, f"with {dimension.other} {where} does something else")
    for answer, other_answer in zip(mine.answers, theirs.answers, strict=False):
        if answer != other_answer:
            return Fixed(dimension, f"{where} decides by values that it makes from it", answer.place)
    for guard, other in zip(mine.guards, theirs.guards, strict=False):
        apart = _exception(guard, mine, theirs, dimension)
        if apart is not None:
            dimension.apart.add(apart)
        elif (guard.left, guard.right, guard.sign) != (other.left, other.right, other.sign) or _binds(
            guard, mine, theirs
        ):
            return Fixed(dimension, f"{where} decides by it in Python", guard.place)
    return None


def _binds(guard: Guard, mine: Trace, theirs: Trace) -> bool:
    """Whether a comparison depends on what has changed. That two sizes agree is no decision."""
    varies = [_varies(formula, mine, theirs) for formula in (guard.left, guard.right)]
    if guard.sign in ("==", "!=") and all(varies):
        return guard.left != guard.right and not _agree(guard, mine, theirs)
    return any(varies)


def _agree(guard: Guard, mine: Trace, theirs: Trace) -> bool:
    return all(evaluate(guard.left, each) == evaluate(guard.right, each) for each in (mine, theirs))


def _varies(formula: Formula, mine: Trace, theirs: Trace) -> bool:
    return any(evaluate(leaf, mine) != evaluate(leaf, theirs) for leaf in leaves(formula))


def evaluate(formula: Formula, trace: Trace) -> int:
    """The value of a formula in a trace."""
    match formula:
        case int():
            return formula
        case SizeOf(value=value, dim=dim):
            return _size(trace, value, dim)
        case Given(value=value):
            return _size(trace, value, -1)
    left, right = evaluate(formula.left, trace), evaluate(formula.right, trace)
    return _COMPUTE[formula.sign](left, right)


_COMPUTE: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "//": lambda a, b: a // b, "%": lambda a, b: a % b,
}  # fmt: skip


def _size(trace: Trace, value: int, dim: int) -> int:
    known = trace.values[value]
    if dim < 0:
        return known.integer or 0
    return known.shape[dim] if known.shape is not None else 0


def canonical(thing: Any) -> Any:
    """What must agree between two traces: all but the numbers that sizes came to."""
    match thing:
        case Sized(formula=formula):
            return ("size", formula)
        case Node():
            return (
                thing.op,
                thing.path,
                canonical(thing.args),
                canonical(thing.kwargs),
                canonical(thing.results),
                thing.mode,
            )
        case tuple() | list():
            return tuple(map(canonical, thing))
        case dict():
            return tuple((key, canonical(each)) for key, each in thing.items())
        case slice():
            return ("slice", canonical((thing.start, thing.stop, thing.step)))
        case float() | bool():
            return (type(thing).__name__, repr(thing))
    return thing


# What varies


def _open(study: Study) -> dict[str, set[Leaf]]:
    found: dict[str, set[Leaf]] = {}
    for path, calls in {**study.train, **study.eval}.items():
        if not calls:
            continue
        first = calls[0]
        rest = [*calls[1:], *(call for traces in study.others for call in traces.get(path, ()))]
        found[path] = {leaf for other in rest for leaf in _changed(first, other)}
    return found


def _changed(mine: Trace, theirs: Trace) -> Iterator[Leaf]:
    for value, (a, b) in enumerate(zip(mine.values, theirs.values, strict=False)):
        if a.integer != b.integer:
            yield value, -1
        elif a.shape != b.shape and a.shape is not None and b.shape is not None:
            yield from (
                (value, dim) for dim, (x, y) in enumerate(zip(a.shape, b.shape, strict=False)) if x != y
            )
        for x, y in zip(a.members, b.members, strict=False):
            yield from ((value, dim) for dim, (s, t) in enumerate(zip(x, y, strict=False)) if s != t)
