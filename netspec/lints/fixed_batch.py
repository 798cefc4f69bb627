"""NS511: a reshape has a number where the batch is.

It is legal where the numbers of values divide, and then a row of the result holds parts of several
samples for every batch but one of this very size.
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Edit, Fix
from netspec.graph.ir import Node
from netspec.lints.facts import Facts
from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor
from netspec.syntax import Mapping, Scalar, Sequence

_IN_A_BLOCK = "write `$NAME` in its place, with the name that the block's input gives its first dimension"
_RESHAPES = {"view": "size", "reshape": "shape"}


def fixed_batch(facts: Facts, collector: Collector) -> None:
    batches = _batches(facts)
    for node in facts.graph.calls:
        argument = _RESHAPES.get(node.op.name) if node.op is not None and node.module is None else None
        source = facts.flow.source(node)
        if argument is None or source is None:
            continue
        taken, made = facts.shapes.of(source), facts.shapes.of(node.results.flat[0])
        if not isinstance(taken, Tensor) or not isinstance(made, Tensor) or not taken.shape or not made.shape:
            continue
        batch, size = batches.get(taken.shape[0]), made.shape[0].value
        if batch is None or size is None or size < 2:
            continue
        name, typical = batch
        note = f"{size} is only what {name} typically is" if typical == size else ""
        collector.add(
            "NS511",
            f"`{node.name}` makes {size} rows of {name} samples, for every {name}",
            node.span,
            notes=[note] if note else [],
            help=f"write `${name}` in place of {size}" if facts.is_in_main(node) else _IN_A_BLOCK,
            fixes=_fixes(facts, node, argument, name, size),
        )


def _batches(facts: Facts) -> dict[Dim, tuple[str, int | None]]:
    """The sizes that stand for a number of samples: the first of each input that is a name. With each, the
    name, and its typical value."""
    found: dict[Dim, tuple[str, int | None]] = {}
    for each in facts.graph.inputs:
        first = each.shape[0] if each.shape else None
        names = [symbol.name for symbol in first.symbols] if first is not None else []
        if first is not None and names == [str(first)] and names[0].isidentifier() and names[0] != "_":
            found[first] = (names[0], each.typical.get(names[0]))
    return found


def _fixes(facts: Facts, node: Node, argument: str, name: str, size: int) -> list[Fix]:
    """Write the name in the step's list of sizes; in a block, another name may be in scope."""
    if not facts.is_in_main(node):
        return []
    written = facts.places.value(node.step)
    if isinstance(written, Mapping):
        written = written.get(argument)
    match written:
        case Sequence(items=(Scalar(value=value) as first, *_)) if value == size:
            return [Fix(f"Write `${name}`", (Edit(first.span, f"${name}"),), "unsafe")]
    return []
