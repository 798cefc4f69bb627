"""Reading the arguments of a function call: sizes, indices, flags, operands, lists of tensors.

Each reader takes the call and a parameter's name, and answers the value in one form, whatever form
it came in (`2`, a `Dim`, an `Integer`; one number or a tuple). What has no such form is NS410.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netspec.shapes.call import Call, describe
from netspec.shapes.dims import Dim, const
from netspec.shapes.promotion import Operand, category
from netspec.shapes.values import Integer, ListOf, Nothing, Shape, Tensor, TupleOf, Unknown

ANYTHING = Tensor(None, None)


def given(call: Call, name: str, default: Any = None) -> Any:
    """An argument; `default` where it is left out or None."""
    value = call.inputs.get(name)
    return default if value is None or isinstance(value, Nothing) else value


def size(call: Call, name: str, default: int | None = None) -> Dim:
    """An integer as a size."""
    return as_size(call, name, given(call, name, default))


def sizes(call: Call, name: str) -> tuple[Dim, ...]:
    """One integer or several, as a tuple; empty where left out."""
    value = given(call, name, ())
    return tuple(as_size(call, name, item) for item in items_of(value))


def items_of(value: Any) -> Iterable[Any]:
    match value:
        case TupleOf(items=items) | ListOf(items=items):
            return items
        case tuple() | list():
            return value
    return (value,)


def as_size(call: Call, name: str, value: Any) -> Dim:
    """A value that was given for an argument, as a size; NS410 where it is no integer."""
    match value:
        case Dim():
            return value
        case Integer(size=found):
            return found
        case int() if not isinstance(value, bool):
            return const(value)
    call.fail(
        "NS410",
        f"`{call.name}` needs an integer for `{name}` but receives {describe(value)}",
        argument=name,
    )


def index(call: Call, name: str, default: int | None = None) -> int:
    """An integer that does not depend on a dimension, such as `dim`."""
    return _number(call, name, size(call, name, default))


def indices(call: Call, name: str) -> tuple[int, ...] | None:
    """Several such integers; None where left out."""
    if given(call, name) is None:
        return None
    return tuple(_number(call, name, item) for item in sizes(call, name))


def _number(call: Call, name: str, found: Dim) -> int:
    if found.value is None:
        call.fail(
            "NS410",
            f"`{call.name}` needs a fixed number for `{name}` but receives {found}",
            argument=name,
        )
    return found.value


def flag(call: Call, name: str, default: bool = False) -> bool:
    return bool(given(call, name, default))


def operand(call: Call, name: str) -> Operand:
    """A tensor or a number."""
    value = call.inputs.get(name)
    match value:
        case Tensor() | Integer() | Dim() | bool() | int() | float() | complex():
            return value
        case Unknown():
            return ANYTHING
    call.fail(
        "NS410",
        f"`{call.name}` needs a tensor or number for `{name}` but receives {describe(value)}",
        argument=name,
    )


def tensors(call: Call, name: str) -> tuple[Tensor, ...]:
    """A list of tensors; an item that is unknown counts as a tensor of which nothing is known."""
    value = call.inputs.get(name)
    if not isinstance(value, TupleOf | ListOf | tuple | list):
        call.fail(
            "NS410",
            f"`{call.name}` needs a list of tensors for `{name}` but receives {describe(value)}",
            argument=name,
            help="name the tensors in a list: `from: [a, b]`",
        )
    found = [ANYTHING if isinstance(item, Unknown) else item for item in items_of(value)]
    for item in found:
        if not isinstance(item, Tensor):
            call.fail(
                "NS410",
                f"`{call.name}` needs tensors for `{name}` but one of them is {describe(item)}",
                argument=name,
            )
    return tuple(found)


def dtype(call: Call, default: str | None, name: str = "dtype") -> str | None:
    """The dtype asked for, else `default`."""
    asked = given(call, name)
    return asked.removeprefix("torch.") if isinstance(asked, str) else default


def rank_at_least(call: Call, tensor: Tensor, rank: int, argument: str = "input") -> Shape | None:
    """The shape; NS401 where it has fewer dimensions; None where it is unknown."""
    if tensor.shape is not None and len(tensor.shape) < rank:
        fail_rank(call, tensor, f"at least {rank}", argument)
    return tensor.shape


def rank_of(call: Call, tensor: Tensor, *ranks: int, argument: str = "input") -> Shape | None:
    """The shape; NS401 where its rank is none of `ranks`; None where it is unknown."""
    if tensor.shape is not None and len(tensor.shape) not in ranks:
        fail_rank(call, tensor, " or ".join(map(str, ranks)), argument)
    return tensor.shape


def fail_rank(call: Call, tensor: Tensor, wanted: str, argument: str) -> None:
    what = "" if argument == "input" else f" for `{argument}`"
    rank = len(tensor.shape or ())
    call.fail(
        "NS401",
        f"`{call.name}` needs {wanted} dimension{'' if wanted.endswith(' 1') or wanted == '1' else 's'}{what}"
        f" but receives {tensor}, which has {rank}",
        argument=None if argument == "input" else argument,
    )


def need_floating(
    call: Call, tensor: Tensor, *, complex: bool = False, argument: str = "input"
) -> str | None:
    """The dtype; NS405 where it is not floating point (or, if `complex`, complex)."""
    wanted = "a floating-point or complex dtype" if complex else "a floating-point dtype"
    allowed = (2, 3) if complex else (2,)
    return need_category(call, tensor, allowed, wanted, argument=argument)


def need_category(
    call: Call, tensor: Tensor, allowed: tuple[int, ...], wanted: str, *, argument: str = "input"
) -> str | None:
    """The dtype; NS405 where its category (see `promotion.category`) is not allowed."""
    if tensor.dtype is not None and category(tensor.dtype) not in allowed:
        what = "" if argument == "input" else f" for `{argument}`"
        call.fail(
            "NS405",
            f"`{call.name}` needs {wanted}{what} but receives {tensor}",
            argument=None if argument == "input" else argument,
            help="convert it first, for example with `{to: float32}`" if 2 in allowed else None,
        )
    return tensor.dtype


def same_dtype(call: Call, *given_tensors: Tensor) -> str | None:
    """The one dtype of several tensors; NS405 where two differ."""
    known = [tensor.dtype for tensor in given_tensors if tensor.dtype is not None]
    for other in known[1:]:
        if other != known[0]:
            call.fail(
                "NS405",
                f"`{call.name}` needs tensors of one dtype but receives {known[0]} and {other}",
                help="convert one of them with `{to: DTYPE}`",
            )
    return known[0] if known else None
