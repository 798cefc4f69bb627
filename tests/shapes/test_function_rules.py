"""Function rules over symbols: answers that hold for every size, and faults that name one that breaks."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from netspec.shapes.call import Call, Fault
from netspec.shapes.dims import Dim, const, symbol
from netspec.shapes.failing import again, exemplified, symbols_of
from netspec.shapes.rules import check_for, rule_for
from netspec.shapes.values import UNKNOWN, Integer, ListOf, Tensor, TupleOf, Value

N, T, H, W, C = (symbol(name) for name in "NTHWC")


def tensor(*sizes: Dim | int, dtype: str | None = "float32") -> Tensor:
    return Tensor(tuple(const(size) if isinstance(size, int) else size for size in sizes), dtype)


def apply(op: str, /, **inputs: Any) -> Value:
    rule = rule_for(op)
    assert rule is not None, op
    return rule(Call(op, op, {}, inputs))


def fault(op: str, /, **inputs: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        apply(op, **inputs)
    rule = rule_for(op)
    assert rule is not None
    return exemplified(caught.value, again(rule, Call(op, op, {}, inputs)), symbols_of(inputs))


def image(*sizes: Dim | int) -> Tensor:
    return tensor(*(sizes or (N, 64, 24, 24)))


POOL = {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False, "return_indices": False}


def test_the_reference_network() -> None:
    x = apply("max_pool2d", input=apply("relu", input=image()), kernel_size=2, **POOL)
    assert str(x) == "float32 [N, 64, 12, 12]"
    x = apply("flatten", input=x, start_dim=1, end_dim=-1)
    assert str(x) == "float32 [N, 9216]"
    assert apply("log_softmax", input=tensor(N, 10), dim=1, dtype=None) == tensor(N, 10)


@pytest.mark.parametrize(
    ("op", "inputs", "expected"),
    [
        ("add", {"input": tensor(N, 64), "other": 2.5}, "float32 [N, 64]"),
        ("add", {"input": tensor(N, dtype="int64"), "other": 2.5}, "float32 [N]"),
        ("div", {"input": tensor(N, dtype="int64"), "other": 2}, "float32 [N]"),
        ("mean", {"input": tensor(N, C, H, W), "dim": (2, 3), "keepdim": False}, "float32 [N, C]"),
        ("mean", {"input": tensor(N, C, H, W), "dim": (-2, -1), "keepdim": True}, "float32 [N, C, 1, 1]"),
        ("sum", {"input": tensor(N, dtype="bool")}, "int64 []"),
        ("argmax", {"input": tensor(N, 10), "dim": 1, "keepdim": False}, "int64 [N]"),
        ("view", {"input": tensor(N, T, 512), "size": (N, T, 8, 64)}, "float32 [N, T, 8, 64]"),
        ("view", {"input": tensor(N, T, 512), "size": (-1, 512)}, "float32 [N*T, 512]"),
        ("view", {"input": tensor(N, C, H, W), "size": (N, C, -1)}, "float32 [N, C, H*W]"),
        ("reshape", {"input": tensor(N, 12), "shape": (Integer(N), -1)}, "float32 [N, 12]"),
        ("permute", {"input": tensor(N, C, H, W), "dims": (0, 2, 3, 1)}, "float32 [N, H, W, C]"),
        ("transpose", {"input": tensor(N, T, 64), "dim0": 1, "dim1": -1}, "float32 [N, 64, T]"),
        ("unsqueeze", {"input": tensor(N, T), "dim": -1}, "float32 [N, T, 1]"),
        ("squeeze", {"input": tensor(N, 10, 1, 1), "dim": (2, 3)}, "float32 [N, 10]"),
        ("expand", {"input": tensor(1, 1, 64), "size": (N, -1, -1)}, "float32 [N, 1, 64]"),
        ("arange", {"end": T}, "int64 [T]"),
        ("arange", {"start": 0, "end": T, "step": 2}, "int64 [(T + 1)//2]"),
        ("arange", {"end": 10, "dtype": "float32"}, "float32 [10]"),
        ("zeros", {"size": (N, 3), "dtype": None}, "float32 [N, 3]"),
        ("tril", {"input": tensor(T, T)}, "float32 [T, T]"),
        ("masked_fill", {"input": tensor(N, T, T), "mask": tensor(T, T, dtype="bool"), "value": 0.0},
         "float32 [N, T, T]"),
        ("matmul", {"input": tensor(N, 8, T, 64), "other": tensor(N, 8, 64, T)}, "float32 [N, 8, T, T]"),
        ("linear", {"input": tensor(N, T, 3), "weight": tensor(4, 3), "bias": tensor(4)},
         "float32 [N, T, 4]"),
        ("embedding", {"input": tensor(N, T, dtype="int64"), "weight": tensor(100, 16)},
         "float32 [N, T, 16]"),
        ("one_hot", {"input": tensor(N, dtype="int64"), "num_classes": 10}, "int64 [N, 10]"),
        ("interpolate", {"input": tensor(N, 3, H, W), "size": None, "scale_factor": 2, "mode": "nearest",
                         "align_corners": None}, "float32 [N, 3, 2*H, 2*W]"),
        ("pad", {"input": tensor(N, H), "pad": (1, 2)}, "float32 [N, H + 3]"),
        ("to", {"input": tensor(N), "dtype": "float16"}, "float16 [N]"),
        ("type_as", {"input": tensor(N), "other": tensor(3, dtype="int64")}, "int64 [N]"),
        ("add_", {"input": tensor(N, 64), "other": tensor(64)}, "float32 [N, 64]"),
        ("unsqueeze_", {"input": tensor(N), "dim": 0}, "float32 [1, N]"),
        ("tensor_split", {"input": tensor(T), "indices_or_sections": 2, "dim": 0},
         "(float32 [(T + 1)//2], float32 [T//2])"),
        ("chunk", {"input": tensor(N, 3 * H), "chunks": 3, "dim": 1},
         "(float32 [N, H], float32 [N, H], float32 [N, H])"),
        ("unbind", {"input": tensor(2, N), "dim": 0}, "(float32 [N], float32 [N])"),
        ("max", {"input": tensor(N, T), "dim": 1, "keepdim": False}, "(float32 [N], int64 [N])"),
    ],
)  # fmt: skip
def test_answers(op: str, inputs: dict[str, Any], expected: str) -> None:
    assert str(apply(op, **inputs)) == expected


def test_named_results_have_their_names() -> None:
    result = apply("topk", input=tensor(N, 10), k=3, dim=-1)
    assert isinstance(result, TupleOf)
    assert result.names == ("values", "indices")
    assert str(result) == "(float32 [N, 3], int64 [N, 3])"


@pytest.mark.parametrize(
    ("op", "inputs", "code", "message"),
    [
        (
            "cat",
            {"tensors": ListOf((tensor(N, 64, 12, 12), tensor(N, 32, 6, 6))), "dim": 1},
            "NS403",
            "`cat` joins along dimension 1, but the others differ: [N, 64, 12, 12] and [N, 32, 6, 6]",
        ),
        (
            "view",
            {"input": tensor(N, 12), "size": (4, 4)},
            "NS407",
            "`view` cannot make [4, 4] of [N, 12], which fails for N = 1: "
            "12 values cannot be viewed as [4, 4]",
        ),
        (
            "view",
            {"input": tensor(N, 10), "size": (-1, 4)},
            "NS407",
            "`view` cannot make [-1, 4] of [N, 10], which fails for N = 1: "
            "10 values cannot be viewed as [-1, 4]",
        ),
        (
            "matmul",
            {"input": tensor(N, T, 64), "other": tensor(32, 8)},
            "NS403",
            "`matmul` cannot multiply [N, T, 64] by [32, 8]: 64 meets 32",
        ),
        (
            "linear",
            {"input": tensor(N, 9216), "weight": tensor(128, 9217)},
            "NS402",
            "`linear` takes 9217 features but receives 9216",
        ),
        (
            "softmax",
            {"input": tensor(N, 10), "dim": 2},
            "NS406",
            "`softmax` uses dimension 2 of a value with 2 dimensions",
        ),
        (
            "gelu",
            {"input": tensor(N, dtype="int64")},
            "NS405",
            "`gelu` needs a floating-point dtype but receives int64 [N]",
        ),
        (
            "add_",
            {"input": tensor(64), "other": tensor(N, 64)},
            "NS403",
            "`add_` writes [N, 64] into [64]",
        ),
        (
            "permute",
            {"input": tensor(N, C, H, W), "dims": (0, 2, 1)},
            "NS401",
            "`permute` orders 3 dimensions but receives [N, C, H, W], which has 4",
        ),
        (
            "expand",
            {"input": tensor(N, 4), "size": (2, 4)},
            "NS403",
            "`expand` cannot expand [N, 4] to [2, 4]: N is neither 1 nor 2, which fails for N = 3: "
            "3 is neither 1 nor 2",
        ),
        (
            "split",
            {"tensor": tensor(N, 10), "split_size_or_sections": (4, 5), "dim": 1},
            "NS402",
            "`split` splits dimension 1 of [N, 10] into [4, 5], which add up to 9, not 10",
        ),
        ("mean", {"input": tensor(N, dtype="int64")}, "NS405",
         "`mean` needs a floating-point or complex dtype but receives int64 [N]"),
        ("relu", {"input": TupleOf(())}, "NS410", "`relu` needs a tensor for `input` but receives ()"),
    ],
)  # fmt: skip
def test_faults(op: str, inputs: dict[str, Any], code: str, message: str) -> None:
    found = fault(op, **inputs)
    assert (found.code, found.message) == (code, message)


def test_a_pool_that_fits_large_inputs_is_a_demand_not_a_fault() -> None:
    assert str(apply("max_pool2d", input=tensor(N, 3, H, W), kernel_size=2, **POOL)) == (
        "float32 [N, 3, H//2, W//2]"
    )
    assert fault("max_pool2d", input=tensor(N, 3, 1, 1), kernel_size=2, **POOL).code == "NS404"


def test_a_window_may_be_as_large_as_a_symbolic_image() -> None:
    pooled = apply("avg_pool2d", input=tensor(N, 8, H, W), **POOL, kernel_size=(H, W))
    assert pooled == tensor(N, 8, 1, 1)
    pooled = apply("avg_pool2d", input=tensor(N, 8, H, 6), **POOL, kernel_size=(H, 2))
    assert pooled == tensor(N, 8, 1, 3)
    assert apply("avg_pool2d", input=tensor(N, 8, H, W), **POOL, kernel_size=(T, 2)) == Tensor(None)


def test_squeezing_a_symbolic_size_leaves_the_rank_unknown() -> None:
    assert apply("squeeze", input=tensor(N, 1, 5)) == Tensor(None)
    assert apply("squeeze", input=tensor(N + 1, 1, 5)) == tensor(N + 1, 5)


def test_pieces_that_depend_on_a_symbol_are_unknown() -> None:
    assert apply("split", tensor=tensor(N, T), split_size_or_sections=4, dim=1) is UNKNOWN
    assert apply("unbind", input=tensor(N, T), dim=1) is UNKNOWN
    assert len(apply("split", tensor=tensor(3 * N), split_size_or_sections=N, dim=0).items) == 3  # type: ignore[union-attr]


def test_functional_dropout_warns_as_the_layer_does() -> None:
    call = Call("dropout2d", "dropout2d", {}, {"input": tensor(N, 128), "p": 0.5, "training": True})
    rule = rule_for("dropout2d")
    assert rule is not None
    assert rule(call) == tensor(N, 128)
    assert [warning.code for warning in call.warnings] == ["NS503"]


NEEDY = {
    "size": (2, 3), "shape": (2, 3), "dims": (0,), "dim": 0, "dim0": 0, "dim1": 0, "axis0": 0, "axis1": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    "given", [Tensor(None, None), tensor(N, 8, H, W), tensor(N, 8, dtype=None), tensor(6)]
)
def test_nothing_but_a_fault_is_raised(given: Tensor) -> None:
    """Also for tensors of which nothing is known, and for sizes over dimensions in place of integers."""
    from netspec.catalog.load import ops

    tried = 0
    for name in ops().functions:
        op, rule = ops().get(name), rule_for(name)
        if op is None or rule is None:
            continue
        for signature in op.signatures:
            inputs = {
                param.name: _anything(param.name, param.types, param.default, given) for param in signature
            }
            for changed in ({}, *({key: other} for key in inputs for other in _symbolic(inputs[key]))):
                with contextlib.suppress(Fault):
                    rule(Call(name, name, {}, {**inputs, **changed}))
                tried += 1
    assert tried > 1000


def _symbolic(value: Any) -> list[Any]:
    match value:
        case bool():
            return []
        case int():
            return [T, 2 * T + 1, T // 2]
        case tuple() if value and all(type(item) is int for item in value):
            return [(*value[:at], T, *value[at + 1 :]) for at in range(len(value))]
    return []


def _anything(name: str, types: tuple[str, ...], default: Any, given: Tensor) -> Any:
    if "tensor" in types:
        return given
    if "tensors" in types:
        return ListOf((given, given))
    if name in NEEDY:
        value = NEEDY[name]
        return value if "ints" in types or isinstance(value, int) else 0
    samples = {
        "int": 1,
        "ints": (1, 1),
        "float": 0.5,
        "number": 1,
        "bool": False,
        "str": "mean",
        "dtype": "float32",
    }
    if default is None or isinstance(default, bool | int | float | str | tuple):
        return default
    return next((samples[word] for word in types if word in samples), None)


def test_only_modules_have_checks() -> None:
    assert check_for("relu") is None
    assert check_for("Conv2d") is not None
    assert rule_for("no_such_op") is None
