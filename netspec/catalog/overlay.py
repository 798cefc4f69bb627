"""Facts kept by hand that PyTorch's annotations lack; merged into the catalog when it is generated.

Types that are missing or wrong, literal choices, and ranges. A range stands here only if PyTorch refuses
what lies outside it, when the module is built or when it is called; what it accepts and gives a meaning
is left alone (`Linear(0, 4)` and `Conv2d(0, 4, 3)` work, `Conv2d(4, 0, 3)` does not). A test asks PyTorch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from netspec.catalog.model import Param, Signature


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for the parameters `names` of every op whose whole name matches `ops`."""

    ops: re.Pattern[str]
    names: frozenset[str]
    values: Mapping[str, Any]


def _facts(ops: str, names: str, **values: Any) -> Facts:
    return Facts(re.compile(ops), frozenset(names.split()), values)


_LOSSES = r"\w+Loss|\w+_loss|\w*cross_entropy\w*|kl_div"
_CONV = r"(Lazy)?Conv(Transpose)?\dd|conv(_transpose)?\dd"
_POOL = r"(Avg|Max|LP|FractionalMax)Pool\dd|MaxUnpool\dd|(avg|max|lp|fractional_max)_pool\dd|max_unpool\dd"
_SLIDING = rf"{_CONV}|{_POOL}|Unfold|Fold|unfold|fold"
_DROPOUT = r"(Feature)?(Alpha)?Dropout\d?d?|(feature_)?(alpha_)?dropout\d?d?"
_TRANSFORMER = r"Transformer(Encoder|Decoder)?(Layer)?"
_RESIZE = r"Upsample|Upsampling\w+|upsample|interpolate"
_PADS = ("constant", "reflect", "replicate", "circular")

TYPES = (
    _facts(r"\w+", "align_corners", types=("bool", "none")),
    _facts(r"softsign|tanh|tanhshrink|upsample", "input", types=("tensor",)),
    _facts(r"upsample", "size", types=("int", "ints", "none")),
    _facts(r"upsample", "scale_factor", types=("float", "floats", "none")),
    _facts(r"MultiheadAttention", "embed_dim num_heads", types=("int",)),
    _facts(r"MultiheadAttention", "kdim vdim", types=("int", "none")),
    _facts(r"(RNN|GRU|LSTM)\.forward", "input", types=("tensor",)),
    _facts(r"(RNN|GRU)\.forward", "hx", types=("tensor", "none")),
    _facts(r"LSTM\.forward", "hx", types=("tensors", "none")),
    # The default is the function itself; the text means the same.
    _facts(_TRANSFORMER, "activation", types=("str", "callable"), default="relu", choices=("relu", "gelu")),
    _facts(_TRANSFORMER, "custom_encoder custom_decoder norm", types=("module", "none")),
    _facts(r"Adaptive\w+Pool1d|adaptive_\w+_pool1d", "output_size", types=("int", "int[1]")),
    _facts(r"Adaptive\w+Pool[23]d|adaptive_\w+_pool[23]d", "output_size", types=("int", "ints?")),
    _facts(r"(Lazy)?InstanceNorm\dd", "momentum", types=("float", "none")),
    _facts(r"full|full_like|new_full", "fill_value", types=("number", "bool")),
    _facts(r"masked_fill_?|fill_", "value", types=("tensor", "number", "bool")),
    _facts(r"eq|ne|where", "other", types=("tensor", "number", "bool")),
    _facts(r"LPPool\dd|lp_pool\dd", "norm_type", types=("float",)),
    # The stubs are too narrow here.
    _facts(r"max_unpool\dd", "kernel_size padding", types=("int", "ints")),
    _facts(r"max_unpool\dd", "stride", types=("int", "ints", "none")),
    _facts(r"ctc_loss", "input_lengths target_lengths", types=("tensor", "ints")),
    # In a spec the operands come first, `{einsum: "ij, jk -> ik", from: [a, b]}`.
    _facts(r"einsum", "equation", keyword_only=False),
)

