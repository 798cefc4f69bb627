"""`einsum`: an equation names the dimensions of each operand and of the result.

>>> from netspec.shapes.dims import const, symbol
>>> from netspec.shapes.values import ListOf
>>> n, t = symbol("N"), symbol("T")
>>> q = Tensor((n, t, const(8), const(64)))
>>> both = ListOf((q, q))
>>> call = Call("einsum", "einsum", inputs={"equation": "bqhd,bkhd->bhqk", "operands": both})
>>> str(einsum(call))
'float32 [N, 8, T, T]'
"""

from __future__ import annotations

from dataclasses import dataclass, field

from netspec.shapes.axes import dimensions
from netspec.shapes.broadcast import Clash, broadcast, broadcast_size
from netspec.shapes.call import Call, Rule, Unmet
from netspec.shapes.dims import Dim
from netspec.shapes.promotion import result_dtype
from netspec.shapes.rules.functions.arguments import same_dtype, tensors
from netspec.shapes.trying import equal
from netspec.shapes.values import Shape, Tensor, shape_text

_MANY = "..."


@dataclass(slots=True)
class _Sizes:
    """What the operands say so far: a size for each letter, and the shape behind `...`."""

    letters: dict[str, Dim] = field(default_factory=dict)
    rest: Shape = ()


def einsum(call: Call) -> Tensor:
    """Every letter has one size in all operands (or 1); the result has the letters after `->`."""
    operands = tensors(call, "operands")
    equation = call.inputs.get("equation")
    if not isinstance(equation, str):
        call.fail("NS410", f"`{call.name}` needs an equation", argument="equation")
    terms, result = _parsed(call, equation)
    if len(terms) != len(operands):
        call.fail(
            "NS408",
            f"`{call.name}` has {len(terms)} terms in its equation but receives {len(operands)} operands",
            argument="equation",
        )
    dtype = result_dtype(Tensor((Dim(()) + 1,), operand.dtype) for operand in operands)
    if len(terms) == 2 and result is not None and (set(terms[0]) & set(terms[1])) - set(result):
        same_dtype(call, *operands)  # PyTorch contracts by a matrix product
    if any(operand.shape is None for operand in operands):
        return Tensor(None, dtype)
    sizes = _Sizes()
    for term, operand in zip(terms, operands, strict=True):
        _bind(call, sizes, term, operand.shape or ())
    return Tensor(_made(call, sizes, terms, result), dtype)


def _parsed(call: Call, equation: str) -> tuple[list[str], str | None]:
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    for term in [*terms, right]:
        letters = term.replace(_MANY, "", 1)
        if not all(letter.isascii() and letter.isalpha() for letter in letters):
            call.fail(
                "NS408",
                f"`{call.name}` cannot read {equation!r}: {term!r} holds more than letters and one `...`",
                argument="equation",
            )
    return terms, right if arrow else None


def _bind(call: Call, sizes: _Sizes, term: str, shape: Shape) -> None:
    before, many, after = term.partition(_MANY)
    named = len(before) + len(after)
    if named > len(shape) or (not many and named < len(shape)):
        call.fail(
            "NS401",
            f"`{call.name}` names {dimensions(named)} in {term!r} but receives {shape_text(shape)}",
            argument="equation",
        )
    middle = len(shape) - len(after)
    own: dict[str, Dim] = {}
    for letter, size in zip(before + after, shape[: len(before)] + shape[middle:], strict=True):
        if letter in own and not equal(own[letter], size):
            call.fail(
                "NS403",
                f"`{call.name}` names {letter!r} twice in {term!r}, for sizes {own[letter]} and {size}",
                argument="equation",
                unmet=Unmet(own[letter], size),
            )
        own[letter] = size
        _unify(call, sizes, letter, size)
    if many:
        _unify_rest(call, sizes, shape[len(before) : middle])


def _unify(call: Call, sizes: _Sizes, letter: str, size: Dim) -> None:
    known = sizes.letters.get(letter, size)
    try:
        sizes.letters[letter] = broadcast_size(known, size) or known
    except Clash as clash:
        call.fail(
            "NS403",
            f"`{call.name}` finds sizes {known} and {size} for {letter!r}",
            argument="equation",
            help="a letter has one size in all operands",
            unmet=clash.unmet,
        )


def _unify_rest(call: Call, sizes: _Sizes, shape: Shape) -> None:
    try:
        sizes.rest = broadcast(sizes.rest, shape) or shape
    except Clash as clash:
        call.fail(
            "NS403",
            f"`{call.name}` cannot broadcast {shape_text(sizes.rest)} with {shape_text(shape)} behind `...`",
            argument="equation",
            unmet=clash.unmet,
        )


def _made(call: Call, sizes: _Sizes, terms: list[str], result: str | None) -> Shape:
    """The result's shape; without `->`, the letters that occur once, in order."""
    if result is None:
        text = "".join(terms).replace(_MANY, "")
        return (*sizes.rest, *(sizes.letters[one] for one in sorted(set(text)) if text.count(one) == 1))
    before, many, after = result.partition(_MANY)
    for letter in before + after:
        if letter not in sizes.letters:
            call.fail("NS408", f"`{call.name}` names {letter!r} in its result alone", argument="equation")
        if (before + after).count(letter) > 1:
            call.fail("NS408", f"`{call.name}` names {letter!r} twice in its result", argument="equation")
    rest = sizes.rest if many else ()
    return (*(sizes.letters[one] for one in before), *rest, *(sizes.letters[one] for one in after))


RULES: dict[str, Rule] = {"einsum": einsum}
