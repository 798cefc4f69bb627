"""NS502: an input or a named result is never used.

A name that nothing reads is often a source that a later step should have named.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics import Collector, Edit, Fix, Span
from netspec.lints.facts import Facts
from netspec.lints.places import Places, offered
from netspec.lints.removable import input_can_go, tensor_is_named
from netspec.resolve.mentions import asked, mentioned, names_in_forward, values_in
from netspec.resolve.program import FAULTY, Call, Item, Module, StepLets, StepSizes, calls_in


def unused_value(facts: Facts, collector: Collector) -> None:
    if not facts.unread_steps:
        for module in facts.program.modules:
            _judge(module, facts, collector)


def _judge(module: Module, facts: Facts, collector: Collector) -> None:
    if module.output is None:
        return
    read = set(_read(module.forward)) | {ref.value for ref in module.returned}
    if FAULTY in read:
        return
    mentioned_names = names_in_forward(module)
    read |= {each.value for each in module.inputs if each.name in mentioned_names}
    inputs = {each.value for each in module.inputs}
    owned = {each.value: each.kind for each in module.owned}
    # What a loop or condition hands on is no value of its own: the steps inside make it.
    made = {value for call in calls_in(module.forward) for value in call.made} | inputs | set(owned)
    for number, info in module.values.items():
        if info.name is None or number in read or number not in made:
            continue
        what = "input" if number in inputs else owned.get(number, "value")
        declared = number in inputs or number in owned
        help = "use it as a source, or remove it" if declared else "use it as a source, or remove its `as`"
        fixes = _removal(number, module, facts) if declared else _unnamed(facts.places, info.span)
        collector.add("NS502", f"the {what} `{info.name}` is never used", info.span, help=help, fixes=fixes)


def _removal(number: int, module: Module, facts: Facts) -> tuple[Fix, ...]:
    """What is declared changes the class when it goes."""
    span = module.values[number].span
    given = next((each for each in module.inputs if each.value == number), None)
    free = not tensor_is_named(module, span.text) if given is None else input_can_go(module, facts)
    return offered(f"Remove `{span.text}`", facts.places.without_name(span) if free else None)


def _unnamed(places: Places, span: Span) -> tuple[Fix, ...]:
    """A name for a result changes nothing."""
    if span in places.items:
        return offered("Write `_`", Edit(span, "_"), "safe")
    key = places.keys.get(span)
    return offered(f"Remove its `{key.text}`", places.without_entry(key), "safe") if key is not None else ()


def _read(items: tuple[Item, ...]) -> Iterator[int]:
    """What steps read; a value that a loop or condition hands on counts as read."""
    for item in items:
        if isinstance(item, Call):
            yield from values_in(item)
        elif isinstance(item, StepSizes):
            yield from mentioned(item.operand)
        elif not isinstance(item, StepLets):
            yield from asked(item)
            yield from _read(item.body)
            for each in item.carried:
                yield from (each.before, each.end, each.after)
