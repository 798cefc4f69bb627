"""`layers`: each entry's op looked up and its arguments bound; containers with their children."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from netspec.catalog.load import Catalog
from netspec.diagnostics import Collector, Edit, Fix, Span
from netspec.document.records import LayerDecl, OpUse
from netspec.document.words import CONTAINER_ATTRIBUTES, CONTAINERS, MODULE_ATTRIBUTES
from netspec.resolve.arguments import read_argument, read_arguments, read_condition, read_formula
from netspec.resolve.binding import check_arguments
from netspec.resolve.discards import discarded
from netspec.resolve.naming_ops import report_unknown
from netspec.resolve.op_arguments import check_op_arguments
from netspec.resolve.program import BASE, Argument, FaultyArgument, Formula, Interpolated, Layer, Turns
from netspec.resolve.scope import Scope
from netspec.resolve.turns import read_turns
from netspec.syntax import Entry, Scalar


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
    for each in declared:
        if each.name is not None and not _good_name(each.name.text, each.span, container, context.collector):
            each = replace(each, faulty=True)
        layer = resolve_layer(each, context, container)
        found.append(replace(layer, discarded=discarded(each, layer, context.around, context.collector)))
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
    if not name or "." in name or name == BASE:
        collector.add(
            "NS105",
            f"a layer cannot be called `{name}`",
            span,
            help="a layer's name is any text without a dot",
        )
        return False
    return True


def resolve_layer(declared: LayerDecl, context: LayerContext, container: str | None = None) -> Layer:
    """One entry, whose name is good."""
    collector = context.collector
    name = declared.name.text if declared.name is not None else None
    if declared.faulty:
        span = declared.op.span if declared.op is not None else None
        return Layer(name, declared.span, op_span=span, faulty=True)
    turns, scope = read_turns(declared.clauses, context.scope, collector)
    template = None
    if declared.name is not None and "$" in declared.name.text and declared.op is not None:
        template = _template(declared.name, scope, collector)
    _check_turns(declared, turns, template, container, collector)
    when = declared.clauses.when
    clauses: dict[str, Any] = {
        "template": template,
        "turns": turns,
        "repeat": _clause(declared.clauses.repeat, scope, collector),
        "when": None if when is None else read_condition(when.value, scope, collector),
    }
    inside = replace(context, scope=scope, around=(*context.around, name or ""))
    use = declared.op
    if use is None:
        children = resolve_layers(declared.children or (), inside, container=container)
        return Layer(name, declared.span, children=children, group=True, **clauses)
    if use.name in CONTAINERS:
        children = resolve_layers(declared.children or (), inside, container=use.name)
        return Layer(name, declared.span, op_span=use.span, container=use.name, children=children, **clauses)
    if use.name.startswith("$"):
        return _of_param(declared, use, replace(context, scope=scope), clauses)
    op = context.catalog.get(use.name)
    faulty = Layer(name, declared.span, op_span=use.span, faulty=True, **clauses)
    if op is None or op.kind != "module":
        _report_op(name or "", use, context)
        return faulty
    arguments = read_arguments(use, scope, collector)
    bound = check_arguments(use.name, op.signatures, (), (), arguments, collector, span=use.span)
    good = bound is not None and check_op_arguments(op, arguments, context.catalog, collector)
    return replace(faulty, op=op, arguments=arguments, faulty=not good)


def _of_param(declared: LayerDecl, use: OpUse, context: LayerContext, clauses: dict[str, Any]) -> Layer:
    """A layer whose op is a param's value; which op that is, elaboration knows."""
    name = declared.name.text if declared.name is not None else None
    param = use.name.strip("$()").strip()
    kind = context.scope.names.get(param)
    if kind != "param":
        read_formula(param, use.span, context.scope, context.collector)
        if kind is not None:
            context.collector.add(
                "NS302",
                f"`{use.name}` is no param, so it names no op",
                use.span,
                help="declare `type: op` under `params`",
            )
        return Layer(name, declared.span, op_span=use.span, faulty=True, **clauses)
    arguments = read_arguments(use, context.scope, context.collector)
    return Layer(name, declared.span, op_span=use.span, op_param=param, arguments=arguments, **clauses)


def _template(name: Scalar, scope: Scope, collector: Collector) -> Interpolated | Formula | None:
    match read_argument(name, scope, collector):
        case Interpolated() | Formula() as template:
            return template
    return None


def _clause(entry: Entry | None, scope: Scope, collector: Collector) -> Argument | None:
    return None if entry is None else read_argument(entry.value, scope, collector)


def _check_turns(
    declared: LayerDecl,
    turns: Turns | None,
    template: Interpolated | Formula | None,
    container: str | None,
    collector: Collector,
) -> None:
    """Several entries of a mapping need several names."""
    clauses = declared.clauses
    if declared.name is None or declared.op is None:
        return
    if turns is not None and isinstance(turns.values, FaultyArgument):
        return
    if clauses.repeat is not None:
        collector.add(
            "NS107",
            f"`repeat` makes several layers of the one name `{declared.name.text}`",
            clauses.repeat.key.span,
            help="in a mapping, write `for: {i: ...}` and a name with `$i`; or use a list",
        )
    names = {n for formula in _formulas(template) for n in formula.expression.names}
    bound = {turns.variable, *(let.name for let in turns.lets)} if turns is not None else set()
    if turns is not None and not names & bound:
        collector.add(
            "NS107",
            f"every turn of `for` makes a layer of the one name `{declared.name.text}`",
            declared.name.span,
            help=f"use the variable in the name: `{declared.name.text}${turns.variable}`",
        )


def _formulas(template: Interpolated | Formula | None) -> list[Formula]:
    match template:
        case Formula():
            return [template]
        case Interpolated(parts=parts):
            return [part for part in parts if isinstance(part, Formula)]
    return []


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
