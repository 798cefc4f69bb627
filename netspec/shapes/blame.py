"""A fault of a rule -> a diagnostic: the place to blame, the step that made the value, the fix."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from netspec.diagnostics import Collector, Edit, Fix, Label, Span
from netspec.graph.ir import Claim, Enter, Graph, GraphInput, GraphNode, Leave, ModuleNode, Node, Own, Sizes
from netspec.graph.verify import used
from netspec.resolve.program import FAULTY
from netspec.shapes.call import Fault
from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor, Unknown, Value


@dataclass(frozen=True, slots=True)
class Place:
    """Where to report: `argument` tells whether the span is the blamed argument's own value, `factors`
    where the size that is right comes from (`64 * 12 * 12`), and `lone` whether one call alone depends
    on it."""

    span: Span
    argument: bool
    labels: tuple[Label, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    factors: str = ""
    lone: bool = True


class Blame:
    """Finds places in one graph."""

    def __init__(self, graph: Graph, values: Mapping[int, Value]) -> None:
        self.graph = graph
        self.values = values
        self.makers = {number: node for node in graph.every_node for number in node.results.flat}

    def of_module(self, module: ModuleNode, fault: Fault) -> Place:
        """A fault of the constructor's arguments alone."""
        stated = module.spans.get(fault.argument or "")
        return Place(stated or module.span, argument=stated is not None)

    def of_node(self, node: Node, fault: Fault) -> Place:
        """A fault of a call: at the argument where it is written, else at the step."""
        labels = self._producer(node)
        values = self._values(node)
        argument = fault.argument or ""
        module = self.graph.leaves.get(node.module) if node.module is not None else None
        if module is not None and argument in module.spans:
            called = Label(node.step, "called here")
            factors = self._factors(node, fault)
            span = module.spans[argument]
            lone = self._is_lone(argument, span)
            return Place(span, True, (*labels, called), values, factors, lone)
        if argument in node.spans and not any(used(node.arguments.get(argument))):
            return Place(node.spans[argument], True, labels, values)
        if module is not None and node.span != module.span:
            labels = (*labels, Label(module.span, "declared here"))
        elif node.step != node.span:
            labels = (*labels, Label(node.step, "called here"))
        return Place(node.span, False, labels, values)

    def _factors(self, node: Node, fault: Fault) -> str:
        """The sizes whose product is the right one, where the step before has joined them."""
        expected = fault.expected.value if isinstance(fault.expected, Dim) else fault.expected
        number = next(used(node.arguments), None)
        maker = self.makers.get(number) if number is not None else None
        taken = self.values.get(next(used(maker.arguments), FAULTY)) if maker is not None else None
        if not isinstance(taken, Tensor) or taken.shape is None or type(expected) is not int:
            return ""
        sizes = [size.value for size in taken.shape[1:]]
        known = [size for size in sizes if size is not None]
        if len(known) < max(2, len(sizes)) or math.prod(known) != expected:
            return ""
        return " * ".join(map(str, known))

    def _is_lone(self, argument: str, span: Span) -> bool:
        """Whether one call alone uses what is written here: in a loop, or in a block that is used
        again, what mends one call may break another."""
        return self._calls_by_place[argument, span] < 2

    @cached_property
    def _calls_by_place(self) -> Counter[tuple[str, Span]]:
        """How many calls of layers take an argument from where it is written."""
        calls = [node.module for node in self.graph.nodes if isinstance(node, Node)]
        leaves = [self.graph.leaves[path] for path in calls if path is not None and path in self.graph.leaves]
        return Counter(place for leaf in leaves for place in leaf.spans.items())

    def of_enter(self, node: Enter, declared: GraphInput) -> Place:
        """What flows into a block contradicts its declared shape."""
        labels = (*self._producer(node), Label(declared.span, "declared here"))
        return Place(node.span, False, labels)

    def of_step(self, node: Sizes | Claim) -> Place:
        return Place(node.span, False, self._producer(node))

    def of_computed(self, node: Own) -> Place:
        """A tensor that is not what its steps compute."""
        numbers = used(node.computed)
        labels = [
            Label(self.makers[n].span, f"makes {self.values.get(n)}") for n in numbers if n in self.makers
        ]
        return Place(node.span, False, tuple(labels))

    def of_results(self, node: Node | Leave) -> Place:
        numbers = node.results.flat
        return Place(self.graph.values[numbers[0]].span if numbers else node.span, False)

    def _producer(self, node: GraphNode) -> tuple[Label, ...]:
        """The step that made the first operand: `makes [N, 9216] from [N, 64, 12, 12]`."""
        for number in used(node.arguments):
            maker, made = self.makers.get(number), self.values.get(number)
            if maker is None:
                source = next((each for each in self.graph.inputs if each.value == number), None)
                if source is None:
                    continue
                return (Label(self.graph.values[number].span, f"is {made}"),)
            if maker.step == node.step and maker.span == node.span:
                continue
            text = f"makes {_text(made)}"
            taken = next((self.values.get(n) for n in used(maker.arguments)), None)
            if isinstance(taken, Tensor) and isinstance(made, Tensor) and taken != made:
                text += f" from {_text(taken)}"
            return (Label(maker.span, text),)
        return ()

    def _values(self, node: Node) -> tuple[tuple[str, str], ...]:
        found = []
        for name, argument in node.arguments.items():
            numbers = list(used(argument))
            known = [self.values.get(number) for number in numbers]
            if known and not any(value is None or isinstance(value, Unknown) for value in known):
                found.append((name, ", ".join(map(str, known))))
        return tuple(found)


