"""Arguments, layers and steps that are missing, too many, or elsewhere."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from benchmarks.mutation.change import Change, Edit, change
from benchmarks.mutation.original import Original, Part


def _argument_lists(original: Original) -> Iterator[Part]:
    for part in original.select("list", "layers", "sequential"):
        if (
            part.flow
            and str(part.path[-1])[:1].isupper()
            and part.path[-1] not in ("Sequential", "ModuleList")
        ):
            yield part


def argument_dropped(original: Original) -> Iterator[Change]:
    """An argument by position is gone."""
    for part in _argument_lists(original):
        items = original.children(part)
        for first, second in itertools.pairwise(items):
            yield change(first.start, second.start, "")
            yield change(first.end, second.end, "")


def argument_added(original: Original) -> Iterator[Change]:
    for part in _argument_lists(original):
        first = original.children(part)[0]
        yield change(first.start, first.start, f"{original.of(first)}, ")


def argument_repeated_at_the_end(original: Original) -> Iterator[Change]:
    for part in _argument_lists(original):
        first, *_, last = [*original.children(part), *original.children(part)]
        if last.role == "scalar":
            yield change(
                last.end, last.end, f", {original.of(first)}, {original.of(last)}, {original.of(first)}"
            )


def arguments_swapped(original: Original) -> Iterator[Change]:
    for part in _argument_lists(original):
        items = [item for item in original.children(part) if item.role == "scalar"]
        for first, second in itertools.pairwise(items):
            if original.of(first) != original.of(second):
                yield (
                    Edit(first.start, first.end, original.of(second)),
                    Edit(second.start, second.end, original.of(first)),
                )


def _keywords(original: Original) -> Iterator[Part]:
    for part in original.select("mapping", "layers", "sequential", "forward"):
        owner = part.path[-2] if isinstance(part.path[-1], int) else part.path[-1]
        if part.flow and len(part.inside) > 1 and re.fullmatch(r"[A-Z]\w+|[a-z_]+\d?d?", str(owner)):
            if all(re.fullmatch(r"[a-z_]+", original.of(key)) for key in original.children(part)):
                yield part


def keyword_dropped(original: Original) -> Iterator[Change]:
    for part in _keywords(original):
        keys = original.children(part)
        if len(keys) > 1 and not {"from", "as", "when", "for", "let", "repeat"} & {k.path[-1] for k in keys}:
            yield change(keys[0].start, keys[1].start, "")


def keyword_added(original: Original) -> Iterator[Change]:
    """An argument that no op has."""
    for part in _keywords(original):
        if part.path[-1] not in ("for", "let"):
            yield change(part.start + 1, part.start + 1, "sparse_mode: true, ")


def key_twice_in_line(original: Original) -> Iterator[Change]:
    for part in _keywords(original):
        keys = original.children(part)
        if len(keys) > 1:
            text = original.text[keys[0].start : keys[1].start]
            yield change(keys[0].start, keys[0].start, text)


def op_replaced(original: Original) -> Iterator[Change]:
    """Another op, of the same kind or of one dimension less; often right."""
    others = {
        "Conv2d": "Conv1d", "BatchNorm2d": "BatchNorm1d", "MaxPool2d": "MaxPool3d", "Linear": "Bilinear",
        "ReLU": "GELU", "LayerNorm": "GroupNorm", "AdaptiveAvgPool2d": "AdaptiveAvgPool1d",
        "Dropout": "Dropout2d",
    }  # fmt: skip
    for part in original.select("key", "layers", "sequential"):
        if original.of(part) in others:
            yield change(part.start, part.end, others[original.of(part)])


def function_replaced(original: Original) -> Iterator[Change]:
    others = {
        "flatten": "unflatten", "cat": "stack", "add": "matmul", "relu": "glu", "mean": "norm",
        "adaptive_avg_pool2d": "adaptive_avg_pool1d", "max_pool2d": "max_pool1d", "transpose": "permute",
        "chunk": "split", "log_softmax": "one_hot",
    }  # fmt: skip
    for part in original.parts:
        if part.section == "forward" and part.role in ("key", "scalar") and original.of(part) in others:
            yield change(part.start, part.end, others[original.of(part)])


def _single_lines(original: Original, *sections: str) -> Iterator[tuple[int, int]]:
    """The lines that hold one whole layer or step: start, and end with the line break."""
    for part in original.parts:
        is_item = part.role != "key" and isinstance(part.path[-1], int)
        is_layer = part.role == "key" and len(part.inside) == 1 and part.section == "layers"
        if (part.section in sections and not part.flow | (part.role == "list") and (is_item or is_layer)) or (
            part.section in sections and part.flow and part.role == "mapping" and is_item
        ):
            yield from _line(original, part)


def _line(original: Original, part: Part) -> Iterator[tuple[int, int]]:
    start, end = original.lines[original.line_of(part.start) - 1]
    text = original.text[start:end]
    if text.count("{") == text.count("}") and text.count("[") == text.count("]") and text[-1:] != ":":
        if original.text[start : part.start].strip(" -") == "":
            yield start, end + 1


def layer_removed(original: Original) -> Iterator[Change]:
    for start, end in _single_lines(original, "layers", "sequential"):
        yield change(start, end, "")


def layer_twice(original: Original) -> Iterator[Change]:
    """One line of `layers` stands twice: a duplicate key, or one more layer."""
    for start, end in _single_lines(original, "layers", "sequential"):
        yield change(end, end, original.text[start:end])


def step_removed(original: Original) -> Iterator[Change]:
    for start, end in _single_lines(original, "forward"):
        yield change(start, end, "")


def step_twice(original: Original) -> Iterator[Change]:
    for start, end in _single_lines(original, "forward"):
        yield change(end, end, original.text[start:end])


def _swapped(original: Original, lines: list[tuple[int, int]]) -> Iterator[Change]:
    for (a, b), (c, d) in itertools.pairwise(lines):
        if b == c and original.text[a:b] != original.text[c:d]:
            yield Edit(a, b, original.text[c:d]), Edit(c, d, original.text[a:b])


def steps_swapped(original: Original) -> Iterator[Change]:
    yield from _swapped(original, list(_single_lines(original, "forward")))


def layers_swapped(original: Original) -> Iterator[Change]:
    """Two layers of a Sequential are swapped; in a mapping of layers, the order is free."""
    for swap in _swapped(original, list(_single_lines(original, "layers", "sequential"))):
        if original.text[swap[0].start : swap[0].end].lstrip().startswith("- "):
            yield swap


def from_dropped(original: Original) -> Iterator[Change]:
    for found in re.finditer(r", from: (\w+|\[[^\n\[\]{}]*\])", original.text):
        yield change(*found.span(), "")


def as_dropped(original: Original) -> Iterator[Change]:
    for found in re.finditer(r", as: (\w+|\[[^\n\[\]]*\])", original.text):
        yield change(*found.span(), "")


def when_dropped(original: Original) -> Iterator[Change]:
    for found in re.finditer(r", when: \$(\w+|\([^\n]*?\))(?=\})", original.text):
        yield change(*found.span(), "")


def section_removed(original: Original) -> Iterator[Change]:
    """A key of the top with all that stands below it."""
    keys = [part for part in original.select("key") if len(part.path) == 1]
    for part, following in zip(keys, [*keys[1:], None], strict=True):
        if part.path[-1] not in ("doc", "init"):
            yield change(part.start, following.start if following else len(original.text), "")
