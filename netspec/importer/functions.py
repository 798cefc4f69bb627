"""A call of PyTorch as Python made it -> the op of the catalog, with its arguments in a spec's order.

>>> import torch
>>> spell(torch.Tensor.repeat, ("x", 2, 1), {}).op
'tile'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F

from netspec.catalog.load import ops
from netspec.catalog.model import Op
from netspec.importer.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Spelled:
    """`op` with Python's positional and keyword arguments; tensors are among them."""

    op: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


# Python's operators and PyTorch's synonyms, under the names that the catalog has.
_SYNONYMS = {
    "__add__": "add", "__radd__": "add", "__iadd__": "add_", "__sub__": "sub", "__isub__": "sub_",
    "__mul__": "mul", "__rmul__": "mul", "__imul__": "mul_", "__truediv__": "div", "__div__": "div",
    "__itruediv__": "div_", "__idiv__": "div_", "__matmul__": "matmul", "__pow__": "pow", "__neg__": "neg",
    "__floordiv__": "floor_divide", "__mod__": "remainder", "__and__": "bitwise_and",
    "__or__": "bitwise_or", "__xor__": "bitwise_xor", "__invert__": "bitwise_not", "__eq__": "eq",
    "__ne__": "ne", "__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge", "__abs__": "abs",
    "repeat": "tile", "multiply": "mul", "divide": "div", "true_divide": "div", "subtract": "sub",
    "concat": "cat", "concatenate": "cat", "swapaxes": "transpose", "swapdims": "transpose",
    "new_empty": "new_zeros", "empty": "zeros", "empty_like": "zeros_like", "greater": "gt", "less": "lt",
    "_softmax": "softmax", "__rand__": "bitwise_and", "__ror__": "bitwise_or", "__iand__": "bitwise_and_",
    "__ior__": "bitwise_or_", "absolute": "abs", "movedim": "movedim", "clip": "clamp", "clip_": "clamp_",
    "type": "to",
}  # fmt: skip
# `2 - x`: the operands change places.
_REFLECTED = {"__rsub__": "sub", "rsub": "sub", "__rdiv__": "div", "__rtruediv__": "div", "__rpow__": "pow",
              "__rmatmul__": "matmul"}  # fmt: skip
_PROPERTIES: dict[str, tuple[Any, ...]] = {
    "T": ("t",),
    "mT": ("transpose", -2, -1),
    "data": ("detach",),
    "real": ("real",),
    "imag": ("imag",),
}
# Where tensors live and how memory is laid out is no part of a spec.
_DROPPED = (
    "device",
    "layout",
    "pin_memory",
    "requires_grad",
    "non_blocking",
    "out",
    "_stacklevel",
    "generator",
)
_VARIADIC = ("view", "reshape", "permute", "expand", "tile", "flip", "zeros", "ones", "new_zeros", "new_ones")


@cache
def _names() -> dict[int, str]:
    """The names of ops by the Python callables that the catalog says they are."""
    places: dict[str, Any] = {"F": F, "torch": torch, "Tensor": torch.Tensor}
    found: dict[int, str] = {}
    for name in ops().functions:
        op = ops().get(name)
        place, _, attribute = op.source.rpartition(".") if op is not None else ("", "", "")
        if place in places and hasattr(places[place], attribute):
            found.setdefault(id(getattr(places[place], attribute)), name)
    return found


def property_name(function: Callable[..., Any]) -> str | None:
    """`shape` for the getter of `Tensor.shape`; None for what is no getter."""
    if getattr(function, "__name__", "") != "__get__":
        return None
    return getattr(getattr(function, "__self__", None), "__name__", None)


def name_of(function: Callable[..., Any]) -> str:
    return str(_names().get(id(function)) or getattr(function, "__name__", repr(function)))


