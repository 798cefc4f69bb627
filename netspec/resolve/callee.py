"""What a step calls: a layer by its path, or an op of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netspec.catalog.model import Op, Param, Signature
from netspec.diagnostics import Edit, Fix, Span, near
from netspec.document.records import OpUse
from netspec.resolve.layers import LayerContext, report_unknown
from netspec.resolve.program import Layer
from netspec.syntax import Scalar

_ONE_INPUT: Sequence[Signature] = ((Param("input", ("any",)),),)


@dataclass(frozen=True, slots=True)
class Callee:
    """A layer (`path`) or an op. `signatures` is None where the members decide (`ModuleList`) or
    where the layer itself is faulty."""

    use: OpUse
    path: tuple[str, ...] | None
    op: Op | None
    signatures: Sequence[Signature] | None


def find_callee(
    use: OpUse, layers: tuple[Layer, ...], context: LayerContext, *, unread: bool = False
) -> Callee | None:
    """The callee of a step; None, after a report, where nothing bears the name. `unread`: `layers`
    itself was reported, so that no layer is missed."""
    if use.name == "call":
        target = _called(use, context)
        return None if target is None else _layer(target, layers, context, must=not unread)
    found = _layer(use, layers, context, must=False)
    if found is not None:
        return found
    op = context.catalog.get(use.name)
    if op is not None and op.kind != "module":
        return Callee(use, None, op, op.signatures)
    if op is not None:
        _report_module(use, context)
    elif not unread and use.name.split(".")[0] not in {layer.name for layer in layers}:
        report_unknown(
            use.name,
            use.span,
            context.catalog.functions,
            context.collector,
            what="layer or op",
            declared=_paths(layers),
        )
    return None


def _called(use: OpUse, context: LayerContext) -> OpUse | None:
    match use.arguments:
        case Scalar(text=name, span=span):
            return OpUse(name, span)
    context.collector.add("NS104", "`call` needs the name of a layer", use.span, help="write `{call: name}`")
    return None


def _layer(use: OpUse, layers: tuple[Layer, ...], context: LayerContext, *, must: bool) -> Callee | None:
    names = tuple(use.name.split("."))
    if any(layer.faulty and layer.name == use.name for layer in layers):
        return Callee(use, (use.name,), None, None)
    found: Layer | None = None
    for depth, name in enumerate(names):
        children = layers if found is None else found.children
        layer = next((each for each in children if each.name == name), None)
        if layer is None:
            if depth or must:
                _report_path(use, names[:depth], name, children, context)
            return None
        if layer.faulty:
            return Callee(use, names, None, None)
        found = layer
    assert found is not None
    return _callee(use, names, found, context)


def _callee(use: OpUse, path: tuple[str, ...], layer: Layer, context: LayerContext) -> Callee | None:
    match layer.container:
        case "ModuleDict":
            members = ", ".join(f"`{use.name}.{child.name}`" for child in layer.children[:4])
            context.collector.add(
                "NS212",
                f"`{use.name}` is a ModuleDict, which cannot be called",
                use.span,
                help=f"call a member by its path: {members or 'it has none'}",
            )
            return None
        case "ModuleList":
            return Callee(use, path, None, None)
        case "Sequential":
            return Callee(use, path, None, _ONE_INPUT)
    assert layer.op is not None
    return Callee(use, path, None, (layer.op.call,))


def _report_path(
    use: OpUse, parent: tuple[str, ...], name: str, children: tuple[Layer, ...], context: LayerContext
) -> None:
    where = f"`{'.'.join(parent)}` has no member `{name}`" if parent else f"no layer is called `{name}`"
    names = [child.name for child in children]
    best = near(name, names)
    shown = ", ".join(f"`{each}`" for each in names[:6])
    what = "member" if parent else "layer"
    help = f"a {what} with a similar name exists: `{best}`" if best else f"{what}s: {shown or 'none'}"
    context.collector.add("NS212", where, use.span, help=help)


def _report_module(use: OpUse, context: LayerContext) -> None:
    function = _function_for(use.name, context)
    span: Span = use.span
    fixes = (Fix(f"Replace by `{function}`", (Edit(span, function),)),) if function else ()
    instead = f", or call the function `{function}`" if function else ""
    context.collector.add(
        "NS201",
        f"`{use.name}` is a layer type, but a step calls a layer or a function",
        span,
        help=f"declare it under `layers` and call that layer by its name{instead}",
        fixes=fixes,
    )


def _function_for(module: str, context: LayerContext) -> str | None:
    wanted = module.casefold()
    return next((f for f in context.catalog.functions if f.replace("_", "") == wanted), None)


def _paths(layers: tuple[Layer, ...], before: str = "") -> list[str]:
    found: list[str] = []
    for layer in layers:
        found.append(before + layer.name)
        found.extend(_paths(layer.children, f"{before}{layer.name}."))
    return found
