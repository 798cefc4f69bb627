"""Elementwise functions of one tensor: the shape stays, the dtype follows from the function's kind.

Floating functions (`sqrt`) turn integers into float32; predicates (`isnan`) give booleans; the rest
keep the dtype, and some of those refuse booleans, integers or complex numbers (NS405).
"""

from __future__ import annotations

from netspec.shapes.call import Call, Rule
from netspec.shapes.promotion import real_of, to_floating
from netspec.shapes.rules.functions.arguments import need_category, need_floating
from netspec.shapes.values import Tensor

KEEPING = """
    clone conj conj_physical contiguous detach nan_to_num resolve_conj resolve_neg sgn
"""
FLOATING = """
    sigmoid tanh acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh cos cosh
    exp exp2 expm1 log log10 log1p log2 reciprocal rsqrt sin sinc sinh sqrt tan
"""
REAL_FLOATING = "deg2rad rad2deg digamma erf erfc erfinv i0 lgamma logit mvlgamma polygamma"
ROUNDING = "ceil fix floor round trunc"
PREDICATES = "isfinite isinf isnan isreal logical_not"
REAL_PREDICATES = "isneginf isposinf signbit"
NUMBERS = "neg negative positive"


def keeping(call: Call) -> Tensor:
    """Any dtype, kept."""
    return call.tensor("input")


def floating(call: Call) -> Tensor:
    """Any dtype; integers become float32."""
    tensor = call.tensor("input")
    return Tensor(tensor.shape, to_floating(tensor.dtype))


def real_floating(call: Call) -> Tensor:
    """As `floating`, but no complex numbers."""
    need_category(call, call.tensor("input"), (0, 1, 2), "a real dtype")
    return floating(call)


def floating_only(call: Call) -> Tensor:
    """A floating-point dtype, kept."""
    tensor = call.tensor("input")
    return Tensor(tensor.shape, need_floating(call, tensor))


def floating_or_complex(call: Call) -> Tensor:
    tensor = call.tensor("input")
    return Tensor(tensor.shape, need_floating(call, tensor, complex=True))


def real_numbers(call: Call) -> Tensor:
    """Integers or floating point, no booleans, kept."""
    tensor = call.tensor("input")
    return Tensor(tensor.shape, need_category(call, tensor, (1, 2), "a dtype of real numbers"))


def numbers(call: Call) -> Tensor:
    """Any dtype but booleans, kept."""
    tensor = call.tensor("input")
    return Tensor(tensor.shape, need_category(call, tensor, (1, 2, 3), "a dtype of numbers"))


def real(call: Call) -> Tensor:
    """Any dtype but complex, kept."""
    tensor = call.tensor("input")
    return Tensor(tensor.shape, need_category(call, tensor, (0, 1, 2), "a real dtype"))


def predicate(call: Call) -> Tensor:
    return Tensor(call.tensor("input").shape, "bool")


def real_predicate(call: Call) -> Tensor:
    return Tensor(real(call).shape, "bool")


def absolute(call: Call) -> Tensor:
    """The absolute value of a complex number is real; booleans have none."""
    tensor = call.tensor("input")
    dtype = need_category(call, tensor, (1, 2, 3), "a dtype of numbers")
    return Tensor(tensor.shape, real_of(dtype))


def angle(call: Call) -> Tensor:
    tensor = call.tensor("input")
    return Tensor(tensor.shape, real_of(to_floating(tensor.dtype)))


def real_part(call: Call) -> Tensor:
    tensor = call.tensor("input")
    return Tensor(tensor.shape, real_of(tensor.dtype))


def imaginary_part(call: Call) -> Tensor:
    tensor = call.tensor("input")
    need_category(call, tensor, (3,), "a complex dtype")
    return real_part(call)


def square(call: Call) -> Tensor:
    """A product of booleans is an int64."""
    tensor = call.tensor("input")
    return Tensor(tensor.shape, "int64" if tensor.dtype == "bool" else tensor.dtype)


def bitwise_not(call: Call) -> Tensor:
    tensor = call.tensor("input")
    return Tensor(tensor.shape, need_category(call, tensor, (0, 1), "an integer or boolean dtype"))


def _rules(names: str, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


RULES: dict[str, Rule] = {
    **_rules(KEEPING, keeping),
    **_rules(FLOATING, floating),
    **_rules(REAL_FLOATING, real_floating),
    **_rules(ROUNDING, real_numbers),
    **_rules(PREDICATES, predicate),
    **_rules(REAL_PREDICATES, real_predicate),
    **_rules(NUMBERS, numbers),
    **_rules("bernoulli frac poisson", floating_only),
    **_rules("abs absolute", absolute),
    "angle": angle,
    "real": real_part,
    "imag": imaginary_part,
    "sign": real,
    "square": square,
    "bitwise_not": bitwise_not,
}
