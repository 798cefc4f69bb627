"""`parameters` and `buffers`: tensors that the module owns itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netspec.diagnostics import near
from netspec.document.decode import decode
from netspec.document.envelope import BufferKeys, ParameterKeys
from netspec.document.steps import read_steps
from netspec.document.words import MODULE_ATTRIBUTES, is_identifier
from netspec.resolve.arguments import read_argument
from netspec.resolve.forward import Lowering
from netspec.resolve.initial import read_use
from netspec.resolve.inputs import read_dtype
from netspec.resolve.layers import LayerContext
from netspec.resolve.liveness import without_dead
from netspec.resolve.outputs import read_outputs
from netspec.resolve.program import Constant, ListArgument, Module, OwnedTensor
from netspec.syntax import Entry, Mapping, Scalar, kind_of


def read_owned(
    node: Mapping | None, kind: str, taken: set[str], context: LayerContext
) -> tuple[OwnedTensor, ...]:
    """The tensors in order; `context` has the module's scope. `taken` are the names of layers and other
    tensors, and gains these. One that was reported is `faulty`: its name is known."""
    found = []
    for entry in node.entries if node is not None else ():
        owned = _owned(entry, kind, taken, context)
        if owned is None and is_identifier(entry.name) and entry.name not in taken:
            nothing = ListArgument((), entry.key.span)
            owned = OwnedTensor(
                entry.name, "parameter", nothing, "float32", None, entry.key.span, faulty=True
            )
        if owned is not None:
            taken.add(owned.name)
            found.append(owned)
    return tuple(found)


def _owned(entry: Entry, kind: str, taken: set[str], context: LayerContext) -> OwnedTensor | None:
    name, span, collector = entry.name, entry.key.span, context.collector
    if not is_identifier(name) or name in MODULE_ATTRIBUTES or name.startswith("__"):
        collector.add("NS105", f"a {kind} cannot be called `{name}`", span, help="choose another name")
        return None
    if name in taken:
        collector.add(
            "NS107", f"`{name}` is also a layer or another tensor", span, help="choose another name"
        )
        return None
    if not isinstance(entry.value, Mapping):
        collector.add(
            "NS104", f"the {kind} `{name}` must be a mapping, but is {kind_of(entry.value)}",
            entry.value.span,
            help=f"write `{name}: {{shape: [1, 8], init: zeros_}}`",
        )  # fmt: skip
        return None
    model = ParameterKeys if kind == "parameter" else BufferKeys
    keys: Any = decode(entry.value, model, collector, where=f"the {kind} `{name}`", at=span)
    persistent = getattr(keys, "persistent", None)
    owned = OwnedTensor(
        name=name,
        kind="parameter" if kind == "parameter" else "buffer",
        shape=None,
        dtype=read_dtype(keys.dtype, collector) if getattr(keys, "dtype", None) is not None else None,
        init=None,
        span=span,
        persistent=not isinstance(persistent, Scalar) or bool(persistent.value),
    )
    if entry.value.entry("steps") is not None:
        return _computed(owned, keys, entry.value, context)
    return _filled(owned, keys, entry.value, context)


def _filled(owned: OwnedTensor, keys: Any, mapping: Mapping, context: LayerContext) -> OwnedTensor | None:
    """A tensor of a declared shape, which `init` may fill."""
    if getattr(keys, "shape", None) is None:
        if mapping.entry("shape") is None and not any(near(name, ["shape"]) for name in mapping.names):
            context.collector.add(
                "NS103", f"the {owned.kind} `{owned.name}` needs the key `shape`", owned.span,
                help="add `shape: [...]`, or `steps` that compute it",
            )  # fmt: skip
        return None
    shape = read_argument(keys.shape, context.scope, context.collector)
    one = ListArgument((Constant(1, owned.span),), owned.span)
    init = getattr(keys, "init", None)
    return replace(
        owned,
        shape=shape if isinstance(shape, ListArgument) else one,
        dtype=owned.dtype or "float32",
        init=None if init is None else read_use(init, context.scope, context.collector),
    )


def _computed(owned: OwnedTensor, keys: Any, mapping: Mapping, context: LayerContext) -> OwnedTensor | None:
    """A tensor that steps compute when the module is built; `shape` and `dtype` are then claims."""
    init = mapping.entry("init")
    if init is not None:
        context.collector.add(
            "NS103", f"`steps` compute `{owned.name}`, so nothing is left for `init` to fill", init.key.span,
            help="remove `init`, or give `shape` in place of `steps`",
        )  # fmt: skip
        return None
    if getattr(keys, "steps", None) is None:
        return None
    shape = None
    if getattr(keys, "shape", None) is not None:
        shape = read_argument(keys.shape, context.scope, context.collector)
    steps = _steps(owned, keys.steps, context)
    if steps is None:
        return None
    return replace(owned, shape=shape if isinstance(shape, ListArgument) else None, steps=steps)


def _steps(owned: OwnedTensor, node: Any, context: LayerContext) -> Module | None:
    """The steps as a forward of their own, without inputs and layers."""
    lowering = Lowering.at_construction(context)
    steps = read_steps(node, context.collector)
    lowering.steps(steps)
    if lowering.current is None:
        at = steps[-1].span if steps else owned.span
        context.collector.add(
            "NS210", f"the steps of `{owned.name}` end without a current value", at,
            help="let the last step make one tensor, such as `{arange: 4}`",
        )  # fmt: skip
        return None
    output, _ = read_outputs(None, lowering, owned.span)
    module = Module(
        context.class_name, owned.span, None, (), (), (), (), tuple(lowering.items), output, None,
        lowering.values,
    )  # fmt: skip
    return without_dead(module)
