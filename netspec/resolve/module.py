"""A document -> a Program: `resolve(root, source, catalog, collector)`.

Everything that can be checked without values is checked here; the rest waits for elaboration,
which knows the params.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netspec.catalog.load import Catalog
from netspec.diagnostics import Collector, Span, near
from netspec.document.decode import decode, known_keys
from netspec.document.envelope import SpecKeys
from netspec.document.layers import read_layers
from netspec.document.steps import read_steps
from netspec.resolve.forward import Lowering
from netspec.resolve.inputs import dimension_names, lacks_dimensions, read_inputs
from netspec.resolve.layers import LayerContext, resolve_layers
from netspec.resolve.naming import unfit
from netspec.resolve.outputs import read_outputs
from netspec.resolve.params import read_lets, read_params
from netspec.resolve.program import Module, Program
from netspec.resolve.scope import Scope
from netspec.syntax import Mapping, Scalar, kind_of

VERSION = 1
_OTHER_KEYS = frozenset(known_keys(SpecKeys)) - {"inputs", "layers"}
_LATER = ("parameters", "buffers", "init", "tie", "assertions", "use", "blocks")


def resolve(root: Mapping, catalog: Catalog, collector: Collector) -> Program | None:
    """The Program of a spec's top mapping; None where the file is not a spec at all."""
    if not _is_spec(root, collector):
        return None
    keys = decode(root, SpecKeys, collector, where="a spec")
    for key in _LATER:
        if getattr(keys, key, None) is not None:
            word = "assert" if key == "assertions" else key
            entry = root.entry(word)
            assert entry is not None
            collector.add(
                "NS108", f"`{word}` is not supported by this release", entry.key.span, help=f"remove `{word}`"
            )
    return Program(_module(keys, root, catalog, collector), root.span.source.path)


def _is_spec(root: Mapping, collector: Collector) -> bool:
    entry = root.entry("netspec")
    start = Span(root.span.source, root.span.start, root.span.start)
    if entry is None:
        if root.entry("layers") is None and root.entry("forward") is None:
            place = root.entries[0].key.span if root.entries else start
            collector.add(
                "NS101", "this is not a spec: the key `netspec` is missing", place,
                help="begin the file with `netspec: 1`",
            )  # fmt: skip
            return False
        return True
    value = entry.value
    if isinstance(value, Scalar) and value.value == VERSION and type(value.value) is int:
        return True
    collector.add(
        "NS101",
        f"this release reads version 1 of the language, but this is {kind_of(value)}",
        value.span if isinstance(value, Scalar) else entry.key.span,
        help="write `netspec: 1`",
    )
    return True


def _module(keys: Any, root: Mapping, catalog: Catalog, collector: Collector) -> Module:
    def part(name: str) -> Any:
        return getattr(keys, name, None)

    name = _class_name(part("name"), collector)
    params = read_params(part("params"), collector)
    scope = Scope().with_names((param.name for param in params), "param")
    lets, scope = read_lets(part("let"), scope, collector)
    inputs = read_inputs(part("inputs"), scope, collector)
    scope = scope.with_names(dimension_names(inputs), "dimension")
    unread = {key for key in ("inputs", "layers") if part(key) is None and _was_meant(key, root)}
    scope = replace(scope, incomplete="inputs" in unread or lacks_dimensions(inputs))
    declared = read_layers(part("layers"), collector)
    names = frozenset(each.name.text for each in declared if each.name is not None)
    context = LayerContext(catalog, scope, collector, name, names)
    layers = resolve_layers(declared, context)
    lowering = Lowering(inputs, layers, context, unread=frozenset(unread))
    output = None
    forward = root.entry("forward")
    if forward is None:
        at = root.entries[-1].key.span if root.entries else root.span
        collector.add(
            "NS103", "a spec needs the key `forward`", at, help="add `forward:` with a list of steps"
        )
    else:
        steps = read_steps(part("forward"), collector)
        lowering.steps(steps)
        outputs = root.entry("outputs")
        end = steps[-1].span if steps else forward.key.span
        if part("forward") is not None:
            output = read_outputs(outputs.value if outputs is not None else None, lowering, end)
    return Module(
        name=name,
        span=part("name").span if part("name") is not None else root.span,
        doc=part("doc").text if part("doc") is not None else None,
        params=params,
        lets=lets,
        inputs=inputs,
        layers=layers,
        forward=tuple(lowering.calls),
        output=output,
        values=lowering.values,
        unread_lets=part("let") is not None and len(lets) < len(part("let").entries),
    )


def _was_meant(key: str, root: Mapping) -> bool:
    """Whether a key that could not be read is there, perhaps misspelled."""
    return any(name == key or near(name, [key]) for name in root.names if name not in _OTHER_KEYS)


def _class_name(node: Scalar | None, collector: Collector) -> str:
    if node is None:
        return "Net"
    instead = unfit(node.text)
    if instead is not None:
        collector.add("NS105", f"`{node.text}` cannot name a class", node.span, help=instead)
        return "Net"
    return node.text
