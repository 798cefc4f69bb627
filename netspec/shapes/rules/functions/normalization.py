"""Normalisation functions, whose weights and running statistics are arguments: the shape stays."""

from __future__ import annotations

from netspec.shapes.agreement import first_difference, same_shape
from netspec.shapes.axes import axes
from netspec.shapes.call import Call, Rule, Unmet
from netspec.shapes.dims import ZERO, Dim, const, product
from netspec.shapes.rules.functions.arguments import (
    given,
    index,
    indices,
    need_floating,
    rank_at_least,
    same_dtype,
    sizes,
)
from netspec.shapes.rules.functions.checking import must_equal
from netspec.shapes.rules.functions.delegation import delegate
from netspec.shapes.values import Shape, Tensor, Value, shape_text


def _owned(call: Call, *names: str) -> dict[str, Tensor]:
    """The tensors that a module would own, as far as they are given."""
    found = {name: tensor for name in names if (tensor := call.optional(name)) is not None}
    for name, tensor in found.items():
        need_floating(call, tensor, argument=name)
    same_dtype(call, *(tensor for name, tensor in found.items() if name in ("weight", "bias")))
    return found


def _sized(call: Call, owned: dict[str, Tensor], wanted: Shape) -> None:
    """Each of them has the shape wanted."""
    for name, tensor in owned.items():
        if tensor.shape is None:
            continue
        if not same_shape(tensor.shape, wanted):
            call.fail(
                "NS402",
                f"`{call.name}` needs `{name}` of shape {shape_text(wanted)} but receives {tensor}",
                argument=name,
                unmet=first_difference(tensor.shape, wanted),
            )


def _weights_dtype(owned: dict[str, Tensor], tensor: Tensor) -> str | None:
    return next((one.dtype for one in owned.values()), tensor.dtype)


def batch_norm(call: Call) -> Value:
    """[N, C, ...]; running statistics are needed unless `training`."""
    tensor = call.tensor("input")
    shape = rank_at_least(call, tensor, 2)
    owned = _owned(call, "running_mean", "running_var", "weight", "bias")
    training = bool(given(call, "training", False))
    if not training and "running_mean" not in owned:
        call.fail("NS408", f"`{call.name}` needs running_mean and running_var where it does not train")
    if shape is None:
        return tensor
    _sized(call, owned, (shape[1],))
    settings = {
        "num_features": shape[1],
        "track_running_stats": "running_mean" in owned,
        "affine": "weight" in owned,
        "dtype": _weights_dtype(owned, tensor),
    }
    return delegate(call, "SyncBatchNorm", settings=settings)


def instance_norm(call: Call) -> Tensor:
    """[N, C, *sizes]: statistics of each channel of each item."""
    tensor = call.tensor("input")
    shape = rank_at_least(call, tensor, 2)
    need_floating(call, tensor)
    owned = _owned(call, "running_mean", "running_var", "weight", "bias")
    statistics = given(call, "use_input_stats", True)
    if not statistics and "running_mean" not in owned:
        call.fail("NS408", f"`{call.name}` needs running_mean and running_var without input statistics")
    weight = owned.get("weight")
    if weight is not None and tensor.dtype not in ("float16", "bfloat16"):
        same_dtype(call, tensor, weight)
    if shape is None:
        return tensor
    _sized(call, owned, (shape[1],))
    if statistics and product(shape[2:]).value == 1:
        call.fail(
            "NS408", f"`{call.name}` needs more than one spatial element but receives {shape_text(shape)}"
        )
    return tensor


def layer_norm(call: Call) -> Value:
    """[..., *normalized_shape], also of `rms_norm`."""
    owned = _owned(call, "weight", "bias")
    wanted = sizes(call, "normalized_shape")
    if not wanted:
        call.fail("NS408", f"`{call.name}` normalises no dimension", argument="normalized_shape")
    _sized(call, owned, wanted)
    tensor = call.tensor("input")
    settings = {
        "normalized_shape": tuple(_number(size) for size in wanted),
        "elementwise_affine": bool(owned),
        "dtype": _weights_dtype(owned, tensor),
    }
    if call.op == "rms_norm":
        return delegate(call, "RMSNorm", settings=settings, inputs={"x": tensor}, blame={"x": "input"})
    return delegate(call, "LayerNorm", settings=settings)


def _number(size: Dim) -> Dim | int:
    return size if size.value is None else size.value


def group_norm(call: Call) -> Value:
    """[N, C, ...] with C a multiple of `num_groups`."""
    tensor = call.tensor("input")
    shape = rank_at_least(call, tensor, 2)
    owned = _owned(call, "weight", "bias")
    if shape is None:
        return tensor
    if any(size == ZERO for size in shape[1:]):
        call.fail("NS404", f"`{call.name}` has nothing to normalise in {shape_text(shape)}")
    _sized(call, owned, (shape[1],))
    groups = index(call, "num_groups")
    if groups > 0:
        must_equal(
            call,
            shape[1] % groups,
            0,
            f"`{call.name}` has {groups} groups, which do not divide {shape[1]} channels",
            argument="num_groups",
            unmet=Unmet(shape[1], const(groups), "multiple"),
        )
    settings = {
        "num_channels": _number(shape[1]),
        "num_groups": groups,
        "affine": bool(owned),
        "dtype": _weights_dtype(owned, tensor),
    }
    return delegate(call, "GroupNorm", settings=settings, blame={"num_channels": "num_groups"})


def normalize(call: Call) -> Tensor:
    """Divides by the norm along `dim`."""
    tensor = call.tensor("input")
    need_floating(call, tensor, complex=True)
    if tensor.shape is not None:
        axes(call, indices(call, "dim") or (), len(tensor.shape))
    return tensor


RULES: dict[str, Rule] = {
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "rms_norm": layer_norm,
    "group_norm": group_norm,
    "normalize": normalize,
}