def _text(value: Value | None) -> str:
    """A float32 tensor by its shape alone, anything else in full."""
    text = str(value)
    return text.removeprefix("float32 ")


_HELP = {
    "NS401": "`flatten`, `unsqueeze` and `view` change the number of dimensions",
    "NS402": "change the size here, or in the step that makes the value",
    "NS403": "change the sizes in the steps that make the values",
    "NS404": "give it a larger input, or smaller sizes",
    "NS405": "convert the value first: `{to: float32}`",
    "NS406": "use a dimension that the value has",
    "NS407": "choose sizes with as many values in all; one of them may be -1",
    "NS408": "change one of the arguments",
    "NS410": "give it a tensor; the parts of a tuple get names with `as: [a, b]`",
}
"""What to do where a rule knows nothing more exact."""


_SIZES = re.compile(r"\s*:\s*\[")


def _help(fault: Fault, place: Place) -> str | None:
    help = fault.help or _HELP.get(fault.code)
    if help is None or not place.factors:
        return help
    return help.replace(str(fault.expected), f"{fault.expected} ({place.factors})", 1)


def _copying(step: Span) -> tuple[Fix, ...]:
    """`reshape` in place of a `view` with a list of sizes, which both take alike."""
    if step.text != "view" or not _SIZES.match(step.source.text, step.end):
        return ()
    return (Fix("Write `reshape`", (Edit(step, "reshape"),)),)


def report(fault: Fault, place: Place, collector: Collector, *, fixes: tuple[Fix, ...] = ()) -> None:
    """Add the diagnostic of a fault, with a fix where the right argument is known and written, or else
    with `fixes`."""
    expected = fault.expected.value if isinstance(fault.expected, Dim) else fault.expected
    # A number in place of an expression would be right for these params alone.
    if (
        place.argument
        and place.lone
        and isinstance(expected, int | float | str)
        and "$" not in place.span.text
    ):
        text = str(expected).lower() if isinstance(expected, bool) else str(expected)
        fixes = (Fix(f"Set `{fault.argument}` to {text}", (Edit(place.span, text),)),)
    if fault.code == "NS412":
        fixes = _copying(place.span)
    collector.add(
        fault.code,
        fault.message,
        place.span,
        span_text=fault.span_text or (fault.argument or "" if place.argument else ""),
        labels=place.labels,
        values=place.values,
        help=_help(fault, place),
        fixes=fixes,
    )
