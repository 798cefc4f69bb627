"""`inputs`: the arguments of forward, each with a shape whose named dimensions hold for every size."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Literal

from netspec.diagnostics import Collector, Span, near
from netspec.document.decode import decode
from netspec.document.envelope import InputKeys
from netspec.document.words import is_identifier
from netspec.resolve.arguments import read_argument
from netspec.resolve.naming import unfit
from netspec.resolve.program import FAULTY, Constant, Dimension, FaultyArgument, Formula, Input
from netspec.resolve.scope import Scope
from netspec.syntax import Entry, Mapping, Node, Scalar, Sequence, kind_of

DTYPES = (
    "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool",
    "complex64", "complex128",
)  # fmt: skip
_BOUNDED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*(?:=\s*([0-9]+))?\s*(?:<=\s*(.+))?")


def read_inputs(node: Mapping | None, scope: Scope, collector: Collector) -> tuple[Input, ...]:
    """The declared inputs; the value numbers of those without a fault count from 0 in order."""
    found: dict[str, Input] = {}
    value = 0
    for entry in node.entries if node is not None else ():
        if entry.name in found:
            continue
        faulty = Input(entry.name, (), "float32", entry.key.span, FAULTY, faulty=True)
        each = _input(entry, value, scope, collector) or faulty
        instead = unfit(entry.name)
        if instead is not None:
            collector.add("NS105", f"`{entry.name}` cannot name an input", entry.key.span, help=instead)
            each = replace(each, value=FAULTY, faulty=True)
        if each.integers is not None and entry.name in scope.names:
            collector.add(
                "NS107",
                f"the input `{entry.name}` bears the name of a param",
                entry.key.span,
                help="both would be `$" + entry.name + "`: rename one of them",
            )
            each = faulty
        found[entry.name] = each
        value += not each.faulty
    return _in_order(tuple(found.values()), collector)


def _in_order(inputs: tuple[Input, ...], collector: Collector) -> tuple[Input, ...]:
    """The inputs, with the reports that Python's order of arguments asks for: optional ones come last,
    and the first one always flows."""
    for index, each in enumerate(inputs):
        if each.optional and index == 0:
            collector.add(
                "NS408", f"the first input, `{each.name}`, cannot be optional: it is what flows first",
                each.span, help="put a required input above it, or remove `optional`",
            )  # fmt: skip
        elif not each.optional and not each.faulty and any(before.optional for before in inputs[1:index]):
            collector.add(
                "NS408", f"the input `{each.name}` is required and stands behind an optional one", each.span,
                help="put optional inputs last, as Python wants it, or make this one optional",
            )  # fmt: skip
    return inputs


def lacks_dimensions(inputs: tuple[Input, ...]) -> bool:
    """Whether a fault may have swallowed a dimension's name."""
    leaves = [leaf for each in inputs for _, leaf in each.leaves]
    return any(each.faulty or any(d.kind == "faulty" for d in each.shape) for each in (*inputs, *leaves))


def dimension_names(inputs: tuple[Input, ...]) -> tuple[str, ...]:
    """The named dimensions that every call knows, in order of first appearance, and the inputs that are
    integers."""
    leaves = [leaf for each in inputs if not each.optional for _, leaf in each.leaves]
    names = [d.name for leaf in leaves for d in leaf.shape if d.kind == "name"]
    names += [each.name for each in inputs if each.integers is not None]
    return tuple(dict.fromkeys(names))


def _input(entry: Entry, value: int, scope: Scope, collector: Collector) -> Input | None:
    match entry.value:
        case Sequence(items):
            return Input(entry.name, _shape(items, scope, collector), "float32", entry.key.span, value)
        case Mapping() as mapping:
            return _long(entry, mapping, value, scope, collector)
    collector.add(
        "NS104",
        f"the input `{entry.name}` needs a shape, but is {kind_of(entry.value)}",
        entry.value.span,
        help=f"write `{entry.name}: [N, 1, 28, 28]`",
    )
    return None


def _long(entry: Entry, mapping: Mapping, value: int, scope: Scope, collector: Collector) -> Input | None:
    keys = decode(mapping, InputKeys, collector, where=f"the input `{entry.name}`", at=entry.key.span)
    if keys.type is not None:
        return _integers(entry, mapping, keys.type, value, collector)
    for word, node in (("tuple", keys.tuple_of), ("dict", keys.dict_of)):
        if node is not None:
            return _structured(entry, mapping, word, value, scope, collector)
    if keys.list is not None:
        return _listed(entry, mapping, keys, value, scope, collector)
    if keys.length is not None:
        length = mapping.entry("length")
        assert length is not None
        collector.add(
            "NS102", f"the input `{entry.name}` is one tensor, which has no `length`", length.key.span,
            help="remove `length`, or write `list: [...]` for a list of tensors",
        )  # fmt: skip
        return None
    if keys.shape is None:
        if mapping.entry("shape") is None and not any(near(name, ["shape"]) for name in mapping.names):
            collector.add(
                "NS103", f"the input `{entry.name}` needs the key `shape`", entry.key.span,
                help="add `shape: [...]`",
            )  # fmt: skip
        return None
    dtype = read_dtype(keys.dtype, collector) if keys.dtype is not None else "float32"
    limits = _range(keys.range, collector) if keys.range is not None else None
    shape = _shape(keys.shape.items, scope, collector)
    optional = keys.optional is not None and bool(keys.optional.value)
    return Input(entry.name, shape, dtype, entry.key.span, value, optional, limits)