def spell(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Spelled:
    """Refusal where the catalog has no such op, or not with such arguments."""
    getter = property_name(function)
    if getter is not None:
        if getter not in _PROPERTIES:
            raise Refusal(f"`Tensor.{getter}` is no op of the catalog")
        op, *more = _PROPERTIES[getter]
        return Spelled(op, (args[0], *more), {})
    name = name_of(function)
    if name in _REFLECTED:
        return Spelled(_REFLECTED[name], (args[1], args[0]), {})
    name = _SYNONYMS.get(name, name)
    kept = {key: value for key, value in kwargs.items() if key not in _DROPPED}
    _check_layout(name, args, kept)
    special = _SPECIAL.get(name)
    if special is not None:
        return special(args, kept)
    op_of_name = ops().get(name)
    if op_of_name is None or op_of_name.kind == "module":
        raise Refusal(f"`{name}` is no op of the catalog")
    return Spelled(name, _splat(name, args), _without_defaults(op_of_name, args, kept))


def _check_layout(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    layout = kwargs.pop("memory_format", None)
    if layout not in (None, torch.contiguous_format, torch.preserve_format):
        raise Refusal(f"`{name}` asks for the memory format {layout}, which a spec cannot say")


def _zeros(name: str, value: int) -> Callable[..., Spelled]:
    """A factory without sizes makes one number, which `full` has to make in a spec."""

    def spelled(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Spelled:
        sizes = _splat(name, args or (kwargs.pop("size"),))
        dtype = {} if kwargs.get("dtype") in (None, torch.float32) else {"dtype": kwargs["dtype"]}
        return Spelled(name, sizes, dtype) if sizes else Spelled("full", ([], float(value)), dtype)

    return spelled


def _splat(name: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """`view((a, b))` is `view(a, b)`."""
    before = 0 if name in ("zeros", "ones") else 1
    if name in _VARIADIC and len(args) == before + 1 and isinstance(args[before], tuple | list):
        return (*args[:before], *args[before])
    return args


def _without_defaults(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Keywords that say what is so anyway are left out, and unknown ones refused."""
    kept = {}
    for name, value in kwargs.items():
        params = [param for signature in op.signatures for param in signature if param.name == name]
        if not params and name != "self":
            raise Refusal(f"`{op.name}` has no argument `{name}` in the catalog")
        if not any(not param.required and _same(param.default, value) for param in params):
            kept["input" if name == "self" else name] = value
    return kept


def _same(default: Any, value: Any) -> bool:
    return type(default) is type(value) and bool(default == value)


def _to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Spelled:
    """`x.to(dtype)`; where the tensor lives does not count."""
    tensor, *rest = args
    dtypes = [each for each in (*rest, kwargs.get("dtype")) if isinstance(each, torch.dtype)]
    others = [each for each in (*rest, kwargs.get("other")) if _is_value(each)]
    if others:
        return Spelled("to", (tensor, others[0]), {})
    if any(isinstance(each, str) and each.startswith("torch.") for each in rest):
        raise Refusal("`Tensor.type` with a text is not supported")
    return Spelled("to", (tensor, *dtypes[:1]), {}) if dtypes else Spelled("", (tensor,), {})


def _is_value(thing: Any) -> bool:
    return isinstance(thing, torch.Tensor) or type(thing).__name__ == "Ref"


def _einsum(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Spelled:
    equation, *operands = args
    if len(operands) == 1 and isinstance(operands[0], tuple | list):
        operands = list(operands[0])
    if not isinstance(equation, str):
        raise Refusal("`einsum` with lists of numbers in place of an equation")
    return Spelled("einsum", (operands, equation), {})


def _meshgrid(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Spelled:
    tensors = list(args[0]) if len(args) == 1 and isinstance(args[0], tuple | list) else list(args)
    return Spelled("meshgrid", (tensors,), kwargs)


def _random(name: str) -> Callable[..., Spelled]:
    """A dropout follows `train()` and `eval()` by itself; the tracer has checked that Python's does."""

    def spelled(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Spelled:
        given = dict(zip(("input", "p", "training", "inplace"), args, strict=False)) | kwargs
        given = {"input": given.pop("input", given.pop("self", None)), **given}
        training = given.pop("training", True)
        more = {"inplace": True} if given.get("inplace") else {}
        return Spelled(name, (given["input"], given.get("p", 0.5)), {**more, MODE: training})

    return spelled


def _tensor(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Spelled:
    value = args[0]
    if not isinstance(value, int | float):
        raise Refusal("a tensor of numbers that Python wrote down; a spec has only computed ones")
    dtype = kwargs.get("dtype") or torch.tensor(value).dtype
    return Spelled("full", ([], value), {} if dtype == torch.float32 else {"dtype": dtype})


def _batch_norm(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Spelled:
    names = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
    given = dict(zip(names, args, strict=False)) | kwargs
    training = given.pop("training", False)
    given = {name: value for name, value in given.items() if value is not None}
    return Spelled("batch_norm", (given.pop("input"),), {**given, "training": training})


def _uniform(like: str) -> Callable[..., Spelled]:
    """`rand(sizes)` draws what `rand_like` of a tensor of these sizes draws."""

    def spelled(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Spelled:
        sizes = (
            args[0] if len(args) == 1 and isinstance(args[0], tuple | list) else args or kwargs.pop("size")
        )
        dtype = {} if kwargs.get("dtype") in (None, torch.float32) else {"dtype": kwargs["dtype"]}
        return Spelled(like, tuple(sizes), dtype)

    return spelled


MODE = " training"
"""Not an argument: the mode in which a dropout was called, which must be the module's."""

_SPECIAL: dict[str, Callable[..., Spelled]] = {
    "to": _to,
    "einsum": _einsum,
    "meshgrid": _meshgrid,
    "tensor": _tensor,
    "scalar_tensor": _tensor,
    "batch_norm": _batch_norm,
    "rand": _uniform("rand_like"),
    "randn": _uniform("randn_like"),
    "zeros": _zeros("zeros", 0),
    "ones": _zeros("ones", 1),
    **{
        f"{kind}dropout{rank}": _random(f"{kind}dropout{rank}")
        for kind, ranks in (("", ("", "1d", "2d", "3d")), ("alpha_", ("",)), ("feature_alpha_", ("",)))
        for rank in ranks
    },
}
