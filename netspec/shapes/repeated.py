"""What one run of shape inference has found already.

Networks repeat themselves: a rule is asked once for each op, constructor arguments and inputs. Only what
cannot depend on anything else is remembered: a module with plain arguments, on tensors.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor

_PLAIN = (int, float, str, Dim, type(None))


def settings_key(op: str, settings: Mapping[str, Any]) -> Hashable | None:
    """A key for a check of these arguments, or None where it must be made; 1 and 1.0 and True differ."""
    return (op, *((type(value), value) for value in settings.values())) if _are_plain(settings) else None


def call_key(op: str, settings: Mapping[str, Any], inputs: Mapping[str, Any]) -> Hashable | None:
    """A key for the result of a call, or None where the rule must be asked: an `auto` is solved for
    each layer, and what is known of the values of a tensor may be judged."""
    key = settings_key(op, settings)
    if key is None or not all(isinstance(each, Tensor) and each.limits is None for each in inputs.values()):
        return None
    return (key, *inputs.items())


def _are_plain(settings: Mapping[str, Any]) -> bool:
    return all(
        isinstance(value, _PLAIN)
        or (type(value) is tuple and all(type(item) is int or type(item) is Dim for item in value))
        for value in settings.values()
    )