CHOICES = (
    _facts(_LOSSES, "reduction", choices=("none", "mean", "sum")),
    _facts(r"KLDivLoss|kl_div", "reduction", choices=("none", "batchmean", "mean", "sum")),
    _facts(r"(Lazy)?Conv\dd|conv\dd", "padding", choices=("same", "valid")),
    _facts(r"(Lazy)?Conv\dd", "padding_mode", choices=("zeros", "reflect", "replicate", "circular")),
    _facts(r"(Lazy)?ConvTranspose\dd", "padding_mode", choices=("zeros",)),
    _facts(r"RNN(Cell)?", "nonlinearity", choices=("tanh", "relu")),
    _facts(r"GELU|gelu", "approximate", choices=("none", "tanh")),
    _facts(r"EmbeddingBag|embedding_bag", "mode", choices=("sum", "mean", "max")),
    _facts(
        r"Upsample|upsample|interpolate",
        "mode",
        choices=("nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact", "lanczos"),
    ),
    _facts(r"grid_sample", "mode", choices=("bilinear", "nearest", "bicubic")),
    _facts(r"grid_sample", "padding_mode", choices=("zeros", "border", "reflection")),
    _facts(r"pad", "mode", choices=_PADS),
    _facts(r"stft", "pad_mode", choices=_PADS),
    _facts(r"(true_)?div(ide)?_?", "rounding_mode", choices=("trunc", "floor")),
    _facts(r"scatter_?", "reduce", choices=("add", "multiply")),
    _facts(r"scatter_reduce_?", "reduce", choices=("sum", "prod", "mean", "amax", "amin")),
    _facts(r"index_reduce_?", "reduce", choices=("prod", "mean", "amax", "amin")),
    _facts(r"searchsorted", "side", choices=("left", "right")),
    _facts(r"meshgrid", "indexing", choices=("ij", "xy")),
    _facts(r"(nan)?quantile", "interpolation", choices=("linear", "lower", "higher", "midpoint", "nearest")),
    _facts(r"norm", "p", choices=("fro", "nuc")),
    _facts(
        r"cdist",
        "compute_mode",
        choices=(
            "use_mm_for_euclid_dist_if_necessary",
            "use_mm_for_euclid_dist",
            "donot_use_mm_for_euclid_dist",
        ),
    ),
    _facts(r"MultiMarginLoss|multi_margin_loss", "p", choices=(1, 2)),
)

