"""`assert`: shapes of outputs and bounds for numbers, read but not yet judged."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, cast

from netspec.diagnostics import Collector
from netspec.document.decode import decode
from netspec.document.envelope import AssertKeys
from netspec.document.words import is_identifier
from netspec.resolve.arguments import read_argument, read_formula
from netspec.resolve.claim_records import (
    Claimed,
    ClaimedParts,
    ClaimedSize,
    ClaimedTensor,
    Count,
    CountClaim,
    OutputClaim,
)
from netspec.resolve.inputs import read_dtype
from netspec.resolve.program import Argument, Constant, FaultyArgument, Formula
from netspec.resolve.scope import Scope
from netspec.syntax import Mapping, Node, Scalar, Sequence, kind_of

_COMPARISON = re.compile(r"(<=|>=|==|<|>)?\s*(.*?)\s*", re.DOTALL)
_WITH_UNIT = re.compile(r"([0-9][0-9_.]*)\s*([A-Za-z]+)")
_UNITS: dict[Count, dict[str, int]] = {
    "params": {"k": 10**3, "M": 10**6, "G": 10**9, "B": 10**9},
    "buffers": {"k": 10**3, "M": 10**6, "G": 10**9},
    "flops": {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12},
    "memory": {
        "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30,
    },
}  # fmt: skip
_IN_CALLS: tuple[Count, ...] = ("flops", "memory")


def read_claims(
    node: Mapping | None, scope: Scope, collector: Collector, *, where: str, top: bool
) -> tuple[OutputClaim | CountClaim, ...]:
    """What `assert` says. `scope` has the names at the end of forward; `top`: it is the spec's own."""
    if node is None:
        return ()
    keys: Any = decode(node, AssertKeys, collector, where=f"`assert` of {where}")
    names = {name: kind for name, kind in scope.names.items() if kind != "mode"}
    built = replace(scope.at_construction, names=names)
    found: list[OutputClaim | CountClaim] = []
    if getattr(keys, "output", None) is not None:
        found += _outputs(keys.output, scope, collector)
    for what in _UNITS:
        value = getattr(keys, what, None)
        if value is None:
            continue
        if what in _IN_CALLS and not top:
            entry = node.entry(what)
            assert entry is not None
            collector.add(
                "NS108", f"`{what}` under `assert` of a block is not supported by this release",
                entry.key.span, help="assert it of the whole network, at the top of the spec",
            )  # fmt: skip
            continue
        for each in value.items if isinstance(value, Sequence) else (value,):
            claim = _count(what, each, built, collector)
            found += [claim] if claim is not None else []
    return tuple(found)


def _outputs(node: Node, scope: Scope, collector: Collector) -> list[OutputClaim]:
    if isinstance(node, Mapping) and node.entries and {*node.names} <= {"train", "eval"}:
        modes = [(entry.name == "train", entry) for entry in node.entries]
        claims = [(mode, _claimed(e.value, scope, collector), e.key.span) for mode, e in modes]
        return [OutputClaim(claim, span, mode) for mode, claim, span in claims if claim is not None]
    claimed = _claimed(node, scope, collector)
    return [] if claimed is None else [OutputClaim(claimed, claimed.span)]


def _claimed(node: Node, scope: Scope, collector: Collector) -> Claimed | None:
    match node:
        case Scalar(value="_"):
            return ClaimedTensor(None, node.span)
        case Sequence(nodes) if any(not isinstance(each, Scalar) for each in nodes):
            parts = [_claimed(each, scope, collector) for each in nodes]
            known = tuple(part for part in parts if part is not None)
            return ClaimedParts(known, node.span) if len(known) == len(parts) else None
        case Sequence():
            return _tensor(node, node, None, scope, collector)
        case Mapping() if node.entry("shape") is not None and {*node.names} <= {"shape", "dtype"}:
            return _long(node, scope, collector)
        case Mapping(entries):
            named = [(entry.name, _claimed(entry.value, scope, collector)) for entry in entries]
            keys = tuple(name for name, _ in named)
            items = tuple(part for _, part in named if part is not None)
            return ClaimedParts(items, node.span, keys) if len(items) == len(keys) else None
    collector.add(
        "NS104", f"an output is asserted by its shape, but this is {kind_of(node)}", node.span,
        help="write `output: [N, 10]`",
    )  # fmt: skip
    return None


