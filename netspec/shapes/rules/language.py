"""Rules of the language's own steps: `index`, `getitem`, `list`, `append`, `assign`.

Indexing follows Python and NumPy's basic indexing: integers drop a dimension, slices keep it, None
makes one, `...` stands for as many as are left.
"""

from __future__ import annotations

from netspec.resolve.program import TensorIndex
from netspec.shapes.broadcast import Clash, broadcast
from netspec.shapes.call import Call, Rule, describe
from netspec.shapes.dims import ONE, Dim, choice, dim
from netspec.shapes.values import DictOf, ListOf, Tensor, TupleOf, Unknown, Value, shape_text


def index(call: Call) -> Value:
    tensor = call.tensor("input")
    return Tensor(_indexed(call, tensor), tensor.dtype)


def _indexed(call: Call, tensor: Tensor) -> tuple[Dim, ...] | None:
    if tensor.shape is None:
        return None
    subscript = call.inputs["subscript"]
    if not isinstance(subscript, tuple | list):
        call.fail(
            "NS204",
            f"`{call.name}` has one source too many: {describe(subscript)} stands for its subscript",
            help="name only the value that it takes a part of",
        )
    items = list(subscript)
    if any(isinstance(number, Unknown) for item in items for number in _numbers(item)):
        return None
    used = sum(item is not None and item is not Ellipsis for item in items)
    if used > len(tensor.shape):
        call.fail(
            "NS406",
            f"the subscript takes {used} dimensions, but the value is {shape_text(tensor.shape)}",
            argument="subscript",
            help=f"use at most {len(tensor.shape)}",
        )
    rest = len(tensor.shape) - used
    if Ellipsis in items:
        at = items.index(Ellipsis)
        items[at : at + 1] = [slice(None)] * rest
    else:
        items += [slice(None)] * rest
    sizes = iter(tensor.shape)
    found: list[Dim | TensorIndex] = []
    for item in items:
        if item is None:
            found.append(ONE)
            continue
        size = next(sizes)
        if isinstance(item, TensorIndex):
            found.append(item)
        elif isinstance(item, slice):
            found.append(_sliced(call, size, item))
        else:
            _check_inside(call, size, item)
    return _looked_up(call, found)


def _numbers(item: object) -> tuple[object, ...]:
    return (item.start, item.stop, item.step) if isinstance(item, slice) else (item,)


def _looked_up(call: Call, found: list[Dim | TensorIndex]) -> tuple[Dim, ...] | None:
    """The shape with what tensors of indices look up: their joint shape stands where they stand, or in
    front where something stands between them."""
    places = [at for at, each in enumerate(found) if isinstance(each, TensorIndex)]
    plain = [each for each in found if isinstance(each, Dim)]
    if not places:
        return tuple(plain)
    joint: tuple[Dim, ...] | None = ()
    for each in call.inputs["indices"].items:
        shape = _index_shape(call, each)
        if shape is None or joint is None:
            return None
        try:
            joint = broadcast(joint, shape)
        except Clash as clash:
            call.fail(
                "NS403", f"the indices' shapes {shape_text(joint)} and {shape_text(shape)} do not broadcast",
                argument="subscript", help="give them one shape",
                unmet=clash.unmet,
            )  # fmt: skip
    together = places[-1] - places[0] == len(places) - 1
    at = places[0] if together else 0
    return None if joint is None else (*plain[:at], *joint, *plain[at:])


def _index_shape(call: Call, index: object) -> tuple[Dim, ...] | None:
    if not isinstance(index, Tensor):
        call.fail(
            "NS410", f"a subscript takes tensors of integers, but receives {describe(index)}",
            argument="subscript", help="write a number as `$name`",
        )  # fmt: skip
    if index.dtype not in (None, "int64", "int32"):
        call.fail(
            "NS405", f"a tensor in a subscript has int64 or int32 indices, but this one is {index.dtype}",
            argument="subscript",
            help="convert it with `{to: int64}`; for a mask use `masked_fill` or `where`",
        )  # fmt: skip
    return index.shape


