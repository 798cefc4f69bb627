"""Any arguments that the catalog lets through: checks, rules and weights answer or raise a Fault."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.catalog.bind import bind
from netspec.catalog.load import ops
from netspec.shapes.call import AUTO, Call, Fault
from netspec.shapes.dims import const, symbol
from netspec.shapes.rules.modules import MODULE_CHECKS, MODULE_RULES
from netspec.shapes.values import DictOf, Integer, ListOf, Nothing, Tensor, TupleOf
from netspec.shapes.weights import tensors

INTEGERS = st.one_of(st.integers(-3, 9), st.integers(1, 4))
SIZES = st.one_of(
    st.integers(1, 8).map(const), st.sampled_from([symbol("N"), symbol("H") * 2, symbol("H") - 3])
)
DTYPES = st.sampled_from(["float32", "float32", "float32", "int64", "bool", "float64", None])
SHAPES = st.one_of(st.none(), st.lists(SIZES, max_size=5).map(tuple), st.tuples(SIZES, SIZES, SIZES, SIZES))
TENSORS = st.builds(Tensor, SHAPES, DTYPES)
VALUES = st.one_of(
    TENSORS,
    TENSORS,
    TENSORS,
    st.just(Nothing()),
    st.builds(Integer, SIZES),
    st.lists(TENSORS, max_size=3).map(tuple).map(TupleOf),
    st.lists(TENSORS, max_size=3).map(tuple).map(ListOf),
    st.lists(st.tuples(st.sampled_from("ab"), TENSORS), max_size=2).map(tuple).map(DictOf),
)

WORDS = {
    "int": st.one_of(INTEGERS, st.just(AUTO), SIZES),
    "float": st.one_of(st.floats(-2, 3), INTEGERS),
    "number": st.floats(-2, 3),
    "bool": st.booleans(),
    "str": st.sampled_from(["same", "valid", "zeros", "reflect", "circular", "nearest", "bilinear", "area"]),
    "none": st.none(),
    "ints": st.lists(st.one_of(INTEGERS, st.just(AUTO), SIZES), max_size=4).map(tuple),
    "floats": st.lists(st.floats(-2, 3), max_size=4).map(tuple),
    "module": st.sampled_from(
        [
            "TransformerEncoderLayer",
            {"TransformerEncoderLayer": [4, 2]},
            {"TransformerDecoderLayer": {"d_model": 4, "nhead": 3}},
            {"LayerNorm": 4},
            {"LayerNorm": None},
            {"Norm": [1]},
        ]
    ),
    "callable": st.just("relu"),
    "class": st.sampled_from(["ReLU", "BatchNorm2d", {"GroupNorm": 2}, {"LayerNorm": {"eps": 1.0}}, "Norm"]),
    "strs": st.just(("a", "b")),
}


def argument(param):
    """A value that fits one of the parameter's types, its choices and its range."""
    options = [WORDS[word] for word in param.types if word in WORDS]
    for word in param.types:
        if "[" in word:
            item = INTEGERS if word.startswith("int") else st.floats(-2, 3)
            if word.endswith("?"):
                item = st.one_of(item, st.none())
            options.append(st.tuples(*[item] * int(word[word.index("[") + 1])))
    if param.choices:
        options.append(st.sampled_from(param.choices))
    if not param.required:
        options += [st.just(param.default)] * 3
    return st.one_of(options)


def fits(op, arguments):
    """Whether the catalog accepts the arguments (`auto` and sizes fit anything)."""
    plain = {
        key: 1
        if value is AUTO or not isinstance(value, bool | int | float | str | tuple | dict | None)
        else value
        for key, value in arguments.items()
    }
    plain = {
        key: tuple(each if isinstance(each, int | float | None) else 1 for each in value)
        if isinstance(value, tuple)
        else value
        for key, value in plain.items()
    }
    return not bind(op.name, op.signatures, [], plain).problems


@pytest.mark.parametrize("name", sorted(MODULE_RULES))
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_fault_or_an_answer(name, data):
    op = ops().get(name)
    signature = data.draw(st.sampled_from(op.signatures))
    arguments = {param.name: data.draw(argument(param)) for param in signature}
    if not fits(op, arguments):
        return
    inputs = {param.name: param.default for param in op.call if not param.required}
    for param in op.call:
        if param.required or data.draw(st.integers(0, 4)) == 0:
            flags = {"bool", "int"} & set(param.types)
            inputs[param.name] = data.draw(st.booleans() if flags else VALUES)
    training = data.draw(st.booleans())
    for function in (MODULE_CHECKS.get(name), MODULE_RULES[name]):
        try:
            if function is not None:
                function(Call(name, "layer", arguments, inputs, training))
        except Fault as fault:
            assert "Dim(" not in fault.message + (fault.help or "")  # noqa: PT017 the rest is the point
    tensors(name, arguments)
