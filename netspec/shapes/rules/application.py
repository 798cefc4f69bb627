"""A shape rule that an application has written -> a rule like those of the catalog.

The application's function takes, by name, those arguments of the op that it asks for, of the constructor
and of the call. Tensors come as `Tensor`s whose sizes are integers, or `Dim`s where they depend on a
symbol; both calculate alike. It answers with a `Tensor`, with a list of them, or with the sizes of one,
whose dtype is then that of the first tensor. For what the op refuses it raises ValueError.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from netspec.errors import NetspecError
from netspec.shapes.call import AUTO, Call, Rule
from netspec.shapes.dims import Dim, dim
from netspec.shapes.rules.modules.settings import integer
from netspec.shapes.values import UNKNOWN, Tensor, TupleOf, Value


def application_rule(function: Callable[..., Any]) -> Rule:
    """The rule; its result is unknown where the rank of a tensor is."""
    wanted = inspect.signature(function).parameters

    def rule(call: Call) -> Value:
        given = {**call.settings, **call.inputs}
        for name, value in call.settings.items():
            if value is AUTO:
                call.fail("NS306", f"`auto` cannot stand for `{name}` of `{call.name}`", argument=name)
        tensors = [each for each in given.values() if isinstance(each, Tensor)]
        if any(each.shape is None for each in tensors):
            return UNKNOWN
        try:
            found = function(**{name: _given(given[name]) for name in wanted if name in given})
            return _value(found, tensors)
        except ValueError as error:
            call.fail("NS408", f"`{call.name}` refuses this: {error}")
        except Exception as error:  # code of others, which may raise anything
            raise NetspecError(
                f"the shape rule of {call.op} fails: {type(error).__name__}: {error}; mend it where it is"
                " registered"
            ) from error

    return rule


def _given(value: Any) -> Any:
    """Sizes that are numbers come as integers, so that `==` and `%` need no thought."""
    if isinstance(value, Tensor) and value.shape is not None:
        sizes: Any = tuple(integer(size) for size in value.shape)
        return Tensor(sizes, value.dtype)
    return integer(value)


def _value(found: Any, tensors: list[Tensor]) -> Value:
    match found:
        case Tensor(shape=None):
            return found
        case Tensor(shape=shape, dtype=dtype):
            return Tensor(_sizes(shape), dtype)
        case [Tensor(), *_]:
            return TupleOf(tuple(_value(each, tensors) for each in found))
        case list() | tuple():
            return Tensor(_sizes(found), tensors[0].dtype if tensors else "float32")
    raise TypeError(f"it answers {found!r}, but a Tensor, a list of Tensors or a list of sizes is wanted")


def _sizes(found: Any) -> tuple[Dim, ...]:
    for size in found:
        if not isinstance(size, int | Dim):
            raise TypeError(f"{size!r} is no size")
    return tuple(dim(size) for size in found)
