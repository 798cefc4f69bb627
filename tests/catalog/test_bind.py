"""Each fault of the arguments gives one problem that says what is wrong and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.catalog.bind import Binding, Problem, Typed, bind, signature_text
from netspec.catalog.load import ops
from netspec.catalog.model import Param

X = Typed("tensor")


def given(name: str, *positional: object, **keywords: object) -> Binding:
    op = ops().get(name)
    assert op is not None
    return bind(name, op.signatures, positional, keywords, variadic=op.variadic)


def problem(name: str, *positional: object, **keywords: object) -> Problem:
    """The one problem of these arguments."""
    (only,) = given(name, *positional, **keywords).problems
    return only


def arguments(name: str, *positional: object, **keywords: object) -> dict[str, Any]:
    binding = given(name, *positional, **keywords)
    assert binding.problems == ()
    return dict(binding.arguments)


def test_defaults_are_filled_in_and_lists_become_tuples() -> None:
    binding = given("Conv2d", 1, 32, [3, 3], bias=False)
    assert binding.problems == ()
    assert binding.given == {"in_channels", "out_channels", "kernel_size", "bias"}
    assert dict(binding.arguments) == {
        "in_channels": 1,
        "out_channels": 32,
        "kernel_size": (3, 3),
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "groups": 1,
        "bias": False,
        "padding_mode": "zeros",
    }


def test_a_misspelled_argument_is_one_problem_though_a_required_one_is_then_missing() -> None:
    assert problem("Conv2d", 1, 32, kernal_size=3) == Problem(
        "NS202",
        "`Conv2d` has no argument `kernal_size`",
        "kernal_size",
        None,
        "an argument with a similar name exists: `kernel_size`",
        "kernel_size",
    )


def test_the_beginning_of_one_name_is_similar_to_it() -> None:
    assert problem("Conv2d", 1, 32, kernel=3).replacement == "kernel_size"


def test_an_argument_without_a_similar_one_lists_what_there_is() -> None:
    found = problem("ReLU", colour=3)
    assert (found.code, found.help, found.replacement) == ("NS202", "its arguments are `inplace`", None)
    assert problem("Sigmoid", colour=3).help == "it takes no arguments"


def test_device_is_no_argument() -> None:
    assert (
        problem("Linear", 3, 4, device="cuda").help
        == "leave it out: where a model runs is not a matter of the spec"
    )


def test_a_missing_argument() -> None:
    found = problem("Conv2d", in_channels=1, kernel_size=3)
    assert (found.code, found.argument) == ("NS203", "out_channels")
    assert found.message == "`Conv2d` needs `out_channels`"
    assert found.help is not None
    assert found.help.startswith("add `out_channels: ...` (")


def test_several_missing_arguments_are_one_problem() -> None:
    assert problem("Conv2d", 1).message == "`Conv2d` needs `out_channels` and `kernel_size`"


def test_a_missing_tensor_comes_from_from() -> None:
    assert problem("cat").help == "say with `from` which tensors `cat` is called on"


INTEGER = "write an integer, such as `32`"


@pytest.mark.parametrize(
    ("value", "message", "help", "replacement"),
    [
        ("thirty-two", "must be an integer, but is the text 'thirty-two'", INTEGER, None),
        ("32", "must be an integer, but is the text '32'", "remove the quotes: `32`", "32"),
        (True, "must be an integer, but is the boolean `true`", INTEGER, None),
        (32.0, "must be an integer, but is the number 32.0", "write `32`", "32"),
        (32.5, "must be an integer, but is the number 32.5", INTEGER, None),
        (None, "must be an integer, but is nothing", INTEGER, None),
        ([32], "must be an integer, but is the list `[32]`", INTEGER, None),
        ({"a": 1}, "must be an integer, but is a mapping", INTEGER, None),
        (X, "must be an integer, but is a tensor", INTEGER, None),
    ],
)
def test_a_wrong_type(value: object, message: str, help: str | None, replacement: str | None) -> None:
    found = problem("Conv2d", 1, value, 3)
    assert (found.code, found.argument, found.position) == ("NS204", "out_channels", 1)
    assert found.message == "`out_channels` of `Conv2d` " + message
    assert (found.help, found.replacement) == (help, replacement)
    by_name = problem("Conv2d", in_channels=1, out_channels=value, kernel_size=3)
    assert (by_name.message, by_name.position) == (found.message, None)


@pytest.mark.parametrize(
    ("name", "keywords", "replacement"),
    [
        ("Dropout", {"p": "5e-1"}, "5e-1"),
        ("ReLU", {"inplace": "true"}, "true"),
        ("ReLU", {"inplace": 1}, "true"),
        ("ReLU", {"inplace": 0.0}, "false"),
        ("L1Loss", {"reduction": None}, "none"),
    ],
)
def test_a_value_written_otherwise_has_a_replacement(
    name: str, keywords: dict[str, object], replacement: str
) -> None:
    found = problem(name, **keywords)
    assert (found.code, found.replacement) == ("NS204", replacement)


def test_a_single_value_where_a_list_is_wanted() -> None:
    found = problem("pad", X, 1)
    assert (found.code, found.help, found.replacement) == ("NS204", "write `[1]`", "[1]")


def test_a_list_of_the_wrong_length() -> None:
    assert problem("Conv2d", 1, 2, [3, 3, 3]).message == (
        "`kernel_size` of `Conv2d` must be an integer or a list of 2 integers, but is the list `[3, 3, 3]`"
    )


def test_one_wrong_item_of_a_list() -> None:
    found = problem("Conv2d", 1, 2, [3, "3"])
    assert (
        found.message == "each item of `kernel_size` of `Conv2d` must be an integer, but one is the text '3'"
    )
    assert (found.help, found.replacement) == ("remove the quotes: `3`", None)


def test_a_long_list_is_told_by_its_length() -> None:
    assert problem("Linear", list(range(99)), 2).message.endswith("but is a list of 99 items")


@pytest.mark.parametrize(
    ("name", "keywords", "message"),
    [
        ("Dropout2d", {"p": 1.5}, "`p` of `Dropout2d` must be at most 1, but is 1.5"),
        ("Dropout2d", {"p": float("nan")}, "`p` of `Dropout2d` must be at least 0, but is nan"),
        (
            "Linear",
            {"in_features": -1, "out_features": 1},
            "`in_features` of `Linear` must be at least 0, but is -1",
        ),
        ("HuberLoss", {"delta": 0}, "`delta` of `HuberLoss` must be greater than 0, but is 0"),
        (
            "MaxPool2d",
            {"kernel_size": [2, 0]},
            "each item of `kernel_size` of `MaxPool2d` must be at least 1, but one is 0",
        ),
    ],
)
def test_out_of_range(name: str, keywords: dict[str, object], message: str) -> None:
    found = problem(name, **keywords)
    assert (found.code, found.message) == ("NS205", message)


@pytest.mark.parametrize(
    ("name", "keywords", "help"),
    [
        ("Dropout2d", {"p": 1.5}, "write a number of at least 0 and at most 1"),
        ("HuberLoss", {"delta": 0}, "write a number greater than 0"),
        ("Linear", {"in_features": -1, "out_features": 1}, "write an integer of at least 0"),
        ("Linear", {"in_features": 2**63, "out_features": 1}, "write an integer below 2 ** 63"),
        ("ReLU", {"inplace": "maybe"}, "write true or false"),
        ("MaxPool2d", {"kernel_size": "a"}, "write an integer or a list of integers"),
        ("relu", {"input": 3}, "name the value for `input` in `from`"),
        ("L1Loss", {"reduction": "x"}, "write `none`, `mean` or `sum`"),
    ],
)
def test_every_wrong_value_has_a_help(name: str, keywords: dict[str, object], help: str) -> None:
    assert problem(name, **keywords).help == help


def test_a_value_that_is_none_of_the_choices() -> None:
    assert problem("Conv2d", 3, 4, 3, padding_mode="zero") == Problem(
        "NS206",
        "`padding_mode` of `Conv2d` must be `zeros`, `reflect`, `replicate` or `circular`,"
        " but is the text 'zero'",
        "padding_mode",
        None,
        "a similar one exists: `zeros`",
        "zeros",
    )


def test_choices_bind_texts_only_where_other_types_fit_too() -> None:
    assert arguments("Conv2d", 3, 4, 3, padding="same")["padding"] == "same"
    assert arguments("Conv2d", 3, 4, 3, padding=[1, 2])["padding"] == (1, 2)
    expected = "an integer, a list of 2 integers, `same` or `valid`, but is the text 'x'"
    assert problem("Conv2d", 3, 4, 3, padding="x").message == "`padding` of `Conv2d` must be " + expected


def test_numbers_may_be_choices() -> None:
    assert problem("MultiMarginLoss", 3).code == "NS206"


def test_a_dtype_is_one_of_torchs() -> None:
    assert arguments("to", X, "float16")["dtype"] == "float16"
    found = problem("softmax", X, dim=1, dtype="flot32")
    assert (found.code, found.replacement) == ("NS206", "float32")


def test_too_many_arguments_where_a_list_is_meant() -> None:
    found = problem("AdaptiveAvgPool2d", 1, 1)
    assert (found.code, found.position) == ("NS207", 1)
    assert found.message == "`AdaptiveAvgPool2d` takes at most 1 positional argument, but 2 are given"
    assert found.help == "write `{output_size: [1, 1]}`"
    assert problem("LayerNorm", 3, 4, 5, 6, 7).help == "write `{normalized_shape: [3, 4, 5, 6, 7]}`"


def test_too_many_arguments_where_some_need_names() -> None:
    assert problem("NLLLoss", None, "mean").help == "give `ignore_index` or `reduction` by name"
    assert problem("ReLU", 3, 4).help == "its signature is `ReLU(inplace: bool = false)`"
    assert problem("Sigmoid", 3).message == "`Sigmoid` takes no positional arguments, but one is given"


def test_an_argument_given_twice() -> None:
    found = problem("Linear", 3, 4, in_features=5)
    assert (found.code, found.argument) == ("NS209", "in_features")


def test_independent_faults_are_all_told() -> None:
    codes = [each.code for each in given("Conv2d", "a", 4, 0, strde=1).problems]
    assert sorted(codes) == ["NS202", "NS204", "NS205"]


@pytest.mark.parametrize(
    ("name", "positional", "expected"),
    [
        ("max", [X], {"input": X}),
        ("max", [X, 1], {"input": X, "dim": 1, "keepdim": False}),
        ("max", [X, X], {"input": X, "other": X}),
        ("to", [X, "float16"], {"input": X, "dtype": "float16", "copy": False}),
        ("to", [X, Typed("any")], {"input": X, "other": Typed("any"), "copy": False}),
        ("arange", [5], {"end": 5, "dtype": None}),
        ("arange", [1, 5], {"start": 1, "end": 5, "dtype": None}),
        ("squeeze", [X, 1], {"input": X, "dim": 1}),
        ("hsplit", [X, 2], {"input": X, "sections": 2}),
        ("hsplit", [X, [2, 3]], {"input": X, "indices": (2, 3)}),
        ("cat", [[X, X], 1], {"tensors": (X, X), "dim": 1}),
    ],
)
def test_the_overload_that_fits_is_chosen(
    name: str, positional: list[object], expected: dict[str, object]
) -> None:
    assert arguments(name, *positional) == expected


@pytest.mark.parametrize("sizes", [(-1, 10), ([-1, 10],)])
def test_a_method_takes_any_number_of_sizes_or_their_list(sizes: tuple[object, ...]) -> None:
    assert arguments("view", X, *sizes) == {"input": X, "size": (-1, 10)}
    assert arguments("permute", X, *sizes) == {"input": X, "dims": (-1, 10)}


def test_sizes_by_name() -> None:
    assert arguments("view", X, size=[2, -1])["size"] == (2, -1)


def test_a_wrong_size_is_told_at_its_own_place() -> None:
    found = problem("view", X, -1, "10")
    assert (found.position, found.replacement) == (2, "10")
    assert problem("view", X, "ten").message == "`size` of `view` must be an integer, but is the text 'ten'"


def test_einsum_takes_its_operands_first() -> None:
    expected = {"operands": (X, X), "equation": "ij, jk -> ik"}
    assert arguments("einsum", X, X, "ij, jk -> ik") == expected
    assert arguments("einsum", X, X, equation="ij, jk -> ik") == expected
    assert problem("einsum", X, X, 3).position == 2


@pytest.mark.parametrize("kind", ["any", "int"])
def test_what_is_decided_later_fits(kind: str) -> None:
    value = Typed(kind)
    assert arguments("Conv2d", value, value, [value, value])["kernel_size"] == (value, value)
    assert arguments("Dropout", value)["p"] == value


def test_a_kind_that_cannot_fit_does_not() -> None:
    assert problem("Linear", Typed("float"), 3).message == (
        "`in_features` of `Linear` must be an integer, but is a number"
    )
    assert problem("relu", Typed("tensors")).code == "NS204"


def test_a_layer_may_be_an_argument() -> None:
    layer = {"TransformerEncoderLayer": {"d_model": 4, "nhead": 2}}
    assert arguments("TransformerEncoder", layer, 2)["encoder_layer"] == layer
    assert arguments("TransformerEncoderLayer", 4, 2, activation="gelu")["activation"] == "gelu"
    assert problem("TransformerEncoder", 3, 2).message.startswith(
        "`encoder_layer` of `TransformerEncoder` must be a layer"
    )


def test_an_op_without_arguments() -> None:
    assert bind("MyOp", [()], [], {}).arguments == {}
    assert bind("MyOp", [(Param("a", ("any",)),)], [Typed("any")], {}).problems == ()


def test_signature_text() -> None:
    conv, losses, view = (ops().get(name) for name in ("MaxPool2d", "L1Loss", "view"))
    assert conv is not None
    assert losses is not None
    assert view is not None
    assert signature_text(conv) == (
        "MaxPool2d(kernel_size: int | ints, stride: int | ints = null, padding: int | ints = 0,"
        " dilation: int | ints = 1, return_indices: bool = false, ceil_mode: bool = false)"
    )
    assert signature_text(losses) == "L1Loss(*, reduction: str = mean)"
    assert signature_text(view) == "view(input: tensor, *size: ints)\nview(input: tensor, dtype: dtype)"
