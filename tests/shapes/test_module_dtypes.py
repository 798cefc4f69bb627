"""Which dtypes a module takes, and what it makes of them: every rule against PyTorch's CPU kernels."""

import pytest

pytestmark = pytest.mark.torch

DTYPES = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64".split()

IMAGE, FLAT = (2, 4, 6, 6), (3, 2, 6)


def sized(count):
    """[2, 4, 6, ...] with `count` spatial dimensions."""
    return (2, 4, *(6,) * count)


def spatial_cases():
    for n in (1, 2, 3):
        for name, positional, keywords in [
            ("Conv{}d", (4, 6, 3), {}),
            ("ConvTranspose{}d", (4, 6, 3), {}),
            ("MaxPool{}d", (2,), {}),
            ("MaxPool{}d", (2,), {"return_indices": True}),
            ("AvgPool{}d", (2,), {}),
            ("LPPool{}d", (2, 2), {}),
            ("AdaptiveAvgPool{}d", (2,), {}),
            ("AdaptiveMaxPool{}d", (2,), {}),
            ("ReflectionPad{}d", (1,), {}),
            ("ReplicationPad{}d", (1,), {}),
            ("CircularPad{}d", (1,), {}),
            ("ZeroPad{}d", (1,), {}),
            ("BatchNorm{}d", (4,), {}),
            ("BatchNorm{}d", (4,), {"affine": False}),
            ("BatchNorm{}d", (4,), {"affine": False, "track_running_stats": False}),
            ("InstanceNorm{}d", (4,), {}),
            ("InstanceNorm{}d", (4,), {"affine": True}),
            ("InstanceNorm{}d", (4,), {"track_running_stats": True}),
            ("Dropout{}d", (), {}),
            ("Upsample", (), {"scale_factor": 2}),
            ("Upsample", (), {"scale_factor": 2, "mode": "nearest-exact"}),
            ("Upsample", (), {"scale_factor": 2, "mode": "area"}),
            ("Upsample", (), {"scale_factor": 2, "mode": ("linear", "bilinear", "trilinear")[n - 1]}),
        ]:
            yield name.format(n), positional, keywords, (sized(n),)
        if n > 1:
            yield f"FractionalMaxPool{n}d", (2, 3), {}, (sized(n),)


CASES = [
    *spatial_cases(),
    ("Upsample", (), {"scale_factor": 2, "mode": "bicubic"}, (IMAGE,)),
    ("UpsamplingNearest2d", (), {"scale_factor": 2}, (IMAGE,)),
    ("UpsamplingBilinear2d", (), {"scale_factor": 2}, (IMAGE,)),
    ("Linear", (6, 3), {}, (IMAGE,)),
    ("Bilinear", (6, 6, 3), {}, (IMAGE, IMAGE)),
    ("Identity", (), {}, (IMAGE,)),
    ("Flatten", (), {}, (IMAGE,)),
    ("Unflatten", (1, (2, 2)), {}, (IMAGE,)),
    ("LayerNorm", (6,), {}, (IMAGE,)),
    ("LayerNorm", (6,), {"elementwise_affine": False}, (IMAGE,)),
    ("RMSNorm", (6,), {}, (IMAGE,)),
    ("RMSNorm", (6,), {"elementwise_affine": False}, (IMAGE,)),
    ("GroupNorm", (2, 4), {}, (IMAGE,)),
    ("GroupNorm", (2, 4), {"affine": False}, (IMAGE,)),
    ("LocalResponseNorm", (2,), {}, (IMAGE,)),
    ("CrossMapLRN2d", (2,), {}, (IMAGE,)),
    *[
        (name, (), {}, (IMAGE,))
        for name in (
            "CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU RReLU"
            " ReLU ReLU6 SELU SiLU Sigmoid Softmax2d Softplus Softshrink Softsign Tanh Tanhshrink"
            " Dropout AlphaDropout FeatureAlphaDropout"
        ).split()
    ],
    *[(name, (1,), {}, (IMAGE,)) for name in ("GLU", "LogSoftmax", "Softmax", "Softmin")],
    ("Dropout", (0.0,), {}, (IMAGE,)),
    ("Dropout", (1.0,), {}, (IMAGE,)),
    ("Threshold", (1, 1), {}, (IMAGE,)),
    ("PixelShuffle", (2,), {}, (IMAGE,)),
    ("PixelUnshuffle", (2,), {}, (IMAGE,)),
    ("ChannelShuffle", (2,), {}, (IMAGE,)),
    ("Unfold", (2,), {}, (IMAGE,)),
    ("Fold", ((3, 3), 2), {}, ((2, 8, 4),)),
    ("Embedding", (10, 3), {}, (IMAGE,)),
    ("EmbeddingBag", (10, 3), {}, ((2, 3),)),
    ("CosineSimilarity", (), {}, (IMAGE, IMAGE)),
    ("PairwiseDistance", (), {}, (IMAGE, IMAGE)),
    *[(name, (6, 5), {}, (FLAT,)) for name in ("RNN", "LSTM", "GRU")],
    *[(f"{name}Cell", (6, 5), {}, ((2, 6),)) for name in ("RNN", "LSTM", "GRU")],
    ("MultiheadAttention", (6, 2), {}, (FLAT, FLAT, FLAT)),
    ("TransformerEncoderLayer", (6, 2, 8), {}, (FLAT,)),
    ("TransformerDecoderLayer", (6, 2, 8), {}, (FLAT, FLAT)),
    ("Transformer", (6, 2, 1, 1, 8), {}, (FLAT, FLAT)),
    *[
        (name, (), {"reduction": "none"}, ((2, 3), (2, 3)))
        for name in (
            "L1Loss MSELoss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss KLDivLoss PoissonNLLLoss"
            " HingeEmbeddingLoss SoftMarginLoss MultiLabelSoftMarginLoss CrossEntropyLoss"
        ).split()
    ],
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "positional", "keywords", "shapes"), CASES)
def test_dtype(oracle, name, positional, keywords, shapes, dtype):
    inputs = [(dtype, *shape) for shape in shapes]
    for training in (True, False):
        oracle.agree(name, positional, keywords, inputs, training=training)
