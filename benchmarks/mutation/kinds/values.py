"""Numbers, texts and booleans that are not what they should be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from benchmarks.mutation.change import Change, change
from benchmarks.mutation.original import Original, Part

_INTEGER = re.compile(r"[1-9][0-9]*")


def _arguments(original: Original) -> Iterator[Part]:
    """The scalars that are arguments of layers and of the blocks and ops in steps."""
    for part in original.select("scalar", "layers", "sequential"):
        if len(part.inside) > (1 if part.section == "layers" else 0):
            yield part
    for part in original.select("scalar", "forward"):
        if not {"from", "as", "for", "when"} & set(map(str, part.inside)):
            yield part


def _integers(original: Original) -> Iterator[Part]:
    return (part for part in _arguments(original) if _INTEGER.fullmatch(original.of(part)))


def _set(part: Part, text: object) -> Change:
    return change(part.start, part.end, str(text))


def size_off_by_one(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        if int(original.of(part)) > 8:
            yield _set(part, int(original.of(part)) + 1)


def size_halved(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        if int(original.of(part)) > 8:
            yield _set(part, int(original.of(part)) // 2)


def small_number_changed(original: Original) -> Iterator[Change]:
    """Kernels, axes, steps; often right."""
    for part in _integers(original):
        if int(original.of(part)) <= 8 and not _named(
            part, "stride", "padding", "kernel_size", "dim", "groups"
        ):
            yield _set(part, int(original.of(part)) + 1)


def _named(part: Part, *names: str) -> bool:
    return bool(set(names) & set(map(str, part.path[-2:])))


def kernel_too_large(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        is_kernel = (
            _named(part, "kernel_size") or part.path[-2:] == ("Conv2d", 2) or part.path[-1] == "MaxPool2d"
        )
        if is_kernel:
            yield _set(part, int(original.of(part)) + 300)


def kernel_off_by_one(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        if _named(part, "kernel_size") or part.path[-2:] == ("Conv2d", 2) or part.path[-1] == "MaxPool2d":
            yield _set(part, int(original.of(part)) + 1)


def stride_changed(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        if _named(part, "stride"):
            yield _set(part, int(original.of(part)) + 1)


def padding_changed(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        if _named(part, "padding"):
            yield _set(part, int(original.of(part)) + 1)


def axis_changed(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        if _named(part, "dim", "flatten", "transpose") and part.section == "forward":
            yield _set(part, int(original.of(part)) + 4)


def number_negative(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        yield _set(part, -int(original.of(part)))


def number_zero(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        yield _set(part, 0)


def number_with_point(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        yield _set(part, f"{original.of(part)}.5")


def number_quoted(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        yield _set(part, f'"{original.of(part)}"')


def number_as_word(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        yield _set(part, "many")


def number_null(original: Original) -> Iterator[Change]:
    for part in _integers(original):
        yield _set(part, "null")


def boolean_as_yes(original: Original) -> Iterator[Change]:
    for part in original.select("scalar"):
        if original.of(part) in ("true", "false") and not part.quoted:
            yield _set(part, {"true": "yes", "false": "no"}[original.of(part)])


def boolean_as_number(original: Original) -> Iterator[Change]:
    for part in _arguments(original):
        if original.of(part) in ("true", "false"):
            yield _set(part, "7")


def dtype_changed(original: Original) -> Iterator[Change]:
    """An input of integers where floats are needed."""
    for part in original.select("list", "inputs"):
        if len(part.inside) == 1:
            for dtype in ("int64", "float64", "bool"):
                yield _set(part, f"{{shape: {original.of(part)}, dtype: {dtype}}}")


def default_of_another_type(original: Original) -> Iterator[Change]:
    """A number as a text, or a text or list in place of a number."""
    for part in original.select("scalar", "params"):
        if re.fullmatch(r"[0-9.]+", original.of(part)) and (
            len(part.inside) == 1 or part.path[-1] == "default"
        ):
            yield _set(part, f'"{original.of(part)}"')
            yield _set(part, f"[{original.of(part)}]")


def default_dropped(original: Original) -> Iterator[Change]:
    for part in original.select("scalar", "params"):
        if len(part.inside) == 1 and _INTEGER.fullmatch(original.of(part)):
            yield _set(part, "int")


def input_size_changed(original: Original) -> Iterator[Change]:
    for part in original.select("scalar", "inputs"):
        if _INTEGER.fullmatch(original.of(part)):
            yield _set(part, int(original.of(part)) + 1)


def dimension_dropped(original: Original) -> Iterator[Change]:
    for part in original.select("list", "inputs"):
        items = original.children(part)
        if len(items) > 2:
            yield change(items[-2].end, items[-1].end, "")


def model_value_changed(original: Original) -> Iterator[Change]:
    """A number of a variant, and a list of one item less."""
    for part in original.parts:
        if part.path[0] == "model" and part.role == "scalar" and _INTEGER.fullmatch(original.of(part)):
            yield _set(part, int(original.of(part)) + 1)
            yield _set(part, f"-{original.of(part)}")
        elif part.path[0] == "model" and part.role == "list" and part.size > 1:
            items = original.children(part)
            yield change(items[-2].end, items[-1].end, "")


def expression_operator_changed(original: Original) -> Iterator[Change]:
    for found in re.finditer(r"\$\([^\n]*? (\*|//|\+) [^\n]*?\)", original.text):
        other = {"*": "+", "//": "*", "+": "-"}[found[1]]
        yield change(*found.span(1), other)


def expression_number_changed(original: Original) -> Iterator[Change]:
    for found in re.finditer(r"\$\([^\n\[\]]*?\b([1-9][0-9]?)\b[^\n]*?\)", original.text):
        yield change(*found.span(1), str(int(found[1]) + 1))


def index_out_of_range(original: Original) -> Iterator[Change]:
    for found in re.finditer(r"\$\(\w+\[(\d)\]", original.text):
        yield change(*found.span(1), "90")


def operator_doubled(original: Original) -> Iterator[Change]:
    """An expression that is none: `$(4 * * dim)`."""
    for found in re.finditer(r"\$\([^\n]*? (\*|//|\+|-) ", original.text):
        yield change(*found.span(1), f"{found[1]} /")
