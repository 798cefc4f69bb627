"""What a step calls: a layer by its path, or an op of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netspec.catalog.model import Op, Signature
from netspec.diagnostics import Collector, Edit, Fix, Span, near
from netspec.document.records import OpUse
from netspec.resolve.arguments import read_argument
from netspec.resolve.bases import ONE_INPUT
from netspec.resolve.layers import LayerContext
from netspec.resolve.naming_ops import report_unknown
from netspec.resolve.program import (
    BASE,
    Formula,
    Interpolated,
    Layer,
    PathPart,
    entries,
    find_entry,
    find_layer,
    is_faulty,
)
from netspec.syntax import Scalar


@dataclass(frozen=True, slots=True)
class Callee:
    """A layer (`path`) or an op. `signatures` is None where the members decide (`ModuleList`) or
    where the layer itself is faulty."""

    use: OpUse
    path: tuple[PathPart, ...] | None
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
    if any(layer.discarded and layer.name == use.name for layer in layers):
        context.collector.add(
            "NS212", f"`{use.name}` is discarded when the module is built, so no step can call it", use.span,
            help="remove `discard`, or the step",
        )  # fmt: skip
    elif op is not None:
        _report_module(use, context)
    elif not (unread or _is_unread(layers)) and use.name.split(".")[0] not in {each.name for each in layers}:
        report_unknown(
            use.name,
            use.span,
            context.catalog.functions,
            context.collector,
            what="layer or op",
            declared=_paths(layers),
        )
    return None


def find_base(use: OpUse, base: Layer | None, collector: Collector) -> Callee | None:
    """The callee of the step `super`: what the block extends."""
    if base is None:
        collector.add(
            "NS212",
            "`super` calls what a block extends, and this extends nothing",
            use.span,
            help="add `extends:` to the block, or call a layer by its name",
        )
        return None
    if base.faulty:
        return Callee(use, (BASE,), None, None)
    if base.container in ("ModuleList", "ModuleDict"):
        collector.add(
            "NS212",
            f"`{base.container}` has no forward that `super` could call",
            use.span,
            help="call the members by their names",
        )
        return None
    call = ONE_INPUT if base.op is None else base.op.call
    return Callee(use, (BASE,), None, (call,))


def _is_unread(layers: tuple[Layer, ...]) -> bool:
    """Whether the name of some layer holds an expression that was reported."""
    return any(
        each.name is not None and "$" in each.name and each.template is None for each in entries(layers)
    )


def _called(use: OpUse, context: LayerContext) -> OpUse | None:
    match use.arguments:
        case Scalar(text=name, span=span):
            return OpUse(name, span)
    context.collector.add("NS104", "`call` needs the name of a layer", use.span, help="write `{call: name}`")
    return None


def _layer(use: OpUse, layers: tuple[Layer, ...], context: LayerContext, *, must: bool) -> Callee | None:
    if is_faulty(layers, use.name):
        return Callee(use, (use.name,), None, None)
    names = split_path(use.name)
    children = layers
    found: Layer | None = None
    for depth, name in enumerate(names):
        found = find_entry(children, name)
        if found is None:
            if depth and any(not each.is_plain for each in children):
                # The params decide which members there are; elaboration knows.
                return Callee(use, _path(names, use, context), None, None)
            if depth or must:
                _report_path(use, names[:depth], name, children, context)
            return None
        if found.faulty:
            return Callee(use, names, None, None)
        children = found.children
    assert found is not None
    return _callee(use, _path(names, use, context), found, context)


def calls_members(callee: Callee, layers: tuple[Layer, ...]) -> bool:
    """Whether a step applies the members of a `ModuleList`, one after another."""
    found = find_layer(layers, split_path(callee.use.name)) if callee.path is not None else None
    return found is not None and found.container == "ModuleList"


def split_path(text: str) -> tuple[str, ...]:
    """The components of a path; a dot inside `$(...)` belongs to the expression."""
    parts = [""]
    depth = 0
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "." and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return tuple(parts)


def _path(names: tuple[str, ...], use: OpUse, context: LayerContext) -> tuple[PathPart, ...]:
    """The path with its expressions read in the scope of the step."""
    found: list[PathPart] = []
    for name in names:
        part: PathPart = name
        if "$" in name:
            argument = read_argument(Scalar(name, name, use.span), context.scope, context.collector)
            part = argument if isinstance(argument, Interpolated | Formula) else name
        found.append(part)
    return tuple(found)


def _callee(use: OpUse, path: tuple[PathPart, ...], layer: Layer, context: LayerContext) -> Callee | None:
    match layer.container:
        case "ModuleDict":
            members = ", ".join(f"`{use.name}.{child.label}`" for child in layer.children[:4])
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
            return Callee(use, path, None, (ONE_INPUT,))
    if layer.op is None:
        # A param says which op it is; elaboration knows.
        return Callee(use, path, None, None)
    return Callee(use, path, None, (layer.op.call,))


def _report_path(
    use: OpUse, parent: tuple[str, ...], name: str, children: tuple[Layer, ...], context: LayerContext
) -> None:
    where = f"`{'.'.join(parent)}` has no member `{name}`" if parent else f"no layer is called `{name}`"
    names = [child.label for child in entries(children)]
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
    for index, layer in enumerate(entries(layers)):
        name = before + (layer.name if layer.name is not None else str(index))
        found.append(name)
        found.extend(_paths(layer.children, f"{name}."))
    return found
