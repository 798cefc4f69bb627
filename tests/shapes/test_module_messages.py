"""What module rules say: messages, what they blame, what they solve. No PyTorch needed."""

import pytest

from netspec.catalog.bind import bind
from netspec.catalog.load import ops
from netspec.shapes.call import AUTO, Call, Fault
from netspec.shapes.dims import const, dim, symbol
from netspec.shapes.failing import again, exemplified, symbols_of
from netspec.shapes.rules.modules import MODULE_CHECKS, MODULE_RULES
from netspec.shapes.values import Tensor, TupleOf

N, H, T = symbol("N"), symbol("H"), symbol("T")


def call(op, name, positional, shape, dtype="float32", /, *, training=True, **settings):
    catalog = ops().get(op)
    arguments = {**bind(op, catalog.signatures, list(positional), {}).arguments, **settings}
    given = {param.name: param.default for param in catalog.call if not param.required}
    given[catalog.call[0].name] = Tensor(None if shape is None else tuple(map(dim, shape)), dtype)
    return Call(op, name, arguments, given, training)


def fault(*arguments, **settings):
    made = call(*arguments, **settings)
    rule = MODULE_RULES[made.op]
    with pytest.raises(Fault) as caught:
        rule(made)
    return exemplified(caught.value, again(rule, made), symbols_of((made.settings, made.inputs)))


def check(op, name, positional, **settings):
    made = call(op, name, positional, (), **settings)
    with pytest.raises(Fault) as caught:
        MODULE_CHECKS[op](made)
    return caught.value


def shape(*arguments, **settings):
    made = call(*arguments, **settings)
    return str(MODULE_RULES[made.op](made))


def test_linear_features():
    found = fault("Linear", "fc1", [9217, 128], [N, 9216])
    assert found.code == "NS402"
    assert found.message == "`fc1` takes 9217 features but receives 9216"
    assert (found.argument, found.expected) == ("in_features", 9216)
    assert found.help == "set in_features to 9216, or to `auto`"


def test_a_size_that_is_equal_for_some_sizes_only():
    found = fault("Linear", "fc1", [64, 10], [N, 64 * H])
    assert found.code == "NS402"
    assert found.message == "`fc1` takes 64 features but receives 64*H, which fails for H = 2: 128 is not 64"


def test_linear_dtype():
    found = fault("Linear", "fc1", [3, 4], [N, 3], "int64")
    assert found.code == "NS405"
    assert found.message == "`fc1` has float32 weights but receives int64"
    assert found.help == "convert the value first: `{to: float32}`"


def test_conv_channels():
    found = fault("Conv2d", "conv2", [16, 8, 3], [N, 32, H, H])
    assert (found.code, found.argument, found.expected) == ("NS402", "in_channels", 32)
    assert found.message == "`conv2` takes 16 channels but receives 32"


def test_conv_larger_than_its_input():
    found = fault("Conv2d", "conv1", [1, 8, 40], [N, 1, 28, 28])
    assert (found.code, found.argument) == ("NS404", "kernel_size")
    assert found.message == "`conv1` needs an input of at least 40 x 40, but receives 28 x 28"
    assert found.help is not None


def test_transposed_conv_padded_away():
    found = fault("ConvTranspose2d", "up", [1, 1, 1, 1, 2], [N, 1, 3, 3])
    assert (found.code, found.argument) == ("NS404", "padding")
    assert found.message == "`up` needs an input of at least 5 x 5, but receives 3 x 3"


def test_a_size_that_may_be_too_small_is_a_demand_on_the_input():
    assert shape("Conv2d", "conv1", [1, 8, 40], [N, 1, H, H]) == "float32 [N, 8, H - 39, H - 39]"


def test_rank():
    found = fault("Conv2d", "conv1", [1, 8, 3], [N, 784])
    assert found.code == "NS401"
    assert found.message == "`conv1` takes [N, C, H, W] or [C, H, W] but receives [N, 784]"
    assert found.help == "give it a value with 3 or 4 dimensions"
    assert fault("Linear", "fc", [1, 2], []).help == "give it a value with at least 1 dimension"


