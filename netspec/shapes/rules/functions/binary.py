"""Elementwise functions of several operands: shapes broadcast, dtypes promote.

>>> from netspec.shapes.call import Call
>>> from netspec.shapes.dims import const, symbol
>>> n = symbol("N")
>>> x, y = Tensor((n, const(64))), Tensor((const(64),), "int64")
>>> str(RULES["add"](Call("add", "add", inputs={"input": x, "other": y, "alpha": 1})))
'float32 [N, 64]'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.promotion import (
    Operand,
    category,
    is_complex,
    is_floating,
    is_integral,
    number_dtype,
    result_dtype,
    to_floating,
)
from netspec.shapes.rules.functions.arguments import given, operand, same_dtype
from netspec.shapes.values import Tensor

TensorRule: TypeAlias = Callable[[Call], Tensor]

BOOL, INT, FLOAT, COMPLEX = range(4)
_WORDS = ("booleans", "integers", "floating-point numbers", "complex numbers")


def operands(call: Call, *names: str) -> list[Operand]:
    """The operands under these names; at least one is a tensor."""
    found = [operand(call, name) for name in names]
    if not any(isinstance(one, Tensor) for one in found):
        call.fail("NS410", f"`{call.name}` needs a tensor but receives numbers only", argument=names[0])
    return found


def joined(call: Call, found: Sequence[Operand], dtype: str | None) -> Tensor:
    """A tensor of the operands' common shape."""
    shape = broadcast_inputs(call, *(one for one in found if isinstance(one, Tensor)))
    return Tensor(shape, dtype)


def promoted(call: Call, found: Sequence[Operand], *refused: int) -> str | None:
    """The common dtype; NS405 where its category is one of `refused`."""
    dtype = result_dtype(found)
    if dtype is not None and category(dtype) in refused:
        call.fail("NS405", f"`{call.name}` does not take {_WORDS[category(dtype)]} but computes in {dtype}")
    return dtype


def arithmetic(*refused: int, names: tuple[str, ...] = ("input", "other")) -> TensorRule:
    """The rule of a function that keeps the common dtype."""

    def rule(call: Call) -> Tensor:
        found = operands(call, *names)
        return joined(call, found, promoted(call, found, *refused))

    return rule


def floating(*refused: int) -> TensorRule:
    """The rule of a function whose result is floating point: integers become float32."""

    def rule(call: Call) -> Tensor:
        found = operands(call, "input", "other")
        return joined(call, found, to_floating(promoted(call, found, *refused)))

    return rule


def predicate(*refused: int) -> TensorRule:
    """The rule of a comparison: the result is boolean."""

    def rule(call: Call) -> Tensor:
        found = operands(call, "input", "other")
        promoted(call, found, *refused)
        return joined(call, found, "bool")

    return rule


def addition(call: Call) -> Tensor:
    """`add` and `sub`: `input ± alpha * other`; whole numbers take a whole `alpha`."""
    found = operands(call, "input", "other")
    dtype = result_dtype(found)
    has_bool = any(isinstance(one, Tensor) and one.dtype == "bool" for one in found)
    if has_bool and call.op.startswith("sub"):
        call.fail("NS405", f"`{call.name}` does not take booleans", help="use `logical_xor` or `logical_not`")
    alpha = given(call, "alpha", 1)
    if isinstance(alpha, float) and is_integral(dtype):
        call.fail("NS408", f"`{call.name}` has alpha {alpha} but computes in {dtype}", argument="alpha")
    if isinstance(alpha, bool) and dtype is not None and dtype != "bool":
        call.fail("NS408", f"`{call.name}` has a boolean alpha but computes in {dtype}", argument="alpha")
    return joined(call, found, dtype)


def division(call: Call) -> Tensor:
    """True division is floating point; with `rounding_mode` the common dtype stays."""
    found = operands(call, "input", "other")
    mode = given(call, "rounding_mode")
    if mode is None:
        return joined(call, found, to_floating(result_dtype(found)))
    if mode not in ("trunc", "floor"):
        call.fail(
            "NS408",
            f"`{call.name}` has rounding_mode {mode!r}, which is neither trunc nor floor",
            argument="rounding_mode",
        )
    return joined(call, found, promoted(call, found, BOOL, COMPLEX))


def power(call: Call) -> Tensor:
    """`pow`: either operand may be a number; an integer has no negative integer power."""
    names = ("input", "exponent") if "exponent" in call.inputs else ("input", "other")
    found = operands(call, *names)
    dtype, exponent = promoted(call, found, BOOL), found[1]
    if isinstance(exponent, int) and exponent < 0 and is_integral(dtype):
        call.fail(
            "NS408",
            f"`{call.name}` raises {dtype} to the negative power {exponent}",
            argument=names[1],
            help="convert the value to a floating-point dtype first",
        )
    return joined(call, found, dtype)


