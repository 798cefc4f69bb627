"""`tensors` against the state_dict of the module that PyTorch builds."""

import pytest

pytestmark = pytest.mark.torch

torch = pytest.importorskip("torch")
nn = torch.nn

from netspec.catalog.bind import bind  # noqa: E402
from netspec.catalog.load import ops  # noqa: E402
from netspec.shapes.call import AUTO  # noqa: E402
from netspec.shapes.weights import tensors  # noqa: E402

MODULES = [
    ("Conv1d", [4, 6, 3], {"groups": 2}),
    ("Conv2d", [4, 6, 3], {}),
    ("Conv2d", [4, 6, (3, 5)], {"bias": False}),
    ("Conv3d", [4, 6, 3], {}),
    ("ConvTranspose1d", [4, 6, 3], {"groups": 2}),
    ("ConvTranspose2d", [4, 6, 3], {}),
    ("ConvTranspose3d", [4, 6, (1, 2, 3)], {"bias": False}),
    ("Linear", [3, 5], {}),
    ("Linear", [3, 5], {"bias": False}),
    ("Bilinear", [2, 3, 4], {}),
    ("Embedding", [10, 3], {}),
    ("EmbeddingBag", [10, 3], {}),
    ("BatchNorm1d", [3], {}),
    ("BatchNorm2d", [3], {"affine": False}),
    ("BatchNorm3d", [3], {"track_running_stats": False}),
    ("SyncBatchNorm", [3], {}),
    ("InstanceNorm1d", [3], {}),
    ("InstanceNorm2d", [3], {"affine": True}),
    ("InstanceNorm3d", [3], {"affine": True, "track_running_stats": True}),
    ("LayerNorm", [3], {}),
    ("LayerNorm", [[3, 4]], {"bias": False}),
    ("LayerNorm", [3], {"elementwise_affine": False}),
    ("RMSNorm", [[3, 4]], {}),
    ("GroupNorm", [2, 4], {}),
    ("GroupNorm", [2, 4], {"affine": False}),
    ("PReLU", [], {}),
    ("PReLU", [7], {}),
    ("RNN", [3, 4], {"num_layers": 2}),
    ("LSTM", [3, 4], {"num_layers": 2, "bidirectional": True, "proj_size": 2}),
    ("LSTM", [3, 4], {"bias": False, "proj_size": 2}),
    ("GRU", [3, 4], {"num_layers": 3, "bidirectional": True}),
    ("RNNCell", [3, 4], {}),
    ("LSTMCell", [3, 4], {"bias": False}),
    ("GRUCell", [3, 4], {}),
    ("MultiheadAttention", [6, 2], {}),
    ("MultiheadAttention", [6, 2], {"kdim": 3, "vdim": 4, "add_bias_kv": True}),
    ("MultiheadAttention", [6, 2], {"bias": False, "kdim": 6}),
    ("TransformerEncoderLayer", [6, 2, 8], {}),
    ("TransformerEncoderLayer", [6, 2], {"bias": False}),
    ("TransformerDecoderLayer", [6, 2, 8], {}),
    ("Transformer", [6, 2, 2, 1, 8], {"batch_first": True}),
    ("Transformer", [6, 2, 1, 2, 8], {"bias": False, "batch_first": True, "norm_first": False}),
    ("AdaptiveLogSoftmaxWithLoss", [16, 100, [10, 50]], {"head_bias": True}),
    ("AdaptiveLogSoftmaxWithLoss", [16, 100, [10, 50, 70]], {"div_value": 1.5}),
    ("ReLU", [], {}),
    ("MaxPool2d", [2], {}),
]


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize(("name", "positional", "keywords"), MODULES)
def test_tensors_are_the_state(name, positional, keywords):
    op = ops().get(name)
    bound = bind(name, op.signatures, positional, keywords)
    assert bound.problems == ()
    module = getattr(nn, name)(*positional, **keywords)
    parameters = {name for name, _ in module.named_parameters()}
    expected = [
        (key, tuple(value.shape), str(value.dtype)[6:], "parameter" if key in parameters else "buffer")
        for key, value in module.state_dict().items()
    ]
    found = [
        (each.name, tuple(size.value for size in each.shape), each.dtype, each.kind)
        for each in tensors(name, bound.arguments)
    ]
    assert found == expected


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_stacks_take_their_layer_as_an_op():
    layer = nn.TransformerDecoderLayer(6, 2, 8)
    module = nn.TransformerDecoder(layer, 2, norm=nn.LayerNorm(6))
    settings = {
        "decoder_layer": {"TransformerDecoderLayer": [6, 2, {"dim_feedforward": 8}]},
        "num_layers": 2,
        "norm": {"LayerNorm": 6},
    }
    found = tensors("TransformerDecoder", settings)
    assert [(each.name, tuple(size.value for size in each.shape)) for each in found] == [
        (key, tuple(value.shape)) for key, value in module.state_dict().items()
    ]


def test_a_size_that_is_auto_is_not_known():
    op = ops().get("Conv2d")
    settings = {**bind("Conv2d", op.signatures, [3, 6, 3], {}).arguments, "in_channels": AUTO}
    weight, bias = tensors("Conv2d", settings)
    assert weight.shape is None
    assert [size.value for size in bias.shape] == [6]


def test_lazy_modules_name_their_tensors():
    settings = bind("LazyLinear", ops().get("LazyLinear").signatures, [5], {}).arguments
    assert [each.name for each in tensors("LazyLinear", settings)] == ["weight", "bias"]
