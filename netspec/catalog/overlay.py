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


def facts(ops: str, names: str, **values: Any) -> Facts:
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
    facts(r"\w+", "align_corners", types=("bool", "none")),
    facts(r"softsign|tanh|tanhshrink|upsample", "input", types=("tensor",)),
    facts(r"upsample", "size", types=("int", "ints", "none")),
    facts(r"upsample", "scale_factor", types=("float", "floats", "none")),
    facts(r"MultiheadAttention", "embed_dim num_heads", types=("int",)),
    facts(r"MultiheadAttention", "kdim vdim", types=("int", "none")),
    facts(r"(RNN|GRU|LSTM)\.forward", "input", types=("tensor",)),
    facts(r"(RNN|GRU)\.forward", "hx", types=("tensor", "none")),
    facts(r"LSTM\.forward", "hx", types=("tensors", "none")),
    # The default is the function itself; the text means the same.
    facts(_TRANSFORMER, "activation", types=("str", "callable"), default="relu", choices=("relu", "gelu")),
    facts(_TRANSFORMER, "custom_encoder custom_decoder norm", types=("module", "none")),
    facts(r"Adaptive\w+Pool1d|adaptive_\w+_pool1d", "output_size", types=("int", "int[1]")),
    facts(r"Adaptive\w+Pool[23]d|adaptive_\w+_pool[23]d", "output_size", types=("int", "ints?")),
    facts(r"(Lazy)?InstanceNorm\dd", "momentum", types=("float", "none")),
    facts(r"full|full_like|new_full", "fill_value", types=("number", "bool")),
    facts(r"masked_fill_?|fill_", "value", types=("tensor", "number", "bool")),
    facts(r"eq|ne|where", "other", types=("tensor", "number", "bool")),
    facts(r"LPPool\dd|lp_pool\dd", "norm_type", types=("float",)),
    # The stubs are too narrow here.
    facts(r"max_unpool\dd", "kernel_size padding", types=("int", "ints")),
    facts(r"max_unpool\dd", "stride", types=("int", "ints", "none")),
    facts(r"ctc_loss", "input_lengths target_lengths", types=("tensor", "ints")),
    # In a spec the operands come first, `{einsum: "ij, jk -> ik", from: [a, b]}`.
    facts(r"einsum", "equation", keyword_only=False),
)

CHOICES = (
    facts(_LOSSES, "reduction", choices=("none", "mean", "sum")),
    facts(r"KLDivLoss|kl_div", "reduction", choices=("none", "batchmean", "mean", "sum")),
    facts(r"(Lazy)?Conv\dd|conv\dd", "padding", choices=("same", "valid")),
    facts(r"(Lazy)?Conv\dd", "padding_mode", choices=("zeros", "reflect", "replicate", "circular")),
    facts(r"(Lazy)?ConvTranspose\dd", "padding_mode", choices=("zeros",)),
    facts(r"RNN(Cell)?", "nonlinearity", choices=("tanh", "relu")),
    facts(r"GELU|gelu", "approximate", choices=("none", "tanh")),
    facts(r"EmbeddingBag|embedding_bag", "mode", choices=("sum", "mean", "max")),
    facts(
        r"Upsample|upsample|interpolate",
        "mode",
        choices=("nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact", "lanczos"),
    ),
    facts(r"grid_sample", "mode", choices=("bilinear", "nearest", "bicubic")),
    facts(r"grid_sample", "padding_mode", choices=("zeros", "border", "reflection")),
    facts(r"pad", "mode", choices=_PADS),
    facts(r"stft", "pad_mode", choices=_PADS),
    facts(r"(true_)?div(ide)?_?", "rounding_mode", choices=("trunc", "floor")),
    facts(r"scatter_?", "reduce", choices=("add", "multiply")),
    facts(r"scatter_reduce_?", "reduce", choices=("sum", "prod", "mean", "amax", "amin")),
    facts(r"index_reduce_?", "reduce", choices=("prod", "mean", "amax", "amin")),
    facts(r"searchsorted", "side", choices=("left", "right")),
    facts(r"meshgrid", "indexing", choices=("ij", "xy")),
    facts(r"(nan)?quantile", "interpolation", choices=("linear", "lower", "higher", "midpoint", "nearest")),
    facts(r"norm", "p", choices=("fro", "nuc")),
    facts(
        r"cdist",
        "compute_mode",
        choices=(
            "use_mm_for_euclid_dist_if_necessary",
            "use_mm_for_euclid_dist",
            "donot_use_mm_for_euclid_dist",
        ),
    ),
    facts(r"MultiMarginLoss|multi_margin_loss", "p", choices=(1, 2)),
)

