"""Modules made of other modules: the rules of the parts answer, one after the other.

A fault in a part blames the whole's argument of that name, or the argument that the part comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from netspec.catalog.load import ops
from netspec.shapes.call import AUTO, Call, Fault
from netspec.shapes.parts import PARTS, Part
from netspec.shapes.rules.modules.settings import SOLVED
from netspec.shapes.values import UNKNOWN, Value


def in_call_order(op: str, parts: Iterable[Part]) -> list[Part]:
    """The parts as forward calls them, one after the other."""
    order = {"SqueezeExcitation": "avgpool fc1 activation fc2 scale_activation".split()}.get(op)
    return list(parts) if order is None else sorted(parts, key=lambda part: order.index(part.name))


def chain(call: Call, parts: Iterable[Part], value: Value) -> Iterator[tuple[Part, Mapping[str, Any], Value]]:
    """Each part with what it is given and what it answers; ends behind one that no rule knows."""
    for part in parts:
        inputs, value = applied(call, part, value)
        yield part, inputs, value
        if value is UNKNOWN:
            return


def last(call: Call, parts: Iterable[Part], value: Value) -> Value:
    """What the last of the parts answers."""
    for _, _, answer in chain(call, parts, value):
        value = answer
    return value


def applied(call: Call, part: Part, value: Value) -> tuple[Mapping[str, Any], Value]:
    """The inputs of a part, and its answer; unknown where it has no rule."""
    from netspec.shapes.rules.modules import MODULE_RULES

    op, rule = ops().get(part.op), MODULE_RULES.get(part.op)
    if op is None or rule is None or not op.call:
        return {}, UNKNOWN
    inputs: dict[str, Any] = {param.name: param.default for param in op.call if not param.required}
    inputs[op.call[0].name] = value
    inner = Call(part.op, call.name, part.settings, inputs, call.training)
    try:
        return inputs, rule(inner)
    except Fault as fault:
        raise _of_whole(fault, part, call) from None


def check_parts(call: Call) -> None:
    """The checks of all parts' constructor arguments."""
    from netspec.shapes.rules.modules import MODULE_CHECKS

    for part in PARTS[call.op](call.settings):
        check = MODULE_CHECKS.get(part.op)
        open_sizes = {key for key, value in part.settings.items() if value is AUTO} - SOLVED
        if check is None or open_sizes or not part.settings:
            continue
        try:
            check(Call(part.op, call.name, part.settings))
        except Fault as fault:
            raise _of_whole(fault, part, call) from None


def _of_whole(fault: Fault, part: Part, call: Call) -> Fault:
    argument = fault.argument
    if argument is None:
        return fault
    if argument not in part.settings:
        # What the part receives, the whole receives or has made itself.
        return fault if argument in call.inputs else replace(fault, argument=part.argument)
    if argument in call.settings and call.settings[argument] == part.settings[argument]:
        return fault
    return replace(fault, argument=part.argument, help=None, expected=None)