def _long(node: Mapping, scope: Scope, collector: Collector) -> Claimed | None:
    shape, dtype = node.entry("shape"), node.entry("dtype")
    assert shape is not None
    if not isinstance(shape.value, Sequence) or (dtype is not None and not isinstance(dtype.value, Scalar)):
        wrong = shape if dtype is None or not isinstance(shape.value, Sequence) else dtype
        collector.add(
            "NS104", f"`{wrong.name}` of an output must not be {kind_of(wrong.value)}", wrong.key.span,
            help="write `{shape: [N, 10], dtype: float32}`",
        )  # fmt: skip
        return None
    name = None if dtype is None else read_dtype(cast(Scalar, dtype.value), collector)
    return _tensor(shape.value, node, name, scope, collector)


def _tensor(
    shape: Sequence, node: Node, dtype: str | None, scope: Scope, collector: Collector
) -> ClaimedTensor | None:
    rests = [index for index, item in enumerate(shape.items) if _is(item, "...")]
    if len(rests) > 1:
        collector.add("NS104", "a shape has two `...`", shape.items[rests[1]].span, help="keep one of them")
        return None
    sizes = [_size(item, scope, collector) for item in shape.items if not _is(item, "...")]
    if any(size is None for size in sizes):
        return None
    known = tuple(size for size in sizes if size is not None)
    return ClaimedTensor(known, node.span, rests[0] if rests else None, dtype)


def _size(node: Node, scope: Scope, collector: Collector) -> ClaimedSize | None:
    match node:
        case Scalar(value="_"):
            return ClaimedSize(None, node.span)
        case Scalar(value=int(size)) if not isinstance(size, bool):
            return ClaimedSize(Constant(size, node.span), node.span)
        case Scalar(value=str(text)) if "$" in text or is_identifier(text):
            # A dimension stands here as in `inputs`, without a `$`.
            found: Argument | None = (
                read_argument(node, scope, collector)
                if "$" in text
                else read_formula(text, node.span, scope, collector)
            )
            if found is None or isinstance(found, FaultyArgument):
                return None
            if isinstance(found, Formula):
                return ClaimedSize(found, node.span)
    collector.add(
        "NS104", f"a size is a number, a name or an expression, but this is {kind_of(node)}", node.span,
        help="write a number, a dimension of `inputs`, an expression such as `$(2 * N)`, or `_` for any size",
    )  # fmt: skip
    return None


def _is(node: Node, text: str) -> bool:
    return isinstance(node, Scalar) and node.value == text


def _count(what: Count, node: Node, scope: Scope, collector: Collector) -> CountClaim | None:
    """`10`, `"< 2_000_000"`, `"<= 5 G"`, `"< $(4 * width)"`."""
    if not isinstance(node, Scalar) or isinstance(node.value, bool | None) or not node.text.strip():
        collector.add(
            "NS104", f"`{what}` is compared with a number, but this is {kind_of(node)}", node.span,
            help=f'write `{what}: "< 2_000_000"`',
        )  # fmt: skip
        return None
    match = _COMPARISON.fullmatch(node.text.strip())
    assert match is not None
    comparison, rest = match[1] or "==", match[2]
    unit = 1
    with_unit = _WITH_UNIT.fullmatch(rest)
    if with_unit is not None and not re.fullmatch(r"[0-9.]+e[0-9]+", rest):
        if with_unit[2] not in _UNITS[what]:
            collector.add(
                "NS206", f"`{what}` has no unit `{with_unit[2]}`", node.span,
                help=f"units: {', '.join(_UNITS[what])}",
            )  # fmt: skip
            return None
        rest, unit = with_unit[1], _UNITS[what][with_unit[2]]
    text = f"{comparison} {match[2]}"
    if "$" in rest:
        argument = read_argument(Scalar(rest, rest, node.span), scope, collector)
        if isinstance(argument, Formula):
            return CountClaim(what, cast(Any, comparison), argument, unit, text, node.span)
        if isinstance(argument, FaultyArgument):
            return None
        rest = ""
    formula = read_formula(rest, node.span, scope, collector) if rest else None
    if formula is None:
        if not rest:
            collector.add(
                "NS104", f"`{node.text}` is no comparison with a number", node.span,
                help=f'write `{what}: "< 2_000_000"`',
            )  # fmt: skip
        return None
    return CountClaim(what, cast(Any, comparison), formula, unit, text, node.span)
