"""The arguments of an op: evaluated, and held against PyTorch's own annotations.

An annotation is judged by pydantic in strict mode: `bias="yes"` contradicts `bias: bool`, though
PyTorch happens to build it.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from benchmarks.mutation.judge.expressions import filled
from benchmarks.mutation.judge.reading import Breach


class WrongType(Exception):
    """An argument contradicts PyTorch's annotation."""


@dataclass(frozen=True)
class Op:
    """A layer type with arguments, as a value."""

    name: str
    positional: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)


def value_of(data: Any, names: Mapping[str, Any]) -> Any:
    """Data with every expression evaluated; lists become tuples."""
    match data:
        case str():
            value = filled(data, names)
            return tuple(value) if isinstance(value, list | range) else value
        case list():
            return tuple(value_of(item, names) for item in data)
        case dict():
            return {key: value_of(item, names) for key, item in data.items()}
    return data


def split(data: Any, names: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments as they are written -> positional ones and keywords, evaluated."""
    match data:
        case None:
            return [], {}
        case dict():
            return [], {key: value_of(item, names) for key, item in data.items()}
        case list():
            *first, last = data if data else (None,)
            if isinstance(last, dict):
                return [value_of(item, names) for item in first], split(last, names)[1]
            return [value_of(item, names) for item in data], {}
    return [value_of(data, names)], {}


def as_op(value: Any) -> Op | None:
    """A value that names a layer type: `ReLU`, `{GELU: {approximate: tanh}}`, or None."""
    match value:
        case Op() | None:
            return value
        case str():
            return Op(value)
        case dict() if len(value) == 1:
            ((name, arguments),) = value.items()
            if isinstance(arguments, dict):
                return Op(name, (), arguments)
            if isinstance(arguments, tuple):
                *first, last = arguments or (None,)
                if isinstance(last, dict):
                    return Op(name, tuple(first), last)
                return Op(name, arguments)
            return Op(name, () if arguments is None else (arguments,))
    raise Breach(f"{value!r} names no layer type")


def bound(
    function: Callable[..., Any],
    positional: list[Any],
    keywords: dict[str, Any],
    make: Callable[[Op | None, bool], Any],
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments with ops made (`make(op, instance)`) and types checked by the annotations."""
    hints = _hints(function)
    try:
        signature = _signature(function)
        bound = signature.bind(*positional, **keywords)
    except ValueError:
        return positional, keywords
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD) or name not in hints:
            continue
        text = str(hints[name])
        if "Callable[..., torch.nn" in text:
            bound.arguments[name] = make(as_op(value), False)
        elif ("Module" in text or "Layer" in text) and "torch.nn" in text:
            bound.arguments[name] = make(as_op(value), True)
        else:
            _check(function, name, hints[name], value)
    return list(bound.args), bound.kwargs


@functools.cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    return _hints_of(getattr(function, "__func__", function))


@functools.cache
def _hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    target = function.__init__ if isinstance(function, type) else function
    try:
        return typing.get_type_hints(target)
    except (NameError, TypeError, AttributeError):
        return {}


@functools.cache
def _adapter(hint: Any) -> TypeAdapter[Any] | None:
    try:
        return TypeAdapter(hint, config=ConfigDict(strict=True, arbitrary_types_allowed=True))
    except (PydanticUserError, TypeError):
        return None


def check_keywords(function: Callable[..., Any], keywords: Mapping[str, Any]) -> None:
    """The keywords of a `functools.partial`, whose other arguments come later."""
    known = _signature(function).parameters
    for name, value in keywords.items():
        if name not in known:
            raise WrongType(f"{function.__name__} has no argument {name}")
        if name in _hints(function):
            _check(function, name, _hints(function)[name], value)


def _check(function: Callable[..., Any], name: str, hint: Any, value: Any) -> None:
    plain = (bool, int, float, str, tuple, dict)
    # Of lists, the annotations of functions know nothing.
    is_list = isinstance(value, tuple) and not isinstance(function, type)
    if is_list or not isinstance(value, plain) or "Tensor" in str(hint) or "Broadcasting" in str(hint):
        return
    adapter = _adapter(hint)
    if adapter is None or hint is type(None):  # PyTorch's word for a list of any length, at run time
        return
    for each in (value, list(value) if isinstance(value, tuple) else value):
        try:
            adapter.validate_python(each)
        except ValidationError:
            continue
        return
    raise WrongType(f"{name}={value!r} of {getattr(function, '__name__', function)} is no {hint}")
