"""Normalisation layers: the shape stays.

Statistics over a single number are refused where the size is known to be one (as PyTorch does);
a symbolic batch may be larger. On CPU, half-precision inputs go with float32 weights.
"""

from __future__ import annotations

from functools import partial

from netspec.shapes.call import AUTO, Call, Rule, Unmet
from netspec.shapes.dims import DimLike, dim, product
from netspec.shapes.rules.modules.demands import (
    COMPLEX,
    FLOATS,
    divides,
    match_size,
    ranked,
    spatial,
    spatial_layouts,
    typed,
    weighted,
)
from netspec.shapes.rules.modules.settings import (
    Check,
    above,
    at_least,
    check_divisible,
    divisible,
    integer,
    number,
)
from netspec.shapes.trying import equal
from netspec.shapes.values import Shape, Tensor, shape_text


def batch_norm(call: Call, count: int | None) -> Tensor:
    """[N, num_features, *sizes]; one dimension may lack sizes: [N, num_features]."""
    if count is None:
        tensor, shape = ranked(call, "input", (2,), "[N, C, ...]", at_least=True)
    elif count == 1:
        tensor, shape = ranked(call, "input", (2, 3), "[N, C]", "[N, C, L]")
    else:
        tensor, shape = spatial(call, "input", count, unbatched=False)
    tracked, affine = call.settings["track_running_stats"], call.settings["affine"]
    _typed(call, tensor, has_tensors=tracked or affine)
    if shape is None:
        return tensor
    _features(call, shape[1], bound=tracked or affine)
    if call.training or not tracked:
        _several(call, product((shape[0], *shape[2:])), "value per channel", shape)
    return tensor


def instance_norm(call: Call, count: int) -> Tensor:
    """[N, num_features, *sizes] or [num_features, *sizes]."""
    tensor, shape = spatial(call, "input", count)
    tracked, affine = call.settings["track_running_stats"], call.settings["affine"]
    _typed(call, tensor, has_tensors=affine)
    if shape is None:
        return tensor
    _features(call, shape[-count - 1], bound=tracked or affine)
    if call.training or not tracked:
        _several(call, product(shape[-count:]), "spatial element", shape)
    return tensor


def _features(call: Call, channels: DimLike, *, bound: bool) -> None:
    """Solve `num_features`; check it where the layer owns tensors of that size."""
    expected = call.solve("num_features", channels)
    if bound:
        match_size(call, channels, expected, "channels", argument="num_features", auto=True)


def _typed(call: Call, tensor: Tensor, *, has_tensors: bool) -> None:
    if has_tensors:
        weighted(call, tensor, halves=True)
    else:
        typed(call, tensor, FLOATS)


def _several(call: Call, count: DimLike, noun: str, shape: Shape) -> None:
    """A mean and a variance need more than one number."""
    if dim(count).value == 1:
        call.fail(
            "NS408",
            f"`{call.name}` needs more than one {noun} but receives {shape_text(shape)}",
            argument="input",
            help="give it a larger input, or another normalisation",
        )


def layer_norm(call: Call, argument: str = "input") -> Tensor:
    """[..., *normalized_shape]; RMSNorm also promotes other dtypes."""
    tensor, shape = ranked(call, argument, (1,), "[..., normalized_shape]", at_least=True)
    if argument == "x":
        typed(call, tensor, FLOATS | COMPLEX, argument=argument)
    else:
        _typed(call, tensor, has_tensors=call.settings["elementwise_affine"])
    if shape is not None:
        _trailing(call, argument, shape, normalized(call, shape))
    return tensor


def normalized(call: Call, shape: Shape) -> tuple[DimLike, ...]:
    """`normalized_shape` as a tuple; `auto` is the last size."""
    value = integer(call.solve("normalized_shape", shape[-1]))
    return tuple(map(integer, value)) if isinstance(value, tuple) else (value,)


