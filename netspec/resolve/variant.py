"""`model`: a file that is a class of another file, with other values for its params.

    use: [blocks/resnet.yaml]
    model: {ResNet: {depths: [3, 4, 6, 3]}}

What comes out is the module `ResNet` whose params have these defaults: no layer is wrapped around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netspec.catalog.model import REQUIRED
from netspec.diagnostics import Collector, Span, near
from netspec.document.ops import read_op
from netspec.document.records import OpUse
from netspec.resolve.naming_ops import report_unknown
from netspec.resolve.params import literal, misfit
from netspec.resolve.program import Module, Param
from netspec.syntax import Node


def read_variant(keys: Any, modules: Mapping[str, Module], collector: Collector) -> Module | None:
    """The module that `model` names, with its doc and the defaults that stand there; None, after a
    report, where there is no such class. `modules` are those of the used files, by name."""
    node = getattr(keys, "model", None)
    use, _ = read_op(node, (), collector, what="`model`") if node is not None else (None, {})
    if use is None:
        return None
    module = modules.get(use.name)
    if module is None:
        # A file that cannot be read has been reported, and may hold the class.
        if modules or not collector.diagnostics:
            report_unknown(use.name, use.span, list(modules), collector, what="class of the used files")
        return None
    if use.positional:
        name = module.params[0].name if module.params else "param"
        collector.add(
            "NS104", f"`model` gives values by name, but `{use.name}` is given one without", use.span,
            help=f"write `{use.name}: {{{name}: ...}}`",
        )  # fmt: skip
        return None
    given = _given(use, module, collector)
    params = tuple(_with_default(param, given, use.span, collector) for param in module.params)
    doc = keys.doc.text if getattr(keys, "doc", None) is not None else module.doc
    return replace(module, params=params, doc=doc, span=use.span)


def _given(use: OpUse, module: Module, collector: Collector) -> dict[str, Node]:
    """The values as written, by param; those that no param takes are reported."""
    names = [param.name for param in module.params]
    found: dict[str, Node] = {}
    for entry in use.keywords:
        if entry.name in names:
            found.setdefault(entry.name, entry.value)
            continue
        best = near(entry.name, names)
        collector.add(
            "NS307", f"a value is given for `{entry.name}`, but `{use.name}` declares no such param",
            entry.key.span,
            help=f"the param may be `{best}`" if best else "its params: " + (", ".join(names) or "none"),
        )  # fmt: skip
    return found


def _with_default(param: Param, given: Mapping[str, Node], span: Span, collector: Collector) -> Param:
    if param.faulty:
        return param
    if param.name not in given:
        if param.default is REQUIRED:
            collector.add(
                "NS304", f"`{param.name}` has no default, and no value is given", span,
                help=f"give one here: `{param.name}: ...`",
            )  # fmt: skip
            return replace(param, faulty=True)
        return param
    node = given[param.name]
    value = literal(node)
    wrong = misfit(param, value)
    if wrong is not None:
        collector.add(
            "NS304", f"the value of {wrong}", node.span, help="change it, or the param's declaration"
        )
        return replace(param, faulty=True)
    return replace(param, default=value, default_span=node.span)
