"""The expression language: what it computes, what it refuses, and that no expression takes long."""

from __future__ import annotations

import contextlib
import math
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.resolve.expression_source import to_python
from netspec.resolve.expression_values import evaluate
from netspec.resolve.expressions import ExpressionError, Undecided, parse
from netspec.shapes.dims import const, symbol

NAMES = {"a": 3, "b": 4, "f": 0.5, "s": "text", "l": [1, 2, 3], "n": None, "t": True}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b * 2", 11),
        ("-a ** 2", -9),
        ("b // a, b % a", [1, 1]),
        ("a if t else b", 3),
        ("n is None and s != 'x'", True),
        ("n is not None", False),
        ("1 < a < b", True),
        ("a in l", True),
        ("l[-1], l[1:]", [3, [2, 3]]),
        ("[a] * 2 + l", [3, 3, 1, 2, 3]),
        ("s + '!'", "text!"),
        ("range(1, a)", [1, 2]),
        ("ceil(f), floor(f), round(2.567, 1)", [1, 0, 2.6]),
        ("sqrt(b) + log2(b) + prod(l) + sum(l)", 16.0),
        ("min(l), max(a, b), abs(-a), len(s), int(f), float(a)", [1, 4, 3, 4, 0, 3.0]),
    ],
)
def test_it_computes_as_python_does(text: str, value: object) -> None:
    assert evaluate(parse(text), NAMES) == value
    namespace = {**NAMES, "math": math}
    python = eval(to_python(parse(text), {}), namespace)
    assert (list(python) if isinstance(python, tuple | range) else python) == value or "," in text


@pytest.mark.parametrize(
    "text",
    [
        "", "a +", "a.real", "open('x')", "eval('1')", "max(l, key=a)", "[x for x in l]", "lambda: 1",
        "(x := 1)",
        "f'{a}'", "{1: 2}", "{1}", "b'x'", "1j", "...", "a is b", "a is 3", "a; b", "a = 1", "*l", "await a",
        "a @ b", "a << b", "~a", "a | b", "-" * 200 + "1", "1" + "+1" * 500, "a" * 3000,
    ],
)  # fmt: skip
def test_it_refuses_what_is_not_in_the_subset(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0", "s + 1", "l[9]", "s[0:1][4]", "9 ** 9 ** 9", "2 ** 64", "'a' * 10 ** 9", "[0] * 10 ** 9",
        "[[0] * 9999] * 9999", "[l * 3000, l * 3000]", "range(10 ** 12)", "len(range(10 ** 30))",
        "'%999999999d' % 1", "round(5, -10 ** 9)", "(-8) ** f", "int('9' * 5000)", "float('x')", "min()",
        "sqrt(-1)", "unknown", "max(l, 'a')", "len(a)", "prod([2 ** 60] * 60)", "1e308 * 10",
    ],
)  # fmt: skip
def test_what_has_no_value_is_said_and_quickly(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ExpressionError):
        evaluate(parse(text), NAMES)
    assert time.perf_counter() - start < 1


CHOICES = (
    "4 if N > 3 else N", "4 if N >= 3 else N", "4 if 3 < N else N", "N if N <= 3 else 3",
    "1 if N == 5 else N", "N if N != 5 else 0", "1 if 2 <= N < 6 else 0", "1 if not N > 3 else N",
    "1 if N > 2 and N < 5 else 0", "1 if N < 2 or N > 5 else 0", "min(N, 4)", "max(4, N, 2)",
    "min([N, 4]) + abs(N - 4)", "N % 3 if N > 3 else -N", "(1 if N > 3 else 2) * (N if N > 4 else 7) // 2",
)  # fmt: skip


@pytest.mark.parametrize("text", CHOICES)
def test_integers_are_chosen_by_the_order_of_dimensions(text: str) -> None:
    """The symbolic value has, for each size, the value that Python gives, within its bounds."""
    symbolic = evaluate(parse(text), {"N": symbol("N")})
    low, high = symbolic.bounds
    for size in range(1, 40):
        wanted = evaluate(parse(text), {"N": size})
        assert symbolic.evaluate({"N": size}) == wanted
        assert symbolic.substitute({"N": const(size)}).value == wanted
        assert eval(str(symbolic), {"N": size}) == wanted
        assert low <= wanted <= high


def test_over_a_dimension_only_integers_have_one_value() -> None:
    size = symbol("N")
    assert str(evaluate(parse("N * 2 + 1"), {"N": size})) == "2*N + 1"
    assert evaluate(parse("7 if N >= 1 else 3"), {"N": size}) == 7
    for text in ("N > 3", "sqrt(N)", "4 if N else 3", "N == 2", "1.5 if N > 2 else 1", "4 if N > 2.5 else 3"):
        with pytest.raises(Undecided):
            evaluate(parse(text), {"N": size})


ATOMS = st.sampled_from(
    ("1", "0", "-2", "3.5", "10 ** 9", "a", "f", "s", "l", "n", "t", "'x'", "[1, 2]", "N")
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(
            inner, st.sampled_from(("+", "-", "*", "/", "//", "%", "**", "<", "==", "and", "in")), inner
        ).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})")
        | st.tuples(
            st.sampled_from(("len", "range", "round", "sum", "int", "max", "sqrt", "prod")), inner
        ).map(lambda parts: f"{parts[0]}({parts[1]})")
        | st.tuples(inner, inner).map(lambda parts: f"round({parts[0]}, {parts[1]})")
        | st.tuples(inner, inner).map(lambda parts: f"({parts[0]})[{parts[1]}]")
        | st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})")
    ),
    max_leaves=8,
)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(EXPRESSIONS)
def test_every_expression_has_a_value_or_a_reason(text: str) -> None:
    start = time.perf_counter()
    with contextlib.suppress(ExpressionError, Undecided):
        evaluate(parse(text), {**NAMES, "N": symbol("N")})
    assert time.perf_counter() - start < 1
