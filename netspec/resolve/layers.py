"""`layers`: each entry's op looked up and its arguments bound; containers with their children."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netspec.catalog.load import Catalog
from netspec.diagnostics import Collector, Edit, Fix, Span, similar
from netspec.diagnostics import near as nearest
from netspec.document.records import Clauses, LayerDecl, OpUse
from netspec.document.words import CONTAINER_ATTRIBUTES, CONTAINERS, MODULE_ATTRIBUTES
from netspec.resolve.arguments import read_arguments
from netspec.resolve.binding import check_arguments
from netspec.resolve.program import Layer
from netspec.resolve.scope import Scope

_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class LayerContext:
    """What looking up a layer's op needs: the catalog, the file's own classes, and the names around it."""

    catalog: Catalog
    scope: Scope
    collector: Collector
    class_name: str
    declared: frozenset[str] = frozenset()
    around: tuple[str, ...] = ()


def resolve_layers(
    declared: tuple[LayerDecl, ...], context: LayerContext, *, container: str | None = None
) -> tuple[Layer, ...]:
    """Layers in registration order. `container` is the class of the container that they stand in."""
    found: list[Layer] = []
    for index, each in enumerate(declared):
        name = each.name.text if each.name is not None else str(index)
        if each.name is not None and not _good_name(name, each.span, container, context.collector):
            each = replace(each, faulty=True)
        found.append(_layer(name, each, context))
    return tuple(found)


def _good_name(name: str, span: Span, container: str | None, collector: Collector) -> bool:
    taken = MODULE_ATTRIBUTES | CONTAINER_ATTRIBUTES.get(container or "", frozenset())
    if name in taken or (name.startswith("__") and name.endswith("__")):
        collector.add(
            "NS105",
            f"a layer cannot be called `{name}`: `nn.{container or 'Module'}` uses that name itself",
            span,
            help=f"choose another name, such as `{name.strip('_')}_layer`",
        )
        return False
    if not name or "." in name:
        collector.add(
            "NS105",
            f"a layer cannot be called `{name}`",
            span,
            help="a layer's name is any text without a dot",
        )
        return False
    return True


def _layer(name: str, declared: LayerDecl, context: LayerContext) -> Layer:
    faulty = Layer(name, declared.span, op_span=declared.op.span if declared.op else None, faulty=True)
    if declared.faulty:
        return faulty
    if not supported(declared.clauses, declared.op is None, declared.span, context.collector):
        return faulty
    use = declared.op
    assert use is not None
    if use.name in CONTAINERS:
        inside = replace(context, around=(*context.around, name))
        children = resolve_layers(declared.children or (), inside, container=use.name)
        return Layer(name, declared.span, op_span=use.span, container=use.name, children=children)
    op = context.catalog.get(use.name)
    if op is None or op.kind != "module":
        _report_op(name, use, context)
        return faulty
    arguments = read_arguments(use, context.scope, context.collector)
    bound = check_arguments(use.name, op.signatures, (), (), arguments, context.collector, span=use.span)
    return Layer(name, declared.span, op=op, op_span=use.span, arguments=arguments, faulty=bound is None)


def supported(clauses: Clauses, group: bool, span: Span, collector: Collector) -> bool:
    """Report a part of the language that this release lacks."""
    first = clauses.first
    if first is None and not group:
        return True
    word = first.name if first is not None else "group"
    collector.add(
        "NS108",
        f"`{word}` is not supported by this release",
        first.key.span if first is not None else span,
        help="write each layer or step out",
    )
    return False


def _report_op(name: str, use: OpUse, context: LayerContext) -> None:
    catalog, collector = context.catalog, context.collector
    other = catalog.get(use.name)
    if use.name == context.class_name:
        collector.add(
            "NS305",
            f"`{name}` is a `{use.name}` inside `{use.name}`: a module cannot contain itself",
            use.span,
            help="name another layer type, or describe the inner network in a spec of its own",
        )
    elif use.name == name or use.name in context.around:
        collector.add(
            "NS305",
            f"the layer `{use.name}` contains itself",
            use.span,
            help="name a layer type such as `Linear` here",
        )
    elif use.name in context.declared:
        collector.add(
            "NS201",
            f"`{use.name}` is a layer of this spec, not a layer type",
            use.span,
            help="write the layer itself here, and call it by its path in `forward`",
        )
    elif other is not None:
        best = _module_for(use.name, catalog)
        help = f"use the layer `{best}`" if best else f"call `{use.name}` in `forward`"
        fixes = (Fix(f"Replace by `{best}`", (Edit(use.span, best),)),) if best else ()
        collector.add(
            "NS201",
            f"`{use.name}` is a function, but a layer is needed here",
            use.span,
            help=help,
            fixes=fixes,
        )
    else:
        report_unknown(use.name, use.span, [*catalog.modules, *CONTAINERS], collector, what="layer type")


def _module_for(function: str, catalog: Catalog) -> str | None:
    wanted = function.replace("_", "").casefold()
    return next((name for name in catalog.modules if name.casefold() == wanted), None)


def report_unknown(
    name: str,
    span: Span,
    known: Sequence[str],
    collector: Collector,
    *,
    what: str,
    declared: Sequence[str] = (),
) -> None:
    """An unknown name, with the near one as a fix where it is unique. Names that the spec itself
    declares are likelier to be meant than the catalog's."""
    own = similar(name, declared)
    best = nearest(name, [*declared, *known])
    if own and best not in own:
        best = None
    others = (*own, *similar(name, known))[:_MOST_NAMES]
    if best is not None:
        help = f"a {what} with a similar name exists: `{best}`"
    elif others:
        help = "similar names: " + ", ".join(f"`{other}`" for other in others)
    else:
        help = "`netspec ops` lists what there is"
    fixes = (Fix(f"Rename to `{best}`", (Edit(span, best),)),) if best else ()
    collector.add("NS201", f"no {what} is called `{name}`", span, help=help, fixes=fixes)
