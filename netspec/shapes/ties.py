"""`tie` against the network: both parameters exist, and are alike."""

from __future__ import annotations

from netspec.diagnostics import Collector, Label, Span, near
from netspec.graph.ir import Graph, ModuleNode, Own, TensorPath
from netspec.resolve.program import BASE
from netspec.shapes.agreement import same_shape
from netspec.shapes.infer import Shapes
from netspec.shapes.owned import OwnedTensor
from netspec.shapes.values import Tensor, shape_text
from netspec.shapes.weights import tensors


def check_ties(graph: Graph, shapes: Shapes, collector: Collector) -> None:
    """Report what cannot be shared."""
    for each in graph.shared:
        target = _tensor(each.target, each.target_span, graph, shapes, collector)
        source = _tensor(each.source, each.source_span, graph, shapes, collector)
        if target is None or source is None or target.shape is None or source.shape is None:
            continue
        labels = (
            Label(each.target_span, f"is {_text(target)}"),
            Label(each.source_span, f"is {_text(source)}"),
        )
        name = each.target_span.text
        if not same_shape(target.shape, source.shape):
            collector.add(
                "NS402",
                f"`{name}` is {shape_text(target.shape)} and cannot be a parameter of the shape "
                f"{shape_text(source.shape)}",
                each.source_span,
                labels=labels[:1],
                help="tied parameters have one shape: change one of the two layers",
            )
        elif target.dtype != source.dtype:
            collector.add(
                "NS405", f"`{name}` is {target.dtype}, and the parameter it is tied to {source.dtype}",
                each.source_span, labels=labels[:1], help="tied parameters have one dtype",
            )  # fmt: skip


def _text(tensor: OwnedTensor) -> str:
    return str(Tensor(tensor.shape, tensor.dtype)).removeprefix("float32 ")


def _tensor(
    wanted: TensorPath, span: Span, graph: Graph, shapes: Shapes, collector: Collector
) -> OwnedTensor | None:
    """The parameter at a path; None, after a report, where there is none."""
    path = wanted.module
    holder = next(path[:n] for n in range(len(path), -1, -1) if path[:n] in graph.modules)
    module = graph.modules[holder]
    name = ".".join((*path[len(holder) :], wanted.tensor))
    if module.absent:
        help = "name a layer that exists for all values of the params"
        collector.add("NS212", f"`{module.name}` is absent here, and has no `{name}`", span, help=help)
        return None
    if module.class_name == "?" or (module.is_leaf and holder not in shapes.settings):
        return None
    owned = _owned_by(module, graph, shapes)
    found = owned.get(name)
    if found is not None and found.kind == "parameter":
        return found
    if found is not None:
        help = "tie parameters; buffers are copied by steps"
        collector.add("NS212", f"`{span.text}` is a buffer, and only parameters are tied", span, help=help)
    elif owned or not module.is_leaf or module.op is None or "." not in name:
        _report_missing(module, name, owned, span, collector)
    return None


def _owned_by(module: ModuleNode, graph: Graph, shapes: Shapes) -> dict[str, OwnedTensor]:
    if module.is_leaf and module.op is not None:
        return {each.name: each for each in tensors(module.op.name, shapes.settings[module.path])}
    owned = {
        node.tensor: _own(node, shapes)
        for node in graph.nodes
        if isinstance(node, Own) and node.module == module.path
    }
    base = graph.modules.get((*module.path, BASE))
    extended = _owned_by(base, graph, shapes) if base is not None and base.path in shapes.settings else {}
    return extended | owned


def _own(node: Own, shapes: Shapes) -> OwnedTensor:
    value = shapes.of(node.value)
    shape, dtype = (value.shape, value.dtype) if isinstance(value, Tensor) else (None, None)
    return OwnedTensor(node.tensor, shape, dtype or "float32", node.kind)


def _report_missing(
    module: ModuleNode, name: str, owned: dict[str, OwnedTensor], span: Span, collector: Collector
) -> None:
    first = name.partition(".")[0]
    members = [child.path[-1] for child in module.children if not child.absent]
    known = [*(each.name for each in owned.values() if each.kind == "parameter"), *members]
    best = near(name, known) or near(first, known)
    listed = ", ".join(f"`{each}`" for each in known[:8]) or "none"
    help = f"one with a similar name exists: `{best}`" if best else f"known there: {listed}"
    where = f"`{module.name}`" if module.path else "this module"
    what = "member" if "." in name and first not in owned else "parameter"
    missing = first if what == "member" else name
    collector.add("NS212", f"{where} has no {what} `{missing}`", span, help=help)
