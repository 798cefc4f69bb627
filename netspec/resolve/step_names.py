"""What steps bind and take: names by which loops hand values on, factories, list arguments."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.catalog.model import Op
from netspec.diagnostics import Collector, Span, near, similar
from netspec.document.records import Branch, Results, StepDecl
from netspec.resolve.program import Layer, find_layer
from netspec.syntax import Scalar


def bound_names(step: StepDecl) -> set[str]:
    """The `as` names of a step, of its branches and of the steps in it."""
    found = set(_result_names(step.results)) if not _names_sizes(step) else set()
    if step.op is not None and step.op.name == "append" and isinstance(step.op.arguments, Scalar):
        found.add(step.op.arguments.text)
    if step.collect is not None and isinstance(step.collect.value, Scalar):
        found.add(step.collect.value.text)
    sources = step.source.positional + tuple(s for _, s in step.source.keywords) if step.source else ()
    for source in sources:
        if isinstance(source, Branch):
            found.update(name for inner in source.steps for name in bound_names(inner))
    for inner in step.steps or ():
        found |= bound_names(inner)
    return found


def _names_sizes(step: StepDecl) -> bool:
    return step.op is not None and step.op.name == "shape"


def _result_names(results: Results | None) -> Iterator[str]:
    for each in results.names if results is not None else ():
        if isinstance(each, Results):
            yield from _result_names(each)
        else:
            yield each.text


def is_factory(op: Op | None) -> bool:
    """Whether an op makes a tensor from numbers alone: a signature has no tensor."""
    return op is not None and op.kind != "module" and not all(_with_tensors(op))


def takes_sources(op: Op) -> bool:
    """Whether a value may be named for an op: `linspace` goes from a number or from one."""
    return op.kind == "module" or any(_with_tensors(op))


def _with_tensors(op: Op) -> list[bool]:
    """For each signature, whether it has a tensor."""
    found = [any("tensor" in t or t == "any" for p in s for t in p.types) for s in op.signatures]
    return found or [False]


def takes_list(op: Op | None) -> bool:
    """Whether an op's first argument is a list of tensors, as `cat`'s is."""
    if op is None or not op.signatures or not op.signatures[0]:
        return False
    return "tensors" in op.signatures[0][0].types


def report_value(
    name: str, span: Span, names: dict[str, int], layers: tuple[Layer, ...], collector: Collector
) -> None:
    """A source that is no value: perhaps a layer, perhaps misspelled."""
    if find_layer(layers, (name,)) is not None or find_layer(layers, tuple(name.split("."))) is not None:
        collector.add(
            "NS208",
            f"`{name}` is a layer, but a value is needed here",
            span,
            help=f"write `[{name}]` for what `{name}` makes of the current value",
        )
        return
    best = near(name, names)
    others = similar(name, names) or tuple(names)
    help = (
        f"a value with a similar name exists: `{best}`"
        if best
        else "known values: " + (", ".join(f"`{other}`" for other in others) or "none")
    )
    collector.add("NS208", f"no value is called `{name}`", span, help=help)
