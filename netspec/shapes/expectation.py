"""`assert` on what a module returns: the value against the shape that is promised."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.graph.ir import Expected, ExpectedParts, ExpectedTensor
from netspec.shapes.call import Fault, Unmet, describe
from netspec.shapes.dims import Dim, symbol
from netspec.shapes.trying import equal
from netspec.shapes.values import DictOf, ListOf, Tensor, TupleOf, Unknown, Value

_HELP = "change the network, or what `assert` says of it"


def hold(value: Value, expected: Expected, sizes: Mapping[str, Dim], *, what: str = "the output") -> None:
    """A Fault where a value is not what was promised; what is unknown is not judged. `sizes` has what the
    symbols of blocks stand for."""
    if isinstance(value, Unknown):
        return
    if isinstance(expected, ExpectedTensor):
        _tensor(value, expected, sizes, what)
    else:
        _parts(value, expected, sizes, what)


def _tensor(value: Value, expected: ExpectedTensor, sizes: Mapping[str, Dim], what: str) -> None:
    if expected.sizes is None:
        return
    wanted = _shown(expected)
    if not isinstance(value, Tensor):
        raise Fault("NS411", f"{what} is {describe(value)}, but `assert` says {wanted}", help=_HELP)
    message = f"{what} is {str(value).removeprefix('float32 ')}, but `assert` says {wanted}"
    if expected.dtype is not None and value.dtype not in (None, expected.dtype):
        raise Fault("NS411", message, help=_HELP)
    if value.shape is None:
        return
    given: list[Dim | None] = list(value.shape)
    if expected.rest is not None:
        behind = len(expected.sizes) - expected.rest
        if len(given) < len(expected.sizes):
            raise Fault("NS411", message, help=_HELP)
        given = [*given[: expected.rest], *given[len(given) - behind :]]
    if len(given) != len(expected.sizes):
        raise Fault("NS411", message, help=_HELP)
    for promised, size in zip(expected.sizes, given, strict=True):
        if promised is None or size is None:
            continue
        promised = promised.substitute(sizes)
        if any("#" in each.name for each in promised.symbols):
            continue
        if not equal(promised, size):
            raise Fault("NS411", message, help=_HELP, unmet=Unmet(size, promised))


def _parts(value: Value, expected: ExpectedParts, sizes: Mapping[str, Dim], what: str) -> None:
    keys = expected.keys
    match value:
        case DictOf(items=pairs) if keys is not None:
            found = dict(pairs)
        case TupleOf(items=items, names=names) if keys is not None and names:
            found = dict(zip(names, items, strict=True))
        case TupleOf(items=items) | ListOf(items=items) if keys is None:
            if len(items) != len(expected.items):
                text = f"{what} has {len(items)} parts, but `assert` names {len(expected.items)}"
                raise Fault("NS411", text, help=_HELP)
            for index, (item, each) in enumerate(zip(items, expected.items, strict=True)):
                hold(item, each, sizes, what=f"part {index} of {what}")
            return
        case _:
            kind = "several parts" if keys is None else "parts with names"
            raise Fault("NS411", f"{what} is {describe(value)}, but `assert` says {kind}", help=_HELP)
    for key, each in zip(keys or (), expected.items, strict=True):
        if key not in found:
            known = ", ".join(f"`{name}`" for name in found)
            raise Fault("NS411", f"{what} has no part `{key}`", help=f"its parts: {known}")
        hold(found[key], each, sizes, what=f"`{key}` of {what}")


def _shown(expected: ExpectedTensor) -> str:
    """The shape as the spec writes it."""
    texts = ["_" if size is None else str(_readable(size)) for size in expected.sizes or ()]
    if expected.rest is not None:
        texts.insert(expected.rest, "...")
    shape = f"[{', '.join(texts)}]"
    return shape if expected.dtype is None else f"{expected.dtype} {shape}"


def _readable(size: Dim) -> Dim:
    """A size with its call's own symbols under their declared names."""
    return size.substitute({s.name: symbol(s.name.rpartition(":")[2]) for s in size.symbols})
