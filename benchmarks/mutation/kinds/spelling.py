"""Names that are not what they should be."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from benchmarks.mutation.change import Change, Edit, change
from benchmarks.mutation.original import Original, Part

_WORD = re.compile(r"[A-Za-z_]\w*")
_CONTROLS = ("from", "as", "when", "for", "repeat", "let", "steps", "group")


def misspelled(name: str) -> str:
    """A name with two of its letters swapped, or one doubled where that changes nothing."""
    middle = len(name) // 2
    for index in (*range(middle, len(name) - 1), *range(1, middle)):
        if name[index] != name[index + 1] and (name[index] + name[index + 1]).isalpha():
            return name[:index] + name[index + 1] + name[index] + name[index + 2 :]
    return name + name[-1]


def _renamed(original: Original, part: Part) -> Change:
    return change(part.start, part.end, misspelled(original.of(part)))


def _is_op(original: Original, part: Part) -> bool:
    return original.of(part)[:1].isupper() and _WORD.fullmatch(original.of(part)) is not None


def _layer_ops(original: Original) -> Iterator[Part]:
    for part in original.parts:
        if part.section in ("layers", "sequential") and part.role in ("key", "scalar") and not part.quoted:
            is_label = part.role == "key" and part.section == "layers" and len(part.inside) == 1
            if not is_label and _is_op(original, part):
                yield part


def op_misspelled(original: Original) -> Iterator[Change]:
    for part in _layer_ops(original):
        yield _renamed(original, part)


def op_in_another_case(original: Original) -> Iterator[Change]:
    for part in _layer_ops(original):
        yield change(part.start, part.end, original.of(part).lower())


def step_names(original: Original) -> Iterator[Part]:
    """The ops and layers that steps name."""
    for part in original.select("scalar", "forward"):
        if isinstance(part.path[-1], int) and "from" not in part.inside and _word(original, part):
            yield part
    for part in original.select("key", "forward"):
        if len(part.path) > 1 and isinstance(part.path[-2], int) and part.path[-1] not in _CONTROLS:
            yield part


def _word(original: Original, part: Part) -> bool:
    return _WORD.fullmatch(original.of(part)) is not None


def step_misspelled(original: Original) -> Iterator[Change]:
    for part in step_names(original):
        if "as" not in part.inside and "for" not in part.inside:
            yield _renamed(original, part)


def layer_renamed(original: Original) -> Iterator[Change]:
    for part in original.select("key", "layers"):
        if len(part.inside) == 1 and _word(original, part):
            yield _renamed(original, part)


def argument_misspelled(original: Original) -> Iterator[Change]:
    for part in original.select("key", "layers", "sequential", "forward"):
        if (
            len(part.path) > 2
            and re.fullmatch(r"[a-z_]{3,}", original.of(part))
            and part.path[-1] not in _CONTROLS
        ):
            owner = part.path[-3] if isinstance(part.path[-2], int) else part.path[-2]
            if len(part.inside) > 2 and isinstance(owner, str) and owner not in (*_CONTROLS, "Sequential"):
                yield _renamed(original, part)


def source_misspelled(original: Original) -> Iterator[Change]:
    for part in _sources(original):
        yield _renamed(original, part)


def _sources(original: Original) -> Iterator[Part]:
    for part in original.select("scalar", "forward"):
        below = part.inside[part.inside.index("from") :] if "from" in part.inside else ()
        if 0 < len(below) <= 2 and len(original.of(part)) > 0 and original.of(part) not in ("_", "x"):
            yield part


def source_is_another_value(original: Original) -> Iterator[Change]:
    """The source is a value that exists: an input, where it was none."""
    inputs = [part.path[-1] for part in original.select("key", "inputs") if len(part.path) == 2]
    for part in original.select("scalar", "forward"):
        if "from" in part.inside and len(part.inside) - part.inside.index("from") <= 2:
            for name in inputs[:1]:
                if part.path[0] != "blocks" and name != original.of(part):
                    yield change(part.start, part.end, str(name))


def source_dropped(original: Original) -> Iterator[Change]:
    """One of several sources is gone."""
    for part in original.select("list", "forward"):
        if part.path[-1] == "from" and part.flow and part.size > 1:
            items = original.children(part)
            yield change(items[0].end, items[1].end, "")
            yield change(items[0].start, items[1].start, "")


def as_misspelled(original: Original) -> Iterator[Change]:
    for part in original.select("scalar", "forward"):
        if "as" in part.inside and original.of(part) != "_":
            yield _renamed(original, part)


def output_misspelled(original: Original) -> Iterator[Change]:
    for part in original.select("scalar", "outputs"):
        if part.path[-1] != "namedtuple":
            yield _renamed(original, part)


def param_misspelled_where_used(original: Original) -> Iterator[Change]:
    for found in re.finditer(r"\$(\w{3,})|\$\((\w{4,})", original.text):
        group = 1 if found[1] else 2
        yield change(*found.span(group), misspelled(found[group]))


def param_renamed(original: Original) -> Iterator[Change]:
    for part in original.select("key", "params", "let"):
        if len(part.inside) == 1:
            yield _renamed(original, part)


def dimension_renamed(original: Original) -> Iterator[Change]:
    """Another name for one dimension of an input; often right."""
    for part in original.select("scalar", "inputs"):
        name = original.of(part).partition("=")[0]
        if _WORD.fullmatch(name):
            yield change(part.start, part.start + len(name), "M" if name != "M" else "K")


def dimensions_made_equal(original: Original) -> Iterator[Change]:
    """Two dimensions under one name."""
    for part in original.select("list", "inputs"):
        names = [item for item in original.children(part) if _word(original, item)]
        for first, second in itertools.pairwise(names):
            yield change(second.start, second.end, original.of(first))


def key_misspelled(original: Original) -> Iterator[Change]:
    """A word of the language: a section, or a key of a block."""
    for part in original.select("key"):
        section = (
            part.path[-1] if len(part.path) == 1 or (len(part.path) == 3 and part.path[0] == "blocks") else ""
        )
        if section and not _is_op(original, part):
            yield _renamed(original, part)


def control_misspelled(original: Original) -> Iterator[Change]:
    """`from`, `as`, `when`, `for`, `steps`, ... beside a layer or a step."""
    for part in original.select("key", "layers", "sequential", "forward"):
        if part.path[-1] in _CONTROLS and len(part.inside) > 1:
            yield _renamed(original, part)


def block_renamed(original: Original) -> Iterator[Change]:
    for part in original.select("key"):
        if len(part.path) == 2 and part.path[0] == "blocks":
            yield _renamed(original, part)


def init_misspelled(original: Original) -> Iterator[Change]:
    """A layer type, a tensor or a function of `init`."""
    for part in original.parts:
        if part.section == "init" and part.inside and part.role in ("key", "scalar"):
            if re.fullmatch(r"[A-Za-z]\w{3,}", original.of(part)):
                yield _renamed(original, part)


def model_misspelled(original: Original) -> Iterator[Change]:
    """The class, a param or the file of a variant."""
    for part in original.parts:
        if part.path[0] in ("model", "use") and part.role in ("key", "scalar") and len(part.path) > 1:
            if re.fullmatch(r"[A-Za-z][\w/.]{3,}", original.of(part)):
                yield _renamed(original, part)


def choice_misspelled(original: Original) -> Iterator[Change]:
    """A text that is an argument: `row`, `fan_out`, `relu`."""
    for part in original.select("scalar", "layers", "sequential", "forward", "init"):
        if part.path[-1] in ("mode", "nonlinearity", "padding_mode") or original.of(part) == "row":
            yield _renamed(original, part)


def type_misspelled(original: Original) -> Iterator[Change]:
    for part in original.select("scalar", "params"):
        if original.of(part) in ("int", "float", "bool", "list", "shape") and part.path[-1] != "doc":
            yield _renamed(original, part)


def names_swapped(original: Original) -> Iterator[Change]:
    """The names of two results are swapped."""
    for part in original.select("list", "forward"):
        if part.path[-1] == "as" and part.size == 2:
            first, second = original.children(part)
            yield (
                Edit(first.start, first.end, original.of(second)),
                Edit(second.start, second.end, original.of(first)),
            )
