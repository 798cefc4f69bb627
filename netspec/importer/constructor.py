"""The constructor arguments of a layer, read back from the layer.

What is read is tried: a layer built from it must print the same, own tensors of the same names and
shapes, and have the same plain attributes; else the layer is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from netspec.catalog.load import ops
from netspec.catalog.model import REQUIRED, Op
from netspec.importer.refusal import Refusal

_ABSENT = object()


def constructor_arguments(layer: nn.Module, cls: type[nn.Module] | None = None) -> dict[str, Any]:
    """The arguments of `cls` (default: the layer's own class) by name, defaults included.

    Refusal where they cannot be read back.
    """
    cls = cls or type(layer)
    op = ops().get(cls.__name__)
    assert op is not None
    exact = _read(layer, op)
    short = {name: _short(value) for name, value in exact.items()}
    try:
        _check(layer, cls, short)
    except Refusal:
        _check(layer, cls, exact)
        return exact
    return short


def _read(layer: nn.Module, op: Op) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for param in op.signatures[0]:
        special = _SPECIAL.get((op.name, param.name)) or _SPECIAL.get(("", param.name))
        value = special(layer) if special is not None else getattr(layer, param.name, _ABSENT)
        if value is _ABSENT:
            if param.required:
                raise Refusal(f"`{op.name}` does not keep its argument `{param.name}`")
            continue
        if not _is_plain(value):
            raise Refusal(
                f"its argument `{param.name}` is a {type(value).__name__}, which a spec cannot hold"
            )
        found[param.name] = _tuples(value)
    return found


def _tuples(value: Any) -> Any:
    """PyTorch takes lists and tuples alike; a spec gives it tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


def _short(value: Any) -> Any:
    """Equal numbers for each dimension as one number."""
    if isinstance(value, tuple) and value and len(set(value)) == 1 and type(value[0]) in (int, float):
        return value[0]
    return value


def printed(module: nn.Module) -> str:
    """What a module prints as, with lists of numbers as the tuples that a spec has in their place."""
    return _LIST.sub(r"(\1)", repr(module))


_LIST = re.compile(r"\[((?:-?[\d.]+, )+-?[\d.]+)\]")


def _bias(layer: nn.Module) -> bool:
    """Recurrent layers keep the argument itself, others the tensor or None."""
    bias: Any = layer.bias
    return bias if isinstance(bias, bool) else bias is not None


def _has(name: str) -> Callable[[nn.Module], bool]:
    return lambda layer: getattr(layer, name, None) is not None


def _shape_kept(layer: nn.Module) -> Any:
    """`normalized_shape` of one dimension is written as a number."""
    shape = tuple(layer.normalized_shape)  # type: ignore[arg-type]
    return shape[0] if len(shape) == 1 else shape


_SPECIAL: dict[tuple[str, str], Callable[[nn.Module], Any]] = {
    ("", "bias"): lambda layer: _bias(layer),
    ("", "normalized_shape"): _shape_kept,
    ("", "device"): lambda layer: _ABSENT,
    ("", "dtype"): lambda layer: _dtype(layer),
    ("LayerNorm", "bias"): lambda layer: layer.bias is not None if layer.elementwise_affine else True,
    ("MultiheadAttention", "bias"): _has("in_proj_bias"),
    ("MultiheadAttention", "add_bias_kv"): _has("bias_k"),
    ("Embedding", "_weight"): lambda layer: _ABSENT,
    ("Embedding", "_freeze"): lambda layer: _ABSENT,
    ("PReLU", "init"): lambda layer: _ABSENT,
    ("MultiheadAttention", "kdim"): lambda layer: None if layer.kdim == layer.embed_dim else layer.kdim,
    ("MultiheadAttention", "vdim"): lambda layer: None if layer.vdim == layer.embed_dim else layer.vdim,
    ("Bilinear", "bias"): _has("bias"),
    ("Hardtanh", "min_value"): lambda layer: _ABSENT,
    ("Hardtanh", "max_value"): lambda layer: _ABSENT,
}  # fmt: skip


def _dtype(layer: nn.Module) -> Any:
    """Layers are built in float32; another dtype is said nowhere in a spec."""
    dtypes = {each.dtype for each in layer.parameters(recurse=False) if each.is_floating_point()}
    if dtypes - {torch.float32}:
        raise Refusal(f"its parameters are {', '.join(map(str, dtypes))}; specs build layers in float32")
    return _ABSENT


def _check(layer: nn.Module, cls: type[nn.Module], arguments: dict[str, Any]) -> None:
    """Build the layer anew, and compare."""
    try:
        with torch.device("meta"):
            made = cls(**_as_python(arguments))
    except Exception as error:  # a constructor may raise anything
        raise Refusal(f"`{cls.__name__}` cannot be built from what was read back of it: {error}") from None
    if cls is type(layer) and printed(made) != printed(layer):
        raise Refusal(
            f"its arguments cannot be read back: it prints as {layer!r}, and what they make as {made!r}"
        )
    if _tensors(made) != _tensors(layer, own=cls is type(layer)) and cls is type(layer):
        raise Refusal("its arguments cannot be read back: its tensors are others than those that they make")
    for name, value in vars(made).items() if cls is type(layer) else ():
        plain = not name.startswith("_") and name != "training" and _is_plain(value)
        if plain and _tuples(getattr(layer, name, _ABSENT)) != _tuples(value):
            raise Refusal(f"its attribute `{name}` was changed after it was built")


def _as_python(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not REQUIRED}


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    return isinstance(value, bool | int | float | str | None)


def _tensors(layer: nn.Module, *, own: bool = True) -> list[tuple[str, tuple[int, ...]]]:
    return [(name, tuple(each.shape)) for name, each in layer.state_dict().items()] if own else []
