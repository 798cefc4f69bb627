"""What a loss returns: a value for each item, or their mean or sum."""

from __future__ import annotations

from netspec.shapes.call import Call
from netspec.shapes.values import Shape, Tensor


def reduced(call: Call, shape: Shape | None, dtype: str | None) -> Tensor:
    """`shape` with reduction `none`, else a scalar."""
    return Tensor(shape if call.settings["reduction"] == "none" else (), dtype)
