"""Two networks -> their difference; without torch, from the specs alone."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.carry.header import Stored
from netspec.pipeline import Checked
from netspec.shapes.dims import Dim
from netspec.shapes.failing import sizes_text
from netspec.views.diff.keys import fates, fates_by_name, key_of, state_of
from netspec.views.diff.layers import differing, layer_changes
from netspec.views.diff.pairs import Side, paired
from netspec.views.diff.records import Amount, Difference, ShapeChange
from netspec.views.diff.steps import Steps
from netspec.views.spelling import output_text
from netspec.views.summary import Summary, summarise


def difference(before: Checked, after: Checked, names: tuple[str, str]) -> Difference:
    """What is different in the second of two specs without errors; `names` is what they are called."""
    one, other = _side(before), _side(after)
    pairs = paired(one, other)
    layers = layer_changes(one, other, pairs)
    inputs = _inputs(one, other)
    places = {".".join(path): path for path in other.graph.modules}
    changed = frozenset(places[each.after] for each in layers if each.after in places)
    old, new = summarise(before), summarise(after)
    blocks = frozenset(each.within for each in layers) | {e.after for e in layers if e.kind == "replaced"}
    steps = Steps(one, other, pairs, changed, frozenset(filter(None, blocks)))
    return Difference(
        *names,
        differing(before.params or {}, after.params or {}),
        inputs,
        layers,
        steps.step_changes(),
        steps.shape_changes(inputs),
        _amounts(old, new),
        sizes_text(dict(sorted(new.typical.items()))),
        fates(state_of(before), state_of(after), pairs),
        tuple(sorted({*old.uncounted, *new.uncounted})),
    )


def difference_of_states(
    before: Mapping[str, Stored], after: Mapping[str, Stored], names: tuple[str, str]
) -> Difference:
    """The same where one of the two is a checkpoint without a spec: its keys."""
    return Difference(*names, keys=fates_by_name(before, after))


def keys_of(checked: Checked) -> dict[str, Stored]:
    """The keys of a network's `state_dict`, with what each holds."""
    return {key_of(*place): stored for place, stored in state_of(checked).items()}


def _side(checked: Checked) -> Side:
    assert checked.graph is not None
    assert checked.shapes is not None
    return Side(checked.graph, checked.shapes)


def _inputs(before: Side, after: Side) -> tuple[ShapeChange, ...]:
    ours, theirs = (
        {each.name: output_text(side.shapes.of(each.value)) for each in side.graph.inputs}
        for side in (before, after)
    )
    return tuple(
        ShapeChange(name, ours.get(name, ""), theirs.get(name, ""), "")
        for name in dict.fromkeys((*ours, *theirs))
        if ours.get(name) != theirs.get(name)
    )


def _amounts(before: Summary, after: Summary) -> tuple[Amount, ...]:
    def formula(name: str, one: Dim | None, other: Dim | None) -> Amount:
        return Amount(
            name,
            None if one is None else str(one),
            None if other is None else str(other),
            None if one is None else one.evaluate(before.typical),
            None if other is None else other.evaluate(after.typical),
        )

    one, other = before.parameters, after.parameters
    return (
        Amount("parameters", str(one), str(other), one, other),
        formula("FLOPs", before.flops, after.flops),
        formula("activation bytes", before.memory, after.memory),
    )
