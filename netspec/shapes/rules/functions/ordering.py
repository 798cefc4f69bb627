"""Functions that order values: `sort`, `argsort`, `topk`, `kthvalue`, `msort`."""

from __future__ import annotations

from netspec.shapes.axes import axis
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE
from netspec.shapes.rules.functions.arguments import index, need_category, size
from netspec.shapes.rules.functions.checking import always_exceeds
from netspec.shapes.rules.functions.reductions import over_one
from netspec.shapes.values import Shape, Tensor, TupleOf, Value

PAIR = ("values", "indices")


def _real(call: Call) -> Tensor:
    tensor = call.tensor("input")
    need_category(call, tensor, (0, 1, 2), "a real dtype")
    return tensor


def _place(call: Call, shape: Shape) -> int:
    return axis(call, index(call, "dim", -1), len(shape))


def sort(call: Call) -> Value:
    """Values and where they were."""
    tensor = _real(call)
    if tensor.shape is not None:
        _place(call, tensor.shape)
    return TupleOf((tensor, Tensor(tensor.shape, "int64")), PAIR)


def argsort(call: Call) -> Tensor:
    tensor = _real(call)
    if tensor.shape is not None:
        _place(call, tensor.shape)
    return Tensor(tensor.shape, "int64")


def topk(call: Call) -> Value:
    """The `k` largest or smallest along `dim`."""
    tensor, count = _real(call), size(call, "k")
    need_category(call, tensor, (1, 2), "numbers")
    shape: Shape | None = None
    if tensor.shape is not None:
        place = _place(call, tensor.shape)
        whole = tensor.shape[place] if tensor.shape else ONE
        if count.bounds[1] < 0 or always_exceeds(count, whole):
            call.fail(
                "NS402",
                f"`{call.name}` takes {count} of dimension {place}, whose size is {whole}",
                argument="k",
            )
        shape = (*tensor.shape[:place], count, *tensor.shape[place + 1 :]) if tensor.shape else ()
    return TupleOf((Tensor(shape, tensor.dtype), Tensor(shape, "int64")), PAIR)


def kthvalue(call: Call) -> Value:
    """The k-th smallest along `dim`, counted from 1."""
    tensor, count = _real(call), size(call, "k")
    need_category(call, tensor, (1, 2), "numbers")
    if tensor.shape is not None:
        place = _place(call, tensor.shape)
        whole = tensor.shape[place] if tensor.shape else ONE
        if count.bounds[1] < 1 or always_exceeds(count, whole):
            call.fail(
                "NS402",
                f"`{call.name}` takes number {count} of dimension {place}, whose size is {whole}",
                argument="k",
            )
    shape = over_one(call, tensor, -1)
    return TupleOf((Tensor(shape, tensor.dtype), Tensor(shape, "int64")), PAIR)


RULES: dict[str, Rule] = {
    "sort": sort,
    "argsort": argsort,
    "msort": _real,
    "topk": topk,
    "kthvalue": kthvalue,
}