def _trailing(call: Call, argument: str, shape: Shape, wanted: tuple[DimLike, ...]) -> None:
    """NS401 or NS402 unless the shape ends with the sizes wanted."""
    if len(wanted) > len(shape):
        ranked(
            call, "input" if "input" in call.inputs else "x", (len(wanted),), _ending(wanted), at_least=True
        )
    if len(wanted) == 1:
        match_size(call, shape[-1], wanted[0], "features", argument="normalized_shape", auto=True)
        return
    found = shape[len(shape) - len(wanted) :]
    for actual, expected in zip(found, wanted, strict=True):
        if not equal(actual, expected):
            call.fail(
                "NS402",
                f"`{call.name}` takes {_ending(wanted)} but receives {shape_text(shape)}",
                argument="normalized_shape",
                help=f"set normalized_shape to {shape_text(found)}",
                unmet=Unmet(actual, dim(expected)),
            )


def _ending(sizes: tuple[DimLike, ...]) -> str:
    return f"[..., {', '.join(map(str, sizes))}]"


def group_norm(call: Call) -> Tensor:
    """[N, num_channels, ...]."""
    tensor, shape = ranked(call, "input", (2,), "[N, C, ...]", at_least=True)
    _typed(call, tensor, has_tensors=call.settings["affine"])
    if shape is None:
        return tensor
    expected, groups = call.solve("num_channels", shape[1]), number(call, "num_groups")
    check_divisible(call, "num_channels", expected, "num_groups", groups)
    if call.settings["affine"]:
        match_size(call, shape[1], expected, "channels", argument="num_channels", auto=True)
    inside = divides(call, shape[1], groups, "a number of channels", argument="num_groups")
    _several(call, shape[0] * inside * product(shape[2:]), "value per group", shape)
    return tensor


def local_response(call: Call) -> Tensor:
    """[N, C, ...] with at least one more dimension."""
    tensor, _ = ranked(call, "input", (3,), "[N, C, ...]", at_least=True)
    typed(call, tensor, frozenset(("int64", "float32", "float64")))
    return Tensor(tensor.shape, "float32" if tensor.dtype == "int64" else tensor.dtype)


def cross_map(call: Call) -> Tensor:
    """[N, C, H, W]."""
    tensor, _ = ranked(call, "input", (4,), *spatial_layouts(2, unbatched=False))
    typed(call, tensor, FLOATS | COMPLEX)
    return tensor


def _lazy(call: Call, count: int, *, batch: bool) -> Tensor:
    """A lazy layer takes its features from the first input it sees."""
    rule = batch_norm if batch else instance_norm
    settings = {**call.settings, "num_features": AUTO}
    return rule(Call(call.op, call.name, settings, call.inputs, call.training), count)


def check_features(call: Call) -> None:
    """Constructor arguments of a batch or instance norm."""
    at_least(call, 0, "num_features")
    above(call, 0, "eps")


def check_groups(call: Call) -> None:
    """Groups divide the channels."""
    at_least(call, 1, "num_groups")
    divisible(call, "num_channels", "num_groups")


def check_size(call: Call) -> None:
    at_least(call, 1, "size")


def check_normalized(call: Call) -> None:
    at_least(call, 0, "normalized_shape")


_COUNTS = (1, 2, 3)

RULES: dict[str, Rule] = {
    **{f"BatchNorm{n}d": partial(batch_norm, count=n) for n in _COUNTS},
    "SyncBatchNorm": partial(batch_norm, count=None),
    **{f"InstanceNorm{n}d": partial(instance_norm, count=n) for n in _COUNTS},
    **{f"LazyBatchNorm{n}d": partial(_lazy, count=n, batch=True) for n in _COUNTS},
    **{f"LazyInstanceNorm{n}d": partial(_lazy, count=n, batch=False) for n in _COUNTS},
    "LayerNorm": layer_norm,
    "RMSNorm": partial(layer_norm, argument="x"),
    "GroupNorm": group_norm,
    "LocalResponseNorm": local_response,
    "CrossMapLRN2d": cross_map,
}
CHECKS: dict[str, Check] = {
    **{name: check_features for name in RULES if "BatchNorm" in name or "InstanceNorm" in name},
    "GroupNorm": check_groups,
    "LayerNorm": check_normalized,
    "RMSNorm": check_normalized,
    "LocalResponseNorm": check_size,
    "CrossMapLRN2d": check_size,
}