def _listed(
    entry: Entry, mapping: Mapping, keys: Any, value: int, scope: Scope, collector: Collector
) -> Input | None:
    """`{list: SHAPE, length: 4}`: a list of tensors."""
    other = mapping.entry("shape") or mapping.entry("range")
    if other is not None:
        collector.add(
            "NS102", f"the input `{entry.name}` is a list, which has no `{other.name}`", other.key.span,
            help=f"remove `{other.name}`: `list` has the shape of each tensor",
        )  # fmt: skip
        return None
    if keys.length is None and mapping.entry("length") is not None:
        return None
    length = None if keys.length is None else int(keys.length.value)
    if length is not None and length < 1:
        collector.add(
            "NS104", f"the list `{entry.name}` has at least one tensor, but `length` is {length}",
            keys.length.span, help="write `length: 1`, or a greater number",
        )  # fmt: skip
        return None
    dtype = read_dtype(keys.dtype, collector) if keys.dtype is not None else "float32"
    shape = _shape(keys.list.items, scope, collector)
    optional = keys.optional is not None and bool(keys.optional.value)
    span = entry.key.span
    return Input(entry.name, shape, dtype, span, value, optional, listed=True, length=length)


def _structured(
    entry: Entry, mapping: Mapping, word: str, value: int, scope: Scope, collector: Collector
) -> Input | None:
    """`{tuple: [INPUT, INPUT]}` or `{dict: {key: INPUT}}`: several tensors in one argument; they nest."""
    other = next((each for each in mapping.entries if each.name != word), None)
    if other is not None:
        collector.add(
            "NS102", f"the input `{entry.name}` is a {word}, which has no `{other.name}`", other.key.span,
            help=f"remove `{other.name}`, or write it for what stands in the {word}",
        )  # fmt: skip
        return None
    node = mapping.get(word)
    if isinstance(node, Mapping):
        found = list(node.entries)
    else:
        assert isinstance(node, Sequence)
        keys = (Scalar(str(index), str(index), item.span) for index, item in enumerate(node.items))
        found = [Entry(key, item) for key, item in zip(keys, node.items, strict=True)]
    parts = [(each, _part(each, scope, collector)) for each in found]
    if not parts or any(part is None for _, part in parts):
        if not parts:
            collector.add(
                "NS104", f"the {word} `{entry.name}` is empty", entry.key.span, help="say what stands in it"
            )
        return None
    good = tuple((each.name, part) for each, part in parts if part is not None)
    structure: Literal["tuple", "dict"] = "tuple" if word == "tuple" else "dict"
    return Input(entry.name, (), "float32", entry.key.span, value, structure=structure, parts=good)


def _part(entry: Entry, scope: Scope, collector: Collector) -> Input | None:
    """What stands in a tuple or dict: tensors, or further tuples and dicts."""
    part = _input(entry, FAULTY, scope, collector)
    if part is None or not (part.optional or part.listed or part.integers is not None):
        return part
    collector.add(
        "NS104",
        "a tuple or dict of inputs holds tensors, tuples and dicts",
        entry.key.span,
        help="make what is optional, a list or an integer an input of its own",
    )
    return None


def report_open_lists(inputs: tuple[Input, ...], collector: Collector) -> None:
    """A network's own list has a length, or nothing could be said of what is made of it."""
    for each in inputs:
        if each.listed and each.length is None:
            collector.add(
                "NS103", f"the list `{each.name}` needs a `length`", each.span,
                help="add `length: 4`; in a block, a list may have any length",
            )  # fmt: skip


def _integers(entry: Entry, mapping: Mapping, node: Node, value: int, collector: Collector) -> Input | None:
    """`{type: int}`, or `{type: [int, int]}` for a tuple."""
    other = next((each for each in mapping.entries if each.name != "type"), None)
    if other is not None:
        collector.add(
            "NS102",
            f"the input `{entry.name}` is made of integers, which have no `{other.name}`",
            other.key.span,
            help=f"remove `{other.name}`, or `type` for a tensor",
        )
        return None
    words = node.items if isinstance(node, Sequence) else (node,)
    wrong = next((each for each in words if not isinstance(each, Scalar) or each.value != "int"), None)
    if wrong is not None or not words:
        what = kind_of(node) if wrong is None or wrong is node else kind_of(wrong)
        collector.add(
            "NS104",
            f"the type of the input `{entry.name}` is `int` or a list of them, but this is {what}",
            (wrong or node).span,
            help="write `type: int`, `type: [int, int]`, or `shape: [...]` for a tensor",
        )
        return None
    count = len(words) if isinstance(node, Sequence) else 0
    return Input(entry.name, (), "int64", entry.key.span, value, integers=count)