RANGES = (
    facts(_SLIDING, "kernel_size stride dilation groups", minimum=1),
    facts(_SLIDING, "padding output_padding", minimum=0),
    facts(r"(Lazy)?Conv(Transpose)?\dd", "out_channels", minimum=1),
    facts(r"Conv\dd", "in_channels", minimum=0),
    facts(r"ConvTranspose\dd", "in_channels", minimum=1),
    facts(r"Adaptive\w+Pool\dd|adaptive_\w+_pool\dd", "output_size", minimum=0),
    facts(r"Fold|fold", "output_size", minimum=1),
    facts(r"FractionalMaxPool\dd|fractional_max_pool\dd", "output_ratio", exclusive_minimum=0, maximum=1),
    facts(r"Linear|LazyLinear|LinearCrossEntropyLoss", "in_features out_features", minimum=0),
    facts(r"Bilinear", "in1_features in2_features", minimum=1),
    facts(r"Bilinear", "out_features", minimum=0),
    facts(r"(Sync)?BatchNorm(\dd)?", "num_features", minimum=1),
    facts(r"(Lazy)?BatchNorm\dd|SyncBatchNorm|batch_norm", "eps", minimum=0),
    facts(r"GroupNorm|group_norm", "num_groups num_channels", minimum=1),
    facts(r"LayerNorm|RMSNorm|layer_norm|rms_norm", "normalized_shape", minimum=0),
    facts(r"Embedding(Bag)?", "num_embeddings embedding_dim", minimum=0),
    facts(r"PReLU", "num_parameters", minimum=0),
    facts(r"RNN|GRU|LSTM", "input_size hidden_size num_layers", minimum=1),
    facts(r"RNN|GRU|LSTM", "dropout", minimum=0, maximum=1),
    facts(r"LSTM", "proj_size", minimum=0),
    facts(r"(RNN|GRU|LSTM)Cell", "input_size hidden_size", minimum=0),
    facts(r"MultiheadAttention", "embed_dim num_heads", minimum=1),
    facts(r"MultiheadAttention", "kdim vdim", minimum=0),
    facts(_TRANSFORMER, "d_model nhead num_layers num_encoder_layers num_decoder_layers", minimum=1),
    facts(_TRANSFORMER, "dim_feedforward", minimum=0),
    facts(_TRANSFORMER, "dropout", minimum=0, maximum=1),
    facts(_DROPOUT, "p", minimum=0, maximum=1),
    facts(r"scaled_dot_product_attention", "dropout_p", minimum=0, maximum=1),
    # PyTorch takes a negative one for none, and fails above 1.
    facts(r"MultiheadAttention", "dropout", minimum=0, maximum=1),
    facts(r"CrossEntropyLoss|cross_entropy", "label_smoothing", maximum=1),
    facts(r"LinearCrossEntropyLoss", "label_smoothing", minimum=0, maximum=1),
    facts(r"PixelShuffle|pixel_shuffle", "upscale_factor", minimum=1),
    facts(r"PixelUnshuffle|pixel_unshuffle", "downscale_factor", minimum=1),
    facts(r"ChannelShuffle|channel_shuffle", "groups", minimum=1),
    facts(r"LocalResponseNorm|local_response_norm", "size", minimum=1),
    facts(_RESIZE, "size", minimum=1),
    facts(_RESIZE, "scale_factor", exclusive_minimum=0),
    facts(r"HuberLoss|huber_loss", "delta", exclusive_minimum=0),
    facts(r"SmoothL1Loss|smooth_l1_loss", "beta", minimum=0),
    facts(r"CosineSimilarity|cosine_similarity", "eps", minimum=0),
    facts(r"TripletMargin\w*Loss|triplet_margin_\w*loss", "margin", exclusive_minimum=0),
    facts(r"AdaptiveLogSoftmaxWithLoss", "div_value", exclusive_minimum=0),
    facts(r"Softshrink|softshrink", "lambd", minimum=0),
    facts(r"chunk", "chunks", minimum=1),
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


def apply(op: str, signature: Signature, known: tuple[Facts, ...] | None = None) -> Signature:
    """The signature with all facts merged in; `op` is a name, or `NAME.forward` for a module's call.
    `known` are the facts, PyTorch's own by default."""
    return tuple(
        _apply(op, param, (*TYPES, *CHOICES, *RANGES) if known is None else known) for param in signature
    )


def _apply(op: str, param: Param, known: tuple[Facts, ...]) -> Param:
    for values in _values(op, param, known):
        param = replace(param, **values)
    return param


def _values(op: str, param: Param, known: tuple[Facts, ...]) -> Iterator[Mapping[str, Any]]:
    for each in known:
        if param.name in each.names and each.ops.fullmatch(op):
            yield each.values
