"""`parameters` and `buffers`: tensors that the module owns itself."""

from __future__ import annotations

from typing import Any

from netspec.diagnostics import Collector
from netspec.document.decode import decode
from netspec.document.envelope import BufferKeys, ParameterKeys
from netspec.document.words import MODULE_ATTRIBUTES, is_identifier
from netspec.resolve.arguments import read_argument
from netspec.resolve.initial import read_use
from netspec.resolve.inputs import read_dtype
from netspec.resolve.program import Constant, ListArgument, OwnedTensor
from netspec.resolve.scope import Scope
from netspec.syntax import Entry, Mapping, Scalar, kind_of


def read_owned(
    node: Mapping | None, kind: str, taken: set[str], scope: Scope, collector: Collector
) -> tuple[OwnedTensor, ...]:
    """The tensors in order. `taken` are the names of layers and other tensors, and gains these. One that
    was reported is `faulty`: its name is known."""
    found = []
    for entry in node.entries if node is not None else ():
        owned = _owned(entry, kind, taken, scope, collector)
        if owned is None and is_identifier(entry.name) and entry.name not in taken:
            nothing = ListArgument((), entry.key.span)
            owned = OwnedTensor(
                entry.name, "parameter", nothing, "float32", None, entry.key.span, faulty=True
            )
        if owned is not None:
            taken.add(owned.name)
            found.append(owned)
    return tuple(found)


def _owned(
    entry: Entry, kind: str, taken: set[str], scope: Scope, collector: Collector
) -> OwnedTensor | None:
    name, span = entry.name, entry.key.span
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
    if getattr(keys, "steps", None) is not None:
        steps = entry.value.entry("steps")
        assert steps is not None
        collector.add(
            "NS108", "a computed buffer is not supported by this release", steps.key.span, help="give `shape`"
        )
        return None
    if getattr(keys, "shape", None) is None:
        return None
    shape = read_argument(keys.shape, scope, collector)
    init = getattr(keys, "init", None)
    persistent = getattr(keys, "persistent", None)
    return OwnedTensor(
        name=name,
        kind="parameter" if kind == "parameter" else "buffer",
        shape=shape if isinstance(shape, ListArgument) else ListArgument((Constant(1, span),), span),
        dtype=read_dtype(keys.dtype, collector) if getattr(keys, "dtype", None) is not None else "float32",
        init=None if init is None else read_use(init, scope, collector),
        span=span,
        persistent=not isinstance(persistent, Scalar) or bool(persistent.value),
    )