RANGES = (
    _facts(_SLIDING, "kernel_size stride dilation groups", minimum=1),
    _facts(_SLIDING, "padding output_padding", minimum=0),
    _facts(r"(Lazy)?Conv(Transpose)?\dd", "out_channels", minimum=1),
    _facts(r"Conv\dd", "in_channels", minimum=0),
    _facts(r"ConvTranspose\dd", "in_channels", minimum=1),
    _facts(r"Adaptive\w+Pool\dd|adaptive_\w+_pool\dd", "output_size", minimum=0),
    _facts(r"Fold|fold", "output_size", minimum=1),
    _facts(r"FractionalMaxPool\dd|fractional_max_pool\dd", "output_ratio", exclusive_minimum=0, maximum=1),
    _facts(r"Linear|LazyLinear|LinearCrossEntropyLoss", "in_features out_features", minimum=0),
    _facts(r"Bilinear", "in1_features in2_features", minimum=1),
    _facts(r"Bilinear", "out_features", minimum=0),
    _facts(r"(Sync)?BatchNorm(\dd)?", "num_features", minimum=1),
    _facts(r"(Lazy)?BatchNorm\dd|SyncBatchNorm|batch_norm", "eps", minimum=0),
    _facts(r"GroupNorm|group_norm", "num_groups num_channels", minimum=1),
    _facts(r"LayerNorm|RMSNorm|layer_norm|rms_norm", "normalized_shape", minimum=0),
    _facts(r"Embedding(Bag)?", "num_embeddings embedding_dim", minimum=0),
    _facts(r"PReLU", "num_parameters", minimum=0),
    _facts(r"RNN|GRU|LSTM", "input_size hidden_size num_layers", minimum=1),
    _facts(r"RNN|GRU|LSTM", "dropout", minimum=0, maximum=1),
    _facts(r"LSTM", "proj_size", minimum=0),
    _facts(r"(RNN|GRU|LSTM)Cell", "input_size hidden_size", minimum=0),
    _facts(r"MultiheadAttention", "embed_dim num_heads", minimum=1),
    _facts(r"MultiheadAttention", "kdim vdim", minimum=0),
    _facts(_TRANSFORMER, "d_model nhead num_layers num_encoder_layers num_decoder_layers", minimum=1),
    _facts(_TRANSFORMER, "dim_feedforward", minimum=0),
    _facts(_TRANSFORMER, "dropout", minimum=0, maximum=1),
    _facts(_DROPOUT, "p", minimum=0, maximum=1),
    _facts(r"scaled_dot_product_attention", "dropout_p", minimum=0, maximum=1),
    # PyTorch takes a negative one for none, and fails above 1.
    _facts(r"MultiheadAttention", "dropout", minimum=0, maximum=1),
    _facts(r"CrossEntropyLoss|cross_entropy", "label_smoothing", maximum=1),
    _facts(r"LinearCrossEntropyLoss", "label_smoothing", minimum=0, maximum=1),
    _facts(r"PixelShuffle|pixel_shuffle", "upscale_factor", minimum=1),
    _facts(r"PixelUnshuffle|pixel_unshuffle", "downscale_factor", minimum=1),
    _facts(r"ChannelShuffle|channel_shuffle", "groups", minimum=1),
    _facts(r"LocalResponseNorm|local_response_norm", "size", minimum=1),
    _facts(_RESIZE, "size", minimum=1),
    _facts(_RESIZE, "scale_factor", exclusive_minimum=0),
    _facts(r"HuberLoss|huber_loss", "delta", exclusive_minimum=0),
    _facts(r"SmoothL1Loss|smooth_l1_loss", "beta", minimum=0),
    _facts(r"CosineSimilarity|cosine_similarity", "eps", minimum=0),
    _facts(r"TripletMargin\w*Loss|triplet_margin_\w*loss", "margin", exclusive_minimum=0),
    _facts(r"AdaptiveLogSoftmaxWithLoss", "div_value", exclusive_minimum=0),
    _facts(r"Softshrink|softshrink", "lambd", minimum=0),
    _facts(r"chunk", "chunks", minimum=1),
)

DOCS = {
    "CrossMapLRN2d": "Normalises each position over neighbouring channels.",
    "LSTMCell": "One step of a long short-term memory.",
}
# What a parameter of a module is for, where no docstring says so.
PARAM_DOCS = {
    "inplace": "Whether to overwrite the input.",
    "padding_mode": "What stands outside the input.",
    "value": "The number to pad with.",
    "norm_type": "The exponent of the norm.",
    "size": "How many neighbouring channels are summed over.",
    "alpha": "Factor of the sum.",
    "beta": "Exponent of the denominator.",
    "k": "Added to the denominator.",
    "mask_check": "Whether to check the mask before the fast path is taken.",
}


def apply(op: str, signature: Signature) -> Signature:
    """The signature with all facts merged in; `op` is a name, or `NAME.forward` for a module's call."""
    return tuple(_apply(op, param) for param in signature)


def _apply(op: str, param: Param) -> Param:
    for values in _values(op, param):
        param = replace(param, **values)
    return param


def _values(op: str, param: Param) -> Iterator[Mapping[str, Any]]:
    for facts in (*TYPES, *CHOICES, *RANGES):
        if param.name in facts.names and facts.ops.fullmatch(op):
            yield facts.values
