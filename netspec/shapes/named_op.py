"""An op that is itself an argument, as a spec writes it: its name, its arguments, what it would be.

>>> named({"GELU": {"approximate": "tanh"}})
('GELU', {'approximate': 'tanh'})
>>> built("GroupNorm", 2, [8]).arguments["num_channels"]
8
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from netspec.catalog.bind import Binding, bind
from netspec.catalog.load import ops
from netspec.catalog.written import written
from netspec.graph.evaluate import Held, released
from netspec.shapes.call import AUTO
from netspec.shapes.dims import Dim


def named(value: str | Mapping[str, Any]) -> tuple[str, Any]:
    """The op's name and its ARGS."""
    return (value, None) if isinstance(value, str) else next(iter(value.items()))


def built(
    name: str, arguments: Any, positional: Sequence[Any] = (), keywords: Mapping[str, Any] | None = None
) -> Binding | None:
    """How the arguments of the layer type `name` are bound, those last that its user adds; None where
    the catalog has no such layer type."""
    op = ops().get(name)
    if op is None or op.kind != "module":
        return None
    if name == "Identity":
        # It takes any arguments and leaves them.
        positional, keywords = (), {}
    own, own_keywords = written(arguments)
    given = [_held(value) for value in (*own, *positional)]
    by_name = {key: _held(value) for key, value in {**own_keywords, **(keywords or {})}.items()}
    binding = bind(name, op.signatures, given, by_name)
    return replace(binding, arguments={key: released(value) for key, value in binding.arguments.items()})


def _held(value: Any) -> Any:
    """A size that is not known yet fits where an integer does."""
    match value:
        case Dim():
            return Held("int", value)
        case list() | tuple():
            return tuple(map(_held, value))
    return Held("any", value) if value is AUTO else value