def test_groups():
    found = check("Conv2d", "conv1", [3, 8, 3], groups=2)
    assert (found.code, found.argument) == ("NS408", "groups")
    assert found.message == "`conv1` has in_channels = 3, which its groups = 2 does not divide"


def test_checks_pass_what_is_auto_and_rules_check_it_when_solved():
    made = call("Conv2d", "conv1", [3, 8, 3], [N, 3, H, H], in_channels=AUTO, groups=2)
    MODULE_CHECKS["Conv2d"](made)
    with pytest.raises(Fault, match="in_channels = 3"):
        MODULE_RULES["Conv2d"](made)


@pytest.mark.parametrize(
    ("op", "positional", "argument", "given", "solved"),
    [
        ("Linear", [1, 4], "in_features", [N, 9216], 9216),
        ("Conv2d", [1, 4, 3], "in_channels", [N, 3, H, H], 3),
        ("ConvTranspose1d", [1, 4, 3], "in_channels", [N, 5, H], 5),
        ("BatchNorm2d", [1], "num_features", [N, 7, H, H], 7),
        ("InstanceNorm1d", [1], "num_features", [N, 7, H], 7),
        ("LayerNorm", [1], "normalized_shape", [N, T, 7], 7),
        ("RMSNorm", [1], "normalized_shape", [N, T, 7], 7),
        ("GroupNorm", [2, 4], "num_channels", [N, 8, H], 8),
        ("PReLU", [], "num_parameters", [N, 8, H], 8),
        ("LSTM", [1, 4], "input_size", [T, N, 6], 6),
        ("GRUCell", [1, 4], "input_size", [N, 6], 6),
        ("TransformerEncoderLayer", [8, 2], "d_model", [T, N, 6], 6),
        ("Bilinear", [2, 3, 4], "in1_features", [N, 5], 5),
    ],
)
def test_auto(op, positional, argument, given, solved):
    made = call(op, "layer", positional, given, **{argument: AUTO})
    if op == "Bilinear":
        made.inputs["input2"] = Tensor((N, const(3)))
    MODULE_RULES[op](made)
    assert made.solved == {argument: const(solved)}


def test_attention_solves_all_its_widths():
    made = call("MultiheadAttention", "attn", [8, 2], [T, N, 6], embed_dim=AUTO, kdim=AUTO, vdim=AUTO)
    made.inputs.update(key=Tensor((H, N, const(5))), value=Tensor((H, N, const(4))))
    assert str(MODULE_RULES["MultiheadAttention"](made)) == "(float32 [T, N, 6], float32 [N, T, H])"
    assert made.solved == {"embed_dim": const(6), "kdim": const(5), "vdim": const(4)}


def test_dropout2d_on_rows_warns():
    made = call("Dropout2d", "dropout2", [0.5], [N, 128])
    MODULE_RULES["Dropout2d"](made)
    (warning,) = made.warnings
    assert warning.code == "NS503"
    assert warning.message == "`dropout2` is a Dropout2d, which drops channels, but receives [N, 128]"
    assert warning.help == (
        "use `Dropout`, which drops single values, or silence this with `# netspec: ignore[NS503] reason`"
    )


def test_dropout2d_on_images_does_not_warn():
    made = call("Dropout2d", "dropout1", [0.5], [N, 64, 12, 12])
    MODULE_RULES["Dropout2d"](made)
    assert made.warnings == []


def test_axis():
    found = fault("Softmax", "probs", [5], [N, 10])
    assert (found.code, found.argument) == ("NS406", "dim")


def test_lstm_over_any_batch():
    made = call("LSTM", "lstm", [6, 4], [N, T, 6], batch_first=True, bidirectional=True)
    answer = MODULE_RULES["LSTM"](made)
    assert isinstance(answer, TupleOf)
    assert str(answer) == "(float32 [N, T, 8], (float32 [2, N, 4], float32 [2, N, 4]))"


