"""`init` against the network: a tensor that no layer of a class has is misspelled."""

from __future__ import annotations

from netspec.diagnostics import Collector, near
from netspec.graph.ir import Graph
from netspec.resolve.program import InitEntry, Program
from netspec.shapes.infer import Shapes
from netspec.shapes.weights import tensors

_USUAL = {"weight", "bias"}
"""What layers are often built without; an entry for it is no mistake."""


def check_init(program: Program, graph: Graph, shapes: Shapes, collector: Collector) -> None:
    """Report the tensors of `init` that the layers of a class do not have."""
    owned: dict[str, set[str]] = {}
    for path, module in graph.leaves.items():
        if module.op is not None and path in shapes.settings:
            names = {each.name for each in tensors(module.op.name, shapes.settings[path])}
            owned.setdefault(module.op.name, set()).update(names)
    for module_class in program.modules:
        for entry in module_class.init:
            if entry.op is not None and owned.get(entry.op.name):
                _check(entry, owned[entry.op.name], collector)


def _check(entry: InitEntry, names: set[str], collector: Collector) -> None:
    for tensor, use in entry.tensors:
        if tensor not in names | _USUAL:
            best = near(tensor, names)
            known = ", ".join(f"`{name}`" for name in sorted(names))
            collector.add(
                "NS212", f"`{entry.key}` has no tensor `{tensor}`", use.span,
                help=f"a tensor with a similar name exists: `{best}`" if best else f"its tensors: {known}",
            )  # fmt: skip
