"""Facts kept by hand that PyTorch's annotations lack; merged into the catalog when it is generated.

Three kinds: what is left out or spelled otherwise, types that are missing or too narrow, and literal
choices and ranges. A range stands here only if PyTorch refuses what lies outside it, when the module
is built or at its first call; what it accepts and gives a meaning is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from netspec.catalog.model import Param, Signature

# Containers belong to the language; the rest is abstract or no layer.
EXCLUDED_MODULES = frozenset(
    "Module Container Sequential ModuleList ModuleDict ParameterList ParameterDict RNNBase RNNCellBase".split()
)
# Where a model runs is the runner's matter; `size_average` and `reduce` are deprecated.
DROPPED_OF_MODULES = frozenset("device dtype size_average reduce".split())
DROPPED_OF_FUNCTIONS = frozenset(
    "device out layout requires_grad pin_memory names generator memory_format non_blocking implicit size_average".split()
)
TYPE_OF_DEFAULT: dict[type, str] = {bool: "bool", int: "int", float: "float", str: "str"}

# Functions of torch.nn.functional that serve PyTorch itself, need another process, or are deprecated.
EXCLUDED_FUNCTIONS = frozenset(
    "assert_int_or_pair boolean_dispatch handle_torch_function has_torch_function has_torch_function_unary"
    " has_torch_function_variadic native_channel_shuffle conv_tbc Optional scaled_mm scaled_grouped_mm grouped_mm"
    " upsample_bilinear upsample_nearest".split()
)
# Methods and functions of tensors without a place in a network: devices, storage, sparse and quantised
# layouts, Python callables. `repeat` is a word of the language (`tile` is the same).
EXCLUDED_TENSOR_OPS = frozenset(
    "repeat cpu cuda xpu pin_memory as_subclass set_ resize_ resize_as_ resize_as_sparse_ requires_grad_ apply_ map_"
    " map2_ new new_tensor new_empty new_empty_strided coalesce indices values crow_indices col_indices ccol_indices"
    " row_indices sparse_mask sparse_resize_ sparse_resize_and_clear_ to_dense to_mkldnn to_padded_tensor dequantize"
    " hspmm smm sspaddmm dsmm hsmm saddmm spmm hash_tensor segment_reduce empty_like slice_inverse int_repr"
    " chain_matmul pca_lowrank svd_lowrank lu lu_unpack geqrf orgqr ormqr triangular_solve index_put index_put_"
    " nonzero_static type get_device detach_ unsafe_chunk unsafe_split feature_dropout feature_dropout_ histogramdd"
    " sum_to_size histogram frexp as_strided as_strided_".split()
)
EXCLUDED_PREFIXES = ("quantize", "fake_quantize", "to_sparse", "is_", "_")
EXCLUDED_SUFFIXES = ("_copy",)
FACTORIES = "arange zeros ones full eye linspace".split()

# What people write as a method, `x.view(...)`, though `torch.view`-like functions may exist. All else that
# torch has as a function is spelled `torch.flatten(x, 1)`. Methods that take any number of sizes
# (`x.permute(0, 2, 1)`) are spelled as methods without standing here.
METHODS = frozenset(
    "transpose unsqueeze squeeze mean sum max min argmax argmin amax amin chunk unbind clone detach masked_fill"
    " swapaxes swapdims unflatten repeat_interleave narrow select t cumsum softmax expand_as view_as size".split()
)

# Python functions of torch without usable annotations, in stub syntax. The source of `einsum` gives the
# equation first: `torch.einsum(equation, *operands)`.
STUBS = """
def atleast_1d(*tensors: Tensor) -> Tensor: ...
def atleast_2d(*tensors: Tensor) -> Tensor: ...
def atleast_3d(*tensors: Tensor) -> Tensor: ...
def block_diag(*tensors: Tensor) -> Tensor: ...
def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]: ...
def cartesian_prod(*tensors: Tensor) -> Tensor: ...
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor: ...
def einsum(*operands: Tensor, equation: str) -> Tensor: ...
def istft(input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
          window: Tensor | None = None, center: bool = True, normalized: bool = False, onesided: bool | None = None,
          length: int | None = None, return_complex: bool = False) -> Tensor: ...
def logsigmoid(input: Tensor) -> Tensor: ...
def meshgrid(*tensors: Tensor, indexing: str | None = None) -> tuple[Tensor, ...]: ...
def norm(input: Tensor, p: float | str | None = "fro", dim: int | list[int] | None = None, keepdim: bool = False,
         *, dtype: dtype | None = None) -> Tensor: ...
def split(tensor: Tensor, split_size_or_sections: int | list[int], dim: int = 0) -> tuple[Tensor, ...]: ...
def stft(input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
         window: Tensor | None = None, center: bool = True, pad_mode: str = "reflect", normalized: bool = False,
         onesided: bool | None = None, return_complex: bool | None = None, align_to_window: bool | None = None) -> Tensor: ...
def tensordot(a: Tensor, b: Tensor, dims: int | Any = 2) -> Tensor: ...
def unique(input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
           dim: int | None = None) -> Tensor: ...
def unique_consecutive(input: Tensor, return_inverse: bool = False, return_counts: bool = False,
                       dim: int | None = None) -> Tensor: ...
def unravel_index(indices: Tensor, shape: int | list[int]) -> tuple[Tensor, ...]: ...
"""

_TENSOR = {"types": ("tensor",)}
_OPTIONAL_INT = {"types": ("int", "none")}
_REDUCTION = {"choices": ("none", "mean", "sum")}
_PADDING_MODE = {"choices": ("zeros", "reflect", "replicate", "circular")}
_PROBABILITY = {"minimum": 0, "maximum": 1}
_POSITIVE = {"minimum": 1}
_NOT_NEGATIVE = {"minimum": 0}

# Facts by "op.parameter" (`forward` stands behind the op's name for what a module's call takes).
FACTS: dict[str, dict[str, Any]] = {
    "MultiheadAttention.embed_dim": {"types": ("int",)} | _POSITIVE,
    "MultiheadAttention.num_heads": {"types": ("int",)} | _POSITIVE,
    "MultiheadAttention.kdim": _OPTIONAL_INT,
    "MultiheadAttention.vdim": _OPTIONAL_INT,
    "RNN.nonlinearity": {"choices": ("tanh", "relu")},
    "RNNCell.nonlinearity": {"choices": ("tanh", "relu")},
    "GELU.approximate": {"choices": ("none", "tanh")},
    "gelu.approximate": {"choices": ("none", "tanh")},
}
# Facts by parameter name, for every op, where the op has the parameter with one of the `only` types.
COMMON: dict[str, dict[str, Any]] = {
    "reduction": _REDUCTION,
}
for _recurrent in ("RNN", "GRU", "LSTM"):
    FACTS[f"{_recurrent}.forward.input"] = _TENSOR
    FACTS[f"{_recurrent}.forward.hx"] = {"types": ("tensors" if _recurrent == "LSTM" else "tensor", "none")}


def apply(op: str, signature: Signature) -> Signature:
    """The signature with the facts on its parameters merged in."""
    return tuple(_apply(op, param) for param in signature)


def _apply(op: str, param: Param) -> Param:
    for facts in _facts(op, param):
        param = replace(param, **facts)
    return param


def _facts(op: str, param: Param) -> Iterator[dict[str, Any]]:
    if param.name in COMMON:
        yield COMMON[param.name]
    if f"{op}.{param.name}" in FACTS:
        yield FACTS[f"{op}.{param.name}"]
