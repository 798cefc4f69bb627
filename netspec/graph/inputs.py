"""Declared inputs -> graph inputs: the shape for given params, with symbols for named dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netspec.diagnostics import Collector, Span
from netspec.graph.evaluate import Unevaluated, released, value_of
from netspec.graph.ir import GraphInput
from netspec.resolve.program import Argument, Constant, Dimension, Input, OwnedTensor
from netspec.shapes.dims import Dim, const, dim, symbol


def input_of(
    each: Input,
    index: int,
    value: int,
    names: Mapping[str, Any],
    collector: Collector,
    *,
    symbols: Mapping[str, Dim],
    prefix: str = "",
) -> GraphInput:
    """One input. `symbols` are those of the named dimensions; `prefix` keeps the symbols of one call of a
    block apart from those of another."""
    if each.integers is not None:
        return GraphInput(each.name, value, None, each.dtype, each.span, integers=_integers(each, prefix))
    if each.structure:
        parts = tuple(
            (key, input_of(part, 100 * index + at, value, names, collector, symbols=symbols, prefix=prefix))
            for at, (key, part) in enumerate(each.parts, start=1)
        )
        typical = {name: size for _, part in parts for name, size in part.typical.items()}
        places = _together(part.places for _, part in parts)
        return GraphInput(
            each.name, value, None, each.dtype, each.span, typical, structure=each.structure, parts=parts,
            places=places,
        )  # fmt: skip

    def shape_of(item: int) -> tuple[Dim, ...] | None:
        return _shape(each, f"{prefix}_{index}_", 100 * item, names, collector, symbols)

    named = [d for d in each.shape if d.typical is not None]
    typical = {d.name: _within(symbols[d.name], d.typical) for d in named if d.typical is not None}
    items = tuple(shape_of(item) for item in range(each.length or 0)) if each.listed else ()
    shape = shape_of(0)
    return GraphInput(
        each.name, value, shape, each.dtype, each.span, typical, each.range, each.listed, items,
        places=_places(each, shape),
    )  # fmt: skip


def _places(each: Input, shape: tuple[Dim, ...] | None) -> dict[str, tuple[Span, ...]]:
    """Where a shape declares each of its symbols."""
    declared = zip(each.shape, shape or (), strict=False)
    return _together({s.name: (at.span,)} for at, size in declared for s in size.symbols)


def _together(places: Iterable[Mapping[str, tuple[Span, ...]]]) -> dict[str, tuple[Span, ...]]:
    found: dict[str, tuple[Span, ...]] = {}
    for each in places:
        for name, spans in each.items():
            found[name] = (*found.get(name, ()), *spans)
    return found


def _shape(
    each: Input,
    unnamed: str,
    offset: int,
    names: Mapping[str, Any],
    collector: Collector,
    symbols: Mapping[str, Dim],
) -> tuple[Dim, ...] | None:
    """The sizes of an input; None where it may have any rank."""
    if any(dimension.kind in ("ellipsis", "faulty") for dimension in each.shape):
        return None
    return tuple(
        _size(dimension, f"{unnamed}{offset + axis}", symbols, names, collector)
        for axis, dimension in enumerate(each.shape)
    )


def owned_shape(owned: OwnedTensor, names: Mapping[str, Any], collector: Collector) -> tuple[Dim, ...] | None:
    """The declared shape of a module's own tensor; None where none is, or, after a report, where it has
    no value."""
    found = []
    if owned.shape is None:
        return None
    for item in owned.shape.items:
        try:
            value = released(value_of(item, names, collector))
        except Unevaluated:
            return None
        if not isinstance(value, Dim) and (type(value) is not int or value < 0):
            collector.add(
                "NS303",
                f"a size of `{owned.name}` is an integer of at least 0, but this is {value!r}",
                item.span,
                help="correct the expression, or give other params",
            )
            return None
        found.append(dim(value))
    return tuple(found)


def integer_symbols(inputs: tuple[Input, ...], prefix: str = "") -> dict[str, Any]:
    """The inputs that are integers, as expressions in forward know them."""
    found: dict[str, Any] = {}
    for each in inputs:
        if each.integers is not None and not each.faulty:
            value = _integers(each, prefix)
            found[each.name] = list(value) if isinstance(value, tuple) else value
    return found


def _integers(each: Input, prefix: str) -> Dim | tuple[Dim, ...]:
    """The symbol that an integer stands for, or those of a tuple of them."""
    if not each.integers:
        return symbol(prefix + each.name)
    return tuple(symbol(f"{prefix}{each.name}[{index}]") for index in range(each.integers))


def dimension_symbols(
    inputs: tuple[Input, ...], names: Mapping[str, Any], collector: Collector, prefix: str = ""
) -> dict[str, Dim]:
    """The named dimensions as symbols, each with its bound where the spec has one."""
    found: dict[str, int | None] = {}
    leaves = [leaf for declared in inputs for _, leaf in declared.leaves]
    for dimension in (each for leaf in leaves for each in leaf.shape if each.kind == "name"):
        limit = None if dimension.limit is None else _limit(dimension, dimension.limit, names, collector)
        known = found.get(dimension.name)
        found[dimension.name] = limit if known is None else known if limit is None else min(limit, known)
    return {name: symbol(prefix + name, maximum=limit) for name, limit in found.items()}


def _limit(
    dimension: Dimension, limit: Argument, names: Mapping[str, Any], collector: Collector
) -> int | None:
    """The greatest size of a dimension; None where params leave it open. One that was reported is 1:
    nothing exceeds that."""
    try:
        value = released(value_of(limit, names, collector))
    except Unevaluated:
        return 1
    if isinstance(value, Dim):
        return value.value
    name = dimension.name
    if type(value) is not int or value < 1:
        collector.add(
            "NS303", f"the bound of `{name}` is an integer of at least 1, but this is {value!r}",
            dimension.span, help=f"write `{name}<=1024`, or give other params",
        )  # fmt: skip
        return 1
    if isinstance(limit, Constant) and dimension.typical is not None and dimension.typical > value:
        collector.add(
            "NS408", f"the typical size of `{name}`, {dimension.typical}, is beyond its bound, {value}",
            dimension.span, help="give a smaller typical size, or a greater bound",
        )  # fmt: skip
    return value


def _within(size: Dim, typical: int) -> int:
    """A typical size, no more than the bound that params give."""
    return min(typical, *(s.maximum for s in size.symbols if s.maximum is not None), typical)


def _size(
    dimension: Dimension,
    unnamed: str,
    symbols: Mapping[str, Dim],
    names: Mapping[str, Any],
    collector: Collector,
) -> Dim:
    if dimension.kind == "name":
        return symbols[dimension.name]
    if dimension.kind == "size" and dimension.size is not None:
        try:
            value = released(value_of(dimension.size, names, collector))
        except Unevaluated:
            return symbol(unnamed)
        if isinstance(value, Dim):
            return value
        if type(value) is int and value > 0:
            return const(value)
        collector.add(
            "NS404" if type(value) is int else "NS303",
            f"a dimension is an integer of at least 1, but this is {value!r}",
            dimension.span,
            help="correct the expression, or give other params",
        )
    return symbol(unnamed)
