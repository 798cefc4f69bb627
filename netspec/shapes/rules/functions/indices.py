"""Indices into a shape: `unravel_index`."""

from __future__ import annotations

from netspec.shapes.call import Call, Rule
from netspec.shapes.rules.functions.arguments import need_category, sizes
from netspec.shapes.values import Tensor, TupleOf


def unravel_index(call: Call) -> TupleOf:
    """Places in a flattened tensor -> for each dimension of its `shape` the places along it."""
    tensor, shape = call.tensor("indices"), sizes(call, "shape")
    need_category(call, tensor, (1,), "an integer dtype", argument="indices")
    for size in shape:
        if size.bounds[1] < 0:
            call.fail("NS404", f"`{call.name}` has the size {size}, which is negative", argument="shape")
    return TupleOf((Tensor(tensor.shape, tensor.dtype),) * len(shape))


RULES: dict[str, Rule] = {"unravel_index": unravel_index}