def test_state_of_another_batch():
    made = call("GRU", "gru", [6, 4], [T, N, 6])
    made.inputs["hx"] = Tensor((const(1), const(5), const(4)))
    with pytest.raises(Fault) as caught:
        MODULE_RULES["GRU"](made)
    assert caught.value.code == "NS403"
    assert caught.value.message == ("`gru` takes state h of shape [1, N, 4] but receives [1, 5, 4]")


def test_unknown_ranks_give_what_is_known():
    assert shape("Conv2d", "conv", [1, 8, 3], None) == "float32 [...]"
    assert shape("ReLU", "relu", [], None, None) == "any dtype [...]"
    assert shape("Embedding", "embed", [10, 4], None, "int64") == "float32 [...]"


def test_pixel_unshuffle_needs_even_sizes_for_every_size():
    found = fault("PixelUnshuffle", "down", [2], [N, 3, 2 * H, H])
    assert found.code == "NS402"
    assert found.message == (
        "`down` needs a width that 2 divides but has H, which fails for H = 1: 1 is not a multiple of 2"
    )
    assert shape("PixelUnshuffle", "down", [2], [N, 3, 2 * H, 4]) == "float32 [N, 12, H, 2]"


def test_unflatten():
    found = fault("Unflatten", "split", [1, (4, 3)], [N, 10])
    assert found.code == "NS407"
    assert shape("Unflatten", "split", [0, (-1, 4)], [4 * N, 10]) == "float32 [N, 4, 10]"


@pytest.mark.parametrize(("op", "argument"), [("Conv2d", "kernel_size"), ("Dropout", "p")])
def test_auto_for_what_no_input_tells(op, argument):
    found = check(op, "layer", [1, 4, 3][: 3 if op == "Conv2d" else 0], **{argument: AUTO})
    assert (found.code, found.argument) == ("NS306", argument)
    assert found.message == f"`auto` cannot stand for `{argument}` of `layer`"


def test_auto_inside_a_list():
    found = fault("Conv2d", "conv", [1, 4, 3], [N, 1, H, H], kernel_size=(3, AUTO))
    assert found.code == "NS306"


def test_a_batch_that_differs_blames_the_input():
    made = call("MultiheadAttention", "attn", [6, 2], [T, N, 6])
    made.inputs.update(key=Tensor((T, const(3), const(6))), value=Tensor((T, const(3), const(6))))
    with pytest.raises(Fault) as caught:
        MODULE_RULES["MultiheadAttention"](made)
    assert (caught.value.code, caught.value.argument) == ("NS402", "key")
    assert caught.value.message == "`attn` takes N sequences of `key` but receives 3"
    assert caught.value.expected is None


def test_masks_of_symbolic_sequences():
    made = call("MultiheadAttention", "attn", [6, 2], [N, T, 6], batch_first=True)
    made.inputs.update(key=Tensor((N, H, const(6))), value=Tensor((N, H, const(6))))
    made.inputs.update(attn_mask=Tensor((2 * N, T, H), "bool"), key_padding_mask=Tensor((N, H), "bool"))
    assert str(MODULE_RULES["MultiheadAttention"](made)) == "(float32 [N, T, 6], float32 [N, T, H])"
    made.inputs.update(attn_mask=Tensor((H, T), "bool"))
    with pytest.raises(Fault) as caught:
        MODULE_RULES["MultiheadAttention"](made)
    assert (caught.value.code, caught.value.argument) == ("NS403", "attn_mask")


def test_a_stack_reads_its_layer_given_as_an_op():
    layer = {"TransformerEncoderLayer": {"d_model": 8, "nhead": 2}}
    found = fault("TransformerEncoder", "encoder", [layer, 2], [T, N, 6])
    assert found.code == "NS402"
    assert found.message == "`encoder` takes 8 features but receives 6"


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        ({"TransformerEncoderLayer": {"d_modl": 6, "nhead": 2}}, "NS202"),
        ("TransformerEncoderLayer", "NS203"),
        ({"TransformerEncoderLayer": [6, 4]}, "NS408"),
        ({"LayerNorm": 6}, "NS204"),
    ],
)
def test_a_stack_of_a_wrong_layer(layer, code):
    assert check("TransformerEncoder", "encoder", [layer, 2]).code == code
