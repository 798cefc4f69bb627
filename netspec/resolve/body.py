"""What specs and blocks share: params, inputs, layers, forward and outputs -> a Module."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from netspec.catalog.load import Catalog
from netspec.diagnostics import Collector, Span, near
from netspec.document.decode import known_keys
from netspec.document.envelope import SpecKeys
from netspec.document.layers import read_layers
from netspec.document.steps import read_steps
from netspec.resolve.arguments import read_argument
from netspec.resolve.bases import BaseDecl, has_own_name, read_base, resolve_base
from netspec.resolve.claims import read_claims
from netspec.resolve.forward import Lowering
from netspec.resolve.initial import read_init
from netspec.resolve.inputs import dimension_names, lacks_dimensions, read_inputs, report_open_lists
from netspec.resolve.layers import LayerContext, resolve_layers
from netspec.resolve.liveness import without_dead
from netspec.resolve.naming import unfit
from netspec.resolve.op_arguments import check_op_defaults
from netspec.resolve.outputs import read_outputs
from netspec.resolve.owned import read_owned
from netspec.resolve.params import read_lets, read_params
from netspec.resolve.program import Argument, Input, Layer, Let, Module, Output, OwnedTensor, Param, entries
from netspec.resolve.scope import Scope
from netspec.resolve.ties import read_ties
from netspec.syntax import Mapping

_OTHER_KEYS = frozenset(known_keys(SpecKeys)) - {"inputs", "layers"}


@dataclass(frozen=True, slots=True)
class Head:
    """What others need to know of a module before its layers can be looked up."""

    params: tuple[Param, ...]
    lets: tuple[Let, ...]
    inputs: tuple[Input, ...]
    scope: Scope


def read_head(keys: Any, collector: Collector) -> Head:
    params = read_params(getattr(keys, "params", None), collector)
    scope = Scope().with_names((param.name for param in params), "param")
    lets, scope = read_lets(getattr(keys, "let", None), scope, collector)
    inputs = read_inputs(getattr(keys, "inputs", None), scope, collector)
    return Head(params, lets, inputs, scope.with_names(dimension_names(inputs), "dimension"))


def module_of(
    name: str,
    span: Span,
    keys: Any,
    root: Mapping,
    head: Head,
    catalog: Catalog,
    collector: Collector,
    *,
    where: str = "a spec",
) -> Module:
    """The module of an envelope whose head has been read; `where` is how messages call it."""
    check_op_defaults(head.params, catalog, collector)
    if where == "a spec":
        report_open_lists(head.inputs, collector)
    base = read_base(keys, root, collector, where)
    inherits = _inherits(base, root, collector, where)
    unread = frozenset(
        key for key in ("inputs", "layers") if getattr(keys, key, None) is None and _was_meant(key, root)
    )
    incomplete = "inputs" in unread or lacks_dimensions(head.inputs)
    scope = replace(head.scope, incomplete=incomplete)
    declared = base.members if base is not None else ()
    declared = declared or read_layers(getattr(keys, "layers", None), collector)
    names = frozenset(each.name.text for each in declared if each.name is not None)
    context = LayerContext(catalog, scope, collector, name, names)
    layers = resolve_layers(declared, context, container=base.container if base is not None else None)
    extended = resolve_base(base, context) if base is not None else None
    if extended is not None:
        layers = tuple(each for each in layers if has_own_name(each, extended, collector))
    owned = _owned(keys, layers, replace(context, scope=head.scope))
    lowering = Lowering(head.inputs, layers, context, owned, unread=unread, base=extended)
    output = eval_output = None
    if not inherits:
        output, eval_output = _forward(keys, root, span, lowering, where)
    module = Module(
        name=name,
        span=span,
        doc=keys.doc.text if getattr(keys, "doc", None) is not None else None,
        params=head.params,
        lets=head.lets,
        inputs=head.inputs,
        layers=layers,
        forward=tuple(lowering.items),
        output=output,
        eval_output=eval_output,
        values=lowering.values,
        unread_lets=_unread_lets(keys, head),
        base=extended,
        inherits=inherits,
        printed=_printed(keys, collector),
        repr=_repr(keys, head.scope, collector),
        owned=lowering.owned,
        owned_first=_comes_first(("parameters", "buffers"), "layers", root),
        init=read_init(
            getattr(keys, "init", None), catalog, head.scope, collector, layers=layers, owned=owned
        ),
        ties=read_ties(getattr(keys, "tie", None), layers, owned, collector),
        ties_first=_comes_first(("tie",), "init", root),
        claims=read_claims(
            getattr(keys, "assertions", None), lowering.scope, collector, where=where, top=where == "a spec"
        ),
    )
    return without_dead(module)


def _inherits(base: BaseDecl | None, root: Mapping, collector: Collector, where: str) -> bool:
    """Whether a block has the forward of what it extends."""
    if base is None or root.entry("forward") is not None:
        return False
    if base.container in ("ModuleList", "ModuleDict"):
        # The missing key is reported.
        return False
    inputs = root.entry("inputs")
    if base.container is None and inputs is not None:
        collector.add(
            "NS102",
            f"{where} has the `forward` of `{base.use.name}`, and so its inputs",
            inputs.key.span,
            help="remove `inputs`, or add `forward` with the step `super`",
        )
    return True


def _printed(keys: Any, collector: Collector) -> str | None:
    node = getattr(keys, "class_name", None)
    if node is None:
        return None
    instead = unfit(node.text)
    if instead is not None:
        collector.add("NS105", f"`{node.text}` cannot name a class", node.span, help=instead)
        return None
    return str(node.text)


def _repr(keys: Any, scope: Scope, collector: Collector) -> Argument | None:
    node = getattr(keys, "repr", None)
    return None if node is None else read_argument(node, scope, collector)


def _forward(
    keys: Any, root: Mapping, span: Span, lowering: Lowering, where: str
) -> tuple[Output | None, Output | None]:
    """Read the steps into the lowering; what training and evaluation return."""
    forward = root.entry("forward")
    if forward is None:
        at = root.entries[-1].key.span if root.entries else span
        help = "add `forward:` with a list of steps"
        lowering.collector.add("NS103", f"{where} needs the key `forward`", at, help=help)
    if forward is None or getattr(keys, "forward", None) is None:
        return None, None
    steps = read_steps(keys.forward, lowering.collector)
    lowering.steps(steps)
    outputs = root.entry("outputs")
    end = steps[-1].span if steps else forward.key.span
    return read_outputs(outputs.value if outputs is not None else None, lowering, end)


def _was_meant(key: str, root: Mapping) -> bool:
    """Whether a key that could not be read is there, perhaps misspelled."""
    return any(name == key or near(name, [key]) for name in root.names if name not in _OTHER_KEYS)


def _unread_lets(keys: Any, head: Head) -> bool:
    node = getattr(keys, "let", None)
    return node is not None and len(head.lets) < len(node.entries)


def _comes_first(keys: tuple[str, ...], other: str, root: Mapping) -> bool:
    """Whether one of the keys stands above the other: what stands first in the file is done first."""
    return next((name for name in root.names if name in (*keys, other)), other) != other


def _owned(keys: Any, layers: tuple[Layer, ...], context: LayerContext) -> tuple[OwnedTensor, ...]:
    taken = {layer.label for layer in (*entries(layers), *layers)}
    parameters = read_owned(getattr(keys, "parameters", None), "parameter", taken, context)
    return parameters + read_owned(getattr(keys, "buffers", None), "buffer", taken, context)
