"""Runs of equal children -> `repeat`; of children that differ in a regular way -> `for`."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from netspec.importer.blocks import Expression
from netspec.importer.sketch import Const, Tree, Use

if TYPE_CHECKING:
    from netspec.importer.plain import Plainer

Plain: TypeAlias = Any
"""Nested lists and mappings of texts, numbers and NOTHING."""


class Nothing:
    """The value of a key that has none: `{add, from: [x, y]}`."""


NOTHING = Nothing()

_LEAST = 3
_VARIABLE = "i"


def folded_list(members: list[Tree], plainer: Plainer) -> list[Plain]:
    """The members of a list, with their runs folded."""
    found: list[Plain] = []
    position = 0
    while position < len(members):
        length = _equal_run(members, position, plainer)
        if length > 1:
            found.append(_beside(plainer.value(members[position]), {"repeat": length}))
        else:
            length, loop = _loop(members, position, plainer)
            found.append(loop if loop is not None else plainer.value(members[position]))
        position += length
    return found


def folded_mapping(members: dict[str, Tree], plainer: Plainer) -> dict[str, Plain]:
    """As `folded_list`, for layers whose names count."""
    found: dict[str, Plain] = {}
    names, trees = list(members), list(members.values())
    position = 0
    while position < len(names):
        run = _numbered(names, position)
        length, loop = _loop(trees, position, plainer, most=len(run), begin=run[0] if run else 0)
        if loop is not None and run:
            prefix = re.sub(r"\d+$", "", names[position])
            found[f"{prefix}${_VARIABLE}"] = loop
        else:
            length = 1
            found[names[position]] = plainer.value(trees[position])
        position += length
    return found


def _numbered(names: list[str], position: int) -> list[int]:
    """The numbers of names that count up from here: `layer1`, `layer2`, ..."""
    match = re.fullmatch(r"(.*?)(0|[1-9]\d*)", names[position])
    if match is None or not match[1]:
        return []
    prefix, first = match[1], int(match[2])
    run = []
    for offset, name in enumerate(names[position:]):
        if name != f"{prefix}{first + offset}":
            break
        run.append(first + offset)
    return run


def _equal_run(members: list[Tree], position: int, plainer: Plainer) -> int:
    first = plainer.value(members[position])
    length = 1
    while position + length < len(members) and plainer.value(members[position + length]) == first:
        length += 1
    return length


@dataclass(slots=True)
class _Column:
    name: str
    values: list[Any]


def _loop(
    members: list[Tree], position: int, plainer: Plainer, *, most: int | None = None, begin: int = 0
) -> tuple[int, Plain]:
    """The longest run from here that a `for` can make, and that `for`; (1, None) where there is none."""
    limit = len(members) - position if most is None else most
    for length in range(limit, _LEAST - 1, -1):
        loop = _as_loop(members[position : position + length], plainer, begin, named=most is not None)
        if loop is not None:
            return length, loop
    return 1, None


def _as_loop(run: list[Tree], plainer: Plainer, begin: int, *, named: bool) -> Plain:
    first = run[0]
    if not isinstance(first, Use) or not all(
        isinstance(each, Use) and each.op == first.op and list(each.args) == list(first.args) for each in run
    ):
        return None
    columns = [_Column(name, [each.args[name].value for each in run]) for name in first.args]
    if any(
        isinstance(value, Expression)
        for column in columns
        for value in column.values
        if not _constant(column)
    ):
        return None
    varying = [column for column in columns if not _constant(column)]
    formulas = {each.name: _affine(each.values, begin) for each in varying}
    listed = [each for each in varying if formulas[each.name] is None]
    if (not varying and not named) or len(listed) > (0 if named else 1) or (listed and len(varying) > 1):
        return None
    name = listed[0].name if listed else _VARIABLE
    args = dict(first.args)
    for each in varying:
        text = formulas[each.name] if not listed else f"${name}"
        args[each.name] = Const(Expression(text), each.name)
    values: Any = (
        [plainer.value(Const(value, "")) for value in listed[0].values] if listed else _range(begin, len(run))
    )
    made = plainer.value(Use(first.op, args, block=first.block))
    return _beside(made, {"for": {name: values}}, before=True)


def _constant(column: _Column) -> bool:
    return all(type(each) is type(column.values[0]) and each == column.values[0] for each in column.values)


def _affine(values: list[Any], begin: int) -> str | None:
    """`a + b * i` for integers."""
    if any(type(each) is not int for each in values):
        return None
    step = values[1] - values[0]
    if step == 0 or any(b - a != step for a, b in itertools.pairwise(values)):
        return None
    base = values[0] - step * begin
    times = _VARIABLE if step == 1 else f"{step} * {_VARIABLE}"
    return f"$({times})" if base == 0 else f"$({base} + {times})" if base > 0 else f"$({times} - {-base})"


def _range(begin: int, length: int) -> Plain:
    return length if begin == 0 else f"$(range({begin}, {begin + length}))"


def _beside(plain: Plain, more: dict[str, Plain], *, before: bool = False) -> Plain:
    whole = plain if isinstance(plain, dict) else {plain: NOTHING}
    return {**more, **whole} if before else {**whole, **more}


def folded_steps(steps: list[Plain], looped: set[str]) -> list[Plain]:
    """Steps that differ in the number of a layer alone become a loop over it. `looped` are the layers
    that are made in a loop themselves, `block$i`."""
    found: list[Plain] = []
    position = 0
    while position < len(steps):
        period, turns, loop = _step_loop(steps, position, looped)
        if loop is not None:
            found.append(loop)
            position += period * turns
        else:
            found.append(steps[position])
            position += 1
    return found


def _step_loop(steps: list[Plain], start: int, looped: set[str]) -> tuple[int, int, Plain]:
    for period in range(1, 7):
        first = steps[start : start + period]
        numbers = {int(number) for each in first for number in re.findall(r"\d+", _called(each))}
        for begin in sorted(numbers):
            template = [_template(each, begin) for each in first]
            turns = 1
            while _turn(steps, start + turns * period, period, begin + turns) == template:
                turns += 1
            if turns >= _LEAST and template != first and {*map(_called, template)} & looped:
                range_ = turns if begin == 0 else f"$(range({begin}, {begin + turns}))"
                inner = template[0] if period == 1 else {"steps": template}
                return period, turns, _beside(inner, {"for": {_VARIABLE: range_}}, before=True)
    return 0, 0, None


def _turn(steps: list[Plain], start: int, period: int, number: int) -> list[Plain]:
    return [_template(each, number) for each in steps[start : start + period]]


def _called(step: Plain) -> str:
    return step if isinstance(step, str) else next(iter(step)) if step else ""


def _template(step: Plain, number: int) -> Plain:
    """A step with the number in the name of what it calls replaced by the variable."""
    name = _called(step)
    new = re.sub(rf"(?<=[A-Za-z_.-]){number}(?!\d)", f"${_VARIABLE}", name)
    if isinstance(step, str):
        return new
    return {(new if key == name else key): each for key, each in step.items()}
