"""What binding accepts, the class itself accepts: any name, number and kind of arguments."""

from __future__ import annotations

import inspect
import typing
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from netspec.catalog.bind import bind
from netspec.catalog.load import ops
from netspec.catalog.model import Param, Typed

pytestmark = pytest.mark.torch

FITTING: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(1, 9),
    "float": st.floats(0.1, 0.9),
    "bool": st.booleans(),
    "none": st.none(),
    "str": st.sampled_from(["zeros", "mean", "relu"]),
    "ints": st.lists(st.integers(1, 9), max_size=3),
    "module": st.just({"ReLU": None}),
    "class": st.just({"ReLU6": None}),
    "strs": st.just(["a", "b"]),
    "tensor": st.just(Typed("tensor")),
}
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 9), st.just("3"), st.lists(st.just(2), max_size=3)
)


def value_of(param: Param) -> st.SearchStrategy[Any]:
    """Mostly a value of the first type of a parameter or one of its choices; now and then anything."""
    fitting = [FITTING[word] for word in param.types if word in FITTING]
    if param.choices:
        fitting = [st.sampled_from(param.choices)]
    rarely = st.integers(0, 30).map(lambda turn: turn == 13)
    return rarely.flatmap(lambda wild: ANYTHING if wild or not fitting else st.one_of(*fitting))


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, list[Any], dict[str, Any]]:
    """A module with arguments: some by position, some by name, rarely one too many or too few."""
    name = draw(st.sampled_from(ops().modules))
    op = ops().get(name)
    assert op is not None
    params = list(op.signatures[0])
    count = draw(st.integers(0, len(params)))
    positional = [draw(value_of(param)) for param in params[:count]]
    named = [param for param in params[count:] if param.required or draw(st.booleans())]
    keywords = {param.name: draw(value_of(param)) for param in named}
    match draw(st.integers(0, 9)):
        case 0:
            keywords["colour"] = 1
        case 1 if keywords:
            del keywords[draw(st.sampled_from(sorted(keywords)))]
        case 2:
            positional.append(1)
    return name, positional, keywords


def constructor(name: str) -> inspect.Signature:
    """The signature of the class; the recurrent ones have theirs as an overload."""
    from torch import nn
    from torchvision import ops as vision

    cls = getattr(nn, name, None) or getattr(vision, name)
    overloads = typing.get_overloads(cls.__init__)
    if not overloads:
        return inspect.signature(cls)
    own = inspect.signature(overloads[0])
    return own.replace(parameters=list(own.parameters.values())[1:])


@settings(max_examples=800, deadline=None)
@given(calls())
def test_what_is_accepted_binds_in_python(call: tuple[str, list[Any], dict[str, Any]]) -> None:
    name, positional, keywords = call
    op = ops().get(name)
    assert op is not None
    binding = bind(name, op.signatures, positional, keywords)
    event("refused" if binding.problems else "accepted")
    if not binding.problems:
        bound = constructor(name).bind(*positional, **keywords)
        assert binding.given == bound.arguments.keys()
        assert all(binding.arguments[key] == as_tuple(value) for key, value in bound.arguments.items())


def as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