def float_power(call: Call) -> Tensor:
    """Computed in double precision."""
    names = ("input", "exponent") if "exponent" in call.inputs else ("input", "other")
    found = operands(call, *names)
    dtype = result_dtype(found)
    return joined(call, found, dtype and ("complex128" if is_complex(dtype) else "float64"))


def clamp(call: Call) -> Tensor:
    """`clamp`, `clip`: bounds are numbers or tensors."""
    names = [name for name in ("input", "min", "max") if given(call, name) is not None]
    if len(names) < 2:
        call.fail("NS408", f"`{call.name}` has neither `min` nor `max`", help="give at least one of them")
    found = operands(call, *names)
    return joined(call, found, promoted(call, found, COMPLEX))


def where(call: Call) -> Tensor:
    """`condition` chooses; the method form calls the first choice `input` as well."""
    condition = call.tensor("condition")
    if condition.dtype not in (None, "bool", "uint8"):
        call.fail("NS405", f"`{call.name}` needs a boolean condition but receives {condition}")
    choices = [operand(call, "input"), operand(call, "other")]
    return joined(call, [condition, *choices], result_dtype(choices))


def lerp(call: Call) -> Tensor:
    """input + weight * (end - input), all of one dtype."""
    found = operands(call, "input", "end", "weight")
    dtype = same_dtype(call, *(one for one in found if isinstance(one, Tensor)))
    promoted(call, [Tensor((), dtype)], BOOL, INT)
    return joined(call, found, dtype)


def fused(call: Call) -> Tensor:
    """`addcmul`, `addcdiv`: input + value * tensor1 * tensor2, or with a quotient."""
    found = operands(call, "input", "tensor1", "tensor2")
    dtype = result_dtype(found)
    if call.op.startswith("addcdiv") and is_integral(dtype):
        call.fail("NS405", f"`{call.name}` needs floating-point numbers but computes in {dtype}")
    value = given(call, "value", 1)
    if is_integral(dtype) and isinstance(value, float):
        call.fail("NS408", f"`{call.name}` has value {value} but computes in {dtype}", argument="value")
    return joined(call, found, dtype)


def close(call: Call) -> Tensor:
    """`isclose`: compares tensors of one dtype."""
    found = operands(call, "input", "other")
    same_dtype(call, *(one for one in found if isinstance(one, Tensor)))
    for name in ("rtol", "atol"):
        bound = given(call, name, 0)
        if isinstance(bound, int | float) and bound < 0:
            call.fail("NS408", f"`{call.name}` has the tolerance {bound}", argument=name)
    return joined(call, found, "bool")


def heaviside(call: Call) -> Tensor:
    """Both of one dtype."""
    found = operands(call, "input", "values")
    dtype = same_dtype(call, *(one for one in found if isinstance(one, Tensor)))
    promoted(call, [Tensor((), dtype)], COMPLEX)
    return joined(call, found, dtype)


def ldexp(call: Call) -> Tensor:
    """input * 2**other, whose power of two is floating point."""
    found = operands(call, "input", "other")
    dtypes = [result_dtype([one]) if isinstance(one, Tensor) else number_dtype(one) for one in found]
    dtype = result_dtype(found)
    return joined(call, found, dtype if any(map(is_floating, dtypes)) else to_floating(dtype))


def _rules(names: str, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


RULES: dict[str, Rule] = {
    **_rules("add sub subtract", addition),
    **_rules("mul multiply", arithmetic()),
    **_rules("div divide", division),
    "true_divide": floating(),
    **_rules("floor_divide remainder fmod", arithmetic(BOOL, COMPLEX)),
    "pow": power,
    "float_power": float_power,
    **_rules("maximum minimum fmax fmin", arithmetic(COMPLEX)),
    **_rules("atan2 arctan2 xlogy copysign", floating(COMPLEX)),
    "hypot": arithmetic(BOOL, INT, COMPLEX),
    **_rules("igamma igammac", arithmetic(BOOL, INT, COMPLEX)),
    "nextafter": arithmetic(BOOL, INT, COMPLEX),
    "logaddexp": arithmetic(BOOL, INT),
    "logaddexp2": arithmetic(BOOL, INT),
    **_rules("gcd lcm", arithmetic(BOOL, FLOAT, COMPLEX)),
    **_rules("bitwise_and bitwise_or bitwise_xor", arithmetic(FLOAT, COMPLEX)),
    **_rules("bitwise_left_shift bitwise_right_shift", arithmetic(BOOL, FLOAT, COMPLEX)),
    **_rules("eq ne not_equal", predicate()),
    **_rules("ge gt le lt greater greater_equal less less_equal", predicate(COMPLEX)),
    **_rules("logical_and logical_or logical_xor", predicate()),
    **_rules("clamp clip", clamp),
    "where": where,
    "lerp": lerp,
    **_rules("addcmul addcdiv", fused),
    "isclose": close,
    "ldexp": ldexp,
    "heaviside": heaviside,
}