def _check_inside(call: Call, size: Dim, item: Dim | int) -> None:
    number, length = dim(item).value, size.value
    if number is not None and length is not None and not -length <= number < length:
        call.fail(
            "NS406",
            f"the index {number} lies outside a dimension of size {length}",
            argument="subscript",
            help=f"use one from {-length} to {length - 1}",
        )


def _sliced(call: Call, size: Dim, item: slice) -> Dim:
    bounds = [None if each is None else dim(each) for each in (item.start, item.stop, item.step)]
    start, stop, step = bounds
    if step is not None and (step.value is None or step.value < 1):
        call.fail(
            "NS408",
            "a slice's step is a positive number",
            argument="subscript",
            help="use a step of at least 1",
        )
    numbers = [None if each is None else each.value for each in bounds]
    if size.value is not None and all(
        n is not None for n, each in zip(numbers, bounds, strict=True) if each is not None
    ):
        return dim(len(range(*slice(*numbers).indices(size.value))))
    by = 1 if step is None else step.value or 1
    return _symbolic(size, start, stop, by)


def _symbolic(size: Dim, start: Dim | None, stop: Dim | None, step: int) -> Dim:
    """The length of a slice, plain where Python's clamping to the size is known not to matter."""
    low = dim(0) if start is None else start
    high = size if stop is None else stop
    if low.bounds[1] < 0:
        low = size + low
    if high.bounds[1] < 0:
        high = size + high
    length = high - low
    # A start that lies less than a step behind the end gives 0 by the same formula.
    inside = low.bounds[0] >= 0 and (size - high).bounds[0] >= 0 and length.bounds[0] > -step
    if inside and (high == size or (size - low).bounds[0] >= 0):
        return (length + step - 1) // step
    first = _clamped(dim(0) if start is None else start, size)
    last = _clamped(size if stop is None else stop, size)
    return _least_zero((last - first + step - 1) // step)


def _clamped(bound: Dim, size: Dim) -> Dim:
    """A bound as Python's slices take it: counted from the end where negative, and within the size."""
    from_start = choice(size - bound, bound, size)
    return choice(bound, from_start, _least_zero(size + bound))


def _least_zero(length: Dim) -> Dim:
    return choice(length, length, 0)


def getitem(call: Call) -> Value:
    value, key = call.inputs["input"], call.inputs["key"]
    match value:
        case DictOf(items=items):
            known = dict(items)
            if key in known:
                return known[key]
            keys = ", ".join(f"`{each}`" for each in known)
            call.fail("NS208", f"the dict has no key `{key}`", argument="key", help=f"its keys: {keys}")
        case TupleOf(items=items, names=names):
            if key in names:
                return items[names.index(key)]
            return _item(call, items, key)
        case ListOf(items=items):
            return _item(call, items, key)
    call.fail(
        "NS410", f"`getitem` takes a tuple, list or dict, but receives {describe(value)}", help="use `index`"
    )


def _item(call: Call, items: tuple[Value, ...], key: object) -> Value:
    if type(key) is int and -len(items) <= key < len(items):
        return items[key]
    call.fail(
        "NS406",
        f"there is no item {key!r} among {len(items)}",
        argument="key",
        help=f"use one from 0 to {len(items) - 1}",
    )


def make_list(call: Call) -> Value:
    items = call.inputs["items"]
    return items if isinstance(items, ListOf) else ListOf((items,))


def append(call: Call) -> Value:
    items = call.inputs["items"]
    if not isinstance(items, ListOf):
        call.fail(
            "NS410", f"`append` needs a list, but receives {describe(items)}", help="make one with `list`"
        )
    return ListOf((*items.items, call.inputs["input"]))


def assign(call: Call) -> Value:
    target, value = call.tensor("input"), call.inputs["value"]
    place = _indexed(call, target)
    if isinstance(value, Tensor) and place is not None and value.shape is not None:
        try:
            joint = broadcast(place, value.shape)
        except Clash:
            joint = ()
        if joint is not None and joint != place:
            call.fail(
                "NS403",
                f"{shape_text(value.shape)} cannot be written into {shape_text(place)}",
                help="change the subscript or the value",
            )
    return target


LANGUAGE_RULES: dict[str, Rule] = {
    "index": index,
    "getitem": getitem,
    "list": make_list,
    "append": append,
    "assign": assign,
}
