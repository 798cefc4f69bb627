"""Random calls of ops, by Hypothesis: right and wrong arguments, shapes and dtypes, by their signatures.

A call is an op's name, its constructor arguments (of a module), and the arguments of the call; a tensor is
`Shaped(sizes, dtype)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from netspec.catalog.load import ops
from netspec.catalog.model import Param

MODULES = """
    Linear Bilinear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d MaxPool1d MaxPool2d MaxPool3d
    AvgPool1d AvgPool2d AvgPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool2d LPPool2d
    BatchNorm1d BatchNorm2d BatchNorm3d InstanceNorm1d InstanceNorm2d GroupNorm LayerNorm RMSNorm ReLU
    GELU SiLU Softmax LogSoftmax PReLU Dropout Dropout2d Flatten Unflatten PixelShuffle PixelUnshuffle
    ChannelShuffle ZeroPad2d ReflectionPad1d ReplicationPad2d ConstantPad1d CircularPad2d Upsample Fold
    Unfold Embedding GLU CosineSimilarity LocalResponseNorm
""".split()
FUNCTIONS = """
    relu gelu softmax log_softmax glu add sub mul div pow maximum matmul bmm mm mv dot addmm linear sum
    mean amax argmax cumsum var std norm flatten squeeze unsqueeze transpose permute movedim flip roll
    rot90 narrow select chunk split tensor_split unbind tile expand index_select gather cat stack hstack
    vstack view reshape unflatten tril triu diag diagonal sort topk kthvalue diff masked_fill cross outer
    kron cosine_similarity pairwise_distance pixel_shuffle repeat_interleave logsumexp prod all any
    count_nonzero median
""".split()

SIZES = (1, 2, 3, 4, 6, 8)
DTYPES = ("float32", "float32", "float32", "float32", "int64", "bool", "float64")


@dataclass(frozen=True)
class Shaped:
    """A tensor by its shape and dtype."""

    sizes: tuple[int, ...]
    dtype: str = "float32"


@dataclass(frozen=True)
class Made:
    """A call that was drawn."""

    op: str
    settings: tuple[tuple[str, Any], ...]
    inputs: tuple[tuple[str, Any], ...]


def tensors(draw: Callable[..., Any], near: Shaped | None = None) -> Shaped:
    """A tensor; with `near` often of a shape or dtype like that one's."""
    if near is not None and draw(st.integers(0, 2)):
        sizes = list(near.sizes)
        change = draw(st.sampled_from(("none", "none", "one", "swap", "drop")))
        if sizes and change == "one":
            sizes[draw(st.integers(0, len(sizes) - 1))] = draw(st.sampled_from(SIZES))
        elif change == "swap":
            sizes = sizes[::-1]
        elif change == "drop":
            sizes = sizes[1:]
        return Shaped(tuple(sizes), near.dtype if draw(st.integers(0, 3)) else draw(st.sampled_from(DTYPES)))
    sizes = draw(st.lists(st.sampled_from(SIZES), min_size=0, max_size=4))
    return Shaped(tuple(sizes), draw(st.sampled_from(DTYPES)))


def argument(draw: Callable[..., Any], param: Param, near: Shaped | None) -> Any:
    """A value that fits the parameter's kind, whether the op takes it or not."""
    if param.choices:
        return draw(st.sampled_from(param.choices))
    # What maps numbers alone to a tensor is no step of a network.
    words = ("tensor",) if "tensor" in param.types and near is None else param.types
    kinds = [word for word in words if word not in _PLAIN]
    kind = draw(st.sampled_from(kinds or ["none"]))
    small = st.integers(-2, 4) if param.name in _PLACES else st.sampled_from((1, 1, 2, 2, 3, 4, 6, 8, 0))
    if kind.startswith("ints"):
        return tuple(draw(st.lists(small, min_size=1, max_size=3)))
    if kind.startswith("int["):
        return tuple(draw(small) for _ in range(int(kind[4:-1].rstrip("?]") or 2)))
    match kind:
        case "tensor":
            return tensors(draw, near)
        case "tensors":
            return tuple(tensors(draw, near) for _ in range(draw(st.integers(1, 3))))
        case "int":
            return draw(small)
        case "bool":
            return draw(st.booleans())
        case "float" | "number":
            return draw(st.sampled_from((0.5, 1.0, 2.0, 2)))
    return None


_PLACES = frozenset("dim dims dim0 dim1 start_dim end_dim axis source destination shifts".split())
_PLAIN = ("none", "any", "dtype", "str", "strs", "class", "module")


@st.composite
def calls(draw: Callable[..., Any], names: tuple[str, ...]) -> Made:
    """A call of one of these ops; optional arguments are given now and then."""
    op = ops().get(draw(st.sampled_from(names)))
    assert op is not None
    signature = draw(st.sampled_from(op.signatures))
    found: dict[str, Any] = {}
    first: Shaped | None = None
    for param in signature:
        if param.name in ("dtype", "out", "inplace") or not (param.required or draw(st.integers(0, 4)) == 0):
            continue
        found[param.name] = argument(draw, param, first)
        if isinstance(found[param.name], Shaped) and first is None:
            first = found[param.name]
    if op.kind != "module":
        return Made(op.name, (), tuple(found.items()))
    inputs: dict[str, Any] = {}
    for param in op.call:
        if param.required and "tensor" in param.types:
            inputs[param.name] = (
                fitting(draw, found) if not inputs else tensors(draw, next(iter(inputs.values())))
            )
    return Made(op.name, tuple(found.items()), tuple(inputs.items()))


_FEATURES = ("in_features", "in_channels", "num_features", "num_channels", "in1_features")


def fitting(draw: Callable[..., Any], settings: dict[str, Any]) -> Shaped:
    """An input that has the features or channels of a layer as often as not."""
    tensor = tensors(draw)
    sizes = list(tensor.sizes)
    wanted = next((settings[key] for key in _FEATURES if key in settings), None)
    if isinstance(wanted, int) and wanted > 0 and sizes and draw(st.integers(0, 3)):
        sizes[-1 if "in_features" in settings or len(sizes) < 2 else 1] = wanted
    return Shaped(tuple(sizes), "float32" if draw(st.integers(0, 3)) else tensor.dtype)