def read_dtype(node: Scalar, collector: Collector) -> str:
    if node.text not in DTYPES:
        best = near(node.text, DTYPES)
        collector.add(
            "NS206",
            f"no dtype is called `{node.text}`",
            node.span,
            help=f"a dtype with a similar name exists: `{best}`" if best else f"dtypes: {', '.join(DTYPES)}",
        )
        return "float32"
    return node.text


def _range(node: Sequence, collector: Collector) -> tuple[int, int] | None:
    match node.items:
        case (Scalar(value=int(low)), Scalar(value=int(high))) if low < high:
            return low, high
    collector.add(
        "NS104",
        "`range` is two integers, the least value and the first beyond the greatest",
        node.span,
        help="write `range: [0, 10]`",
    )
    return None


def _shape(items: tuple[Node, ...], scope: Scope, collector: Collector) -> tuple[Dimension, ...]:
    return tuple(_dimension(item, scope, collector) for item in items)


def _dimension(node: Node, scope: Scope, collector: Collector) -> Dimension:
    if not isinstance(node, Scalar):
        return _bad(node, node.span, collector)
    match node.value:
        case bool() | float() | None:
            return _bad(node, node.span, collector)
        case int(size):
            if size < 1:
                collector.add(
                    "NS404", f"a dimension of size {size} holds nothing", node.span,
                    help="write a size of at least 1, or a name such as `N` for any size",
                )  # fmt: skip
                return Dimension("faulty", node.span)
            return Dimension("size", node.span, size=Constant(size, node.span))
        case "_":
            return Dimension("any", node.span)
        case "...":
            return Dimension("ellipsis", node.span)
    bounded = _BOUNDED.fullmatch(node.text)
    if bounded:
        typical = None if bounded[2] is None else int(bounded[2])
        found = _named(bounded[1], typical, node, scope, collector)
        return found if bounded[3] is None else _bounded(found, bounded[3], node, scope, collector)
    if "$" in node.text:
        argument = read_argument(node, scope, collector)
        match argument:
            case Formula():
                return Dimension("size", node.span, size=argument)
            case FaultyArgument():
                return Dimension("faulty", node.span)
        return _bad(node, node.span, collector)
    return _named(node.text, None, node, scope, collector)


def _named(name: str, typical: int | None, node: Scalar, scope: Scope, collector: Collector) -> Dimension:
    instead = unfit(name)
    if instead is not None and is_identifier(name):
        collector.add("NS105", f"`{name}` cannot name a dimension", node.span, help=instead)
        return Dimension("faulty", node.span)
    if instead is not None:
        return _bad(node, node.span, collector)
    if name in scope.names:
        collector.add(
            "NS107",
            f"the dimension `{name}` bears the name of a param",
            node.span,
            help=f"write `${name}` for the param's value, or give the dimension another name",
        )
        return Dimension("faulty", node.span)
    if typical == 0:
        collector.add(
            "NS404", f"the typical size of `{name}` is 0, which holds nothing", node.span,
            help="write a size of at least 1",
        )  # fmt: skip
        return Dimension("faulty", node.span)
    return Dimension("name", node.span, name=name, typical=typical)


def _bounded(found: Dimension, limit: str, node: Scalar, scope: Scope, collector: Collector) -> Dimension:
    """`T<=1024`, `T<=$context`: a greatest size."""
    if found.kind == "faulty":
        return found
    if limit.isdecimal():
        return replace(found, limit=Constant(int(limit), node.span))
    argument = read_argument(Scalar(limit, limit, node.span), scope, collector) if "$" in limit else None
    match argument:
        case Formula():
            return replace(found, limit=argument)
        case FaultyArgument():
            return Dimension("faulty", node.span)
    collector.add(
        "NS104", f"`{limit}` is no bound of a dimension", node.span,
        help=f"write a number or an expression over params: `{found.name}<=1024`, `{found.name}<=$context`",
    )  # fmt: skip
    return Dimension("faulty", node.span)


def _bad(node: Node, span: Span, collector: Collector) -> Dimension:
    collector.add(
        "NS104",
        f"a dimension is a size or a name, but this is {kind_of(node)}",
        span,
        help="write a number, a name such as `N`, `H=224` or `T<=1024`, an expression, or `_` for any size",
    )
    return Dimension("faulty", span)
