"""Which ops the catalog holds and how source spells them; kept by hand.

`generate_modules.py` and `generate_functions.py` read it; nothing else does.
"""

from __future__ import annotations

# Containers belong to the language; the rest is abstract, deprecated, or no layer.
EXCLUDED_MODULES = frozenset(
    """
    Container LinearCrossEntropyOptions Module ModuleDict ModuleList NLLLoss2d ParameterDict
    ParameterList RNNBase RNNCellBase Sequential
    """.split()
)
# Where a model runs is the runner's matter; `size_average` and `reduce` are deprecated.
DROPPED_OF_MODULES = frozenset(
    """
    device dtype reduce size_average
    """.split()
)
# Objects of Python that a spec cannot write, and names that are deprecated.
DROPPED_OF_OPS = frozenset(
    """
    FeaturePyramidNetwork.extra_blocks Hardtanh.max_value Hardtanh.min_value
    LinearCrossEntropyLoss.options SyncBatchNorm.process_group linear_cross_entropy.options
    """.split()
)
DROPPED_OF_FUNCTIONS = frozenset(
    """
    device generator implicit layout memory_format names non_blocking out pin_memory requires_grad
    size_average
    """.split()
)
TYPE_OF_DEFAULT: dict[type, str] = {bool: "bool", int: "int", float: "float", str: "str"}

# Functions of torch.nn.functional that serve PyTorch itself, need another process, or are deprecated.
EXCLUDED_FUNCTIONS = frozenset(
    """
    Optional assert_int_or_pair boolean_dispatch conv_tbc grouped_mm handle_torch_function
    has_torch_function has_torch_function_unary has_torch_function_variadic native_channel_shuffle
    scaled_grouped_mm scaled_mm upsample_bilinear upsample_nearest
    """.split()
)
# Methods and functions of tensors without a place in a network: devices, storage, sparse and quantised
# layouts, Python callables. `repeat` is a word of the language (`tile` is the same).
EXCLUDED_TENSOR_OPS = frozenset(
    """
    alpha_dropout_ apply_ as_strided as_strided_ as_subclass ccol_indices chain_matmul coalesce
    col_indices conv_tbc cpu crow_indices cuda dequantize detach_ dsmm
    feature_alpha_dropout_ feature_dropout feature_dropout_ frexp geqrf get_device hash_tensor
    histogram histogramdd hsmm hspmm index_put index_put_ indices int_repr logspace lu lu_unpack
    map2_ map_ native_channel_shuffle new new_empty new_empty_strided new_tensor nonzero_static
    orgqr ormqr pca_lowrank pin_memory repeat requires_grad_ resize_ resize_as_ resize_as_sparse_
    row_indices saddmm segment_reduce set_ slice_inverse smm sparse_mask sparse_resize_
    sparse_resize_and_clear_ spmm sspaddmm sum_to_size svd_lowrank to_dense to_mkldnn
    to_padded_tensor triangular_solve type unsafe_chunk unsafe_split values xpu
    """.split()
)
EXCLUDED_PREFIXES = ("quantize", "fake_quantize", "q_per_", "to_sparse", "sparse_", "is_", "_")
EXCLUDED_SUFFIXES = ("_copy",)
FACTORIES = "arange zeros ones full eye linspace".split()

# What people write as a method, `x.view(...)`, though `torch.view`-like functions may exist. All else that
# torch has as a function is spelled `torch.flatten(x, 1)`. Methods that take any number of sizes
# (`x.permute(0, 2, 1)`) are spelled as methods without standing here.
METHODS = frozenset(
    """
    amax amin argmax argmin chunk clone cumsum detach expand_as masked_fill max mean min narrow
    repeat_interleave select squeeze sum swapaxes swapdims t transpose unbind unflatten
    unsqueeze view_as
    """.split()
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
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0,
          compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor: ...
def einsum(*operands: Tensor, equation: str) -> Tensor: ...
def istft(input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
          window: Tensor | None = None, center: bool = True, normalized: bool = False,
          onesided: bool | None = None, length: int | None = None,
          return_complex: bool = False) -> Tensor: ...
def logsigmoid(input: Tensor) -> Tensor: ...
def meshgrid(*tensors: Tensor, indexing: str | None = None) -> tuple[Tensor, ...]: ...
def norm(input: Tensor, p: float | str | None = "fro", dim: int | list[int] | None = None,
         keepdim: bool = False, *, dtype: dtype | None = None) -> Tensor: ...
def split(tensor: Tensor, split_size_or_sections: int | list[int], dim: int = 0) -> tuple[Tensor, ...]: ...
def stft(input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
         window: Tensor | None = None, center: bool = True, pad_mode: str = "reflect",
         normalized: bool = False, onesided: bool | None = None, return_complex: bool | None = None,
         align_to_window: bool | None = None) -> Tensor: ...
def tensordot(a: Tensor, b: Tensor, dims: int | Any = 2) -> Tensor: ...
def unique(input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
           dim: int | None = None) -> Tensor: ...
def unique_consecutive(input: Tensor, return_inverse: bool = False, return_counts: bool = False,
                       dim: int | None = None) -> Tensor: ...
def unravel_index(indices: Tensor, shape: int | list[int]) -> tuple[Tensor, ...]: ...
"""
