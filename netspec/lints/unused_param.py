"""NS504: a param is declared but no expression mentions it.

Someone who sets it would see no effect.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics import Collector, Fix
from netspec.lints.facts import Facts
from netspec.lints.places import offered
from netspec.lints.removable import param_can_go
from netspec.resolve.mentions import formulas_of_module, is_readable
from netspec.resolve.program import Layer, Module, Param


def unused_param(facts: Facts, collector: Collector) -> None:
    if not facts.unread_steps:
        for module in facts.program.modules:
            _judge(module, facts, collector)


def _judge(module: Module, facts: Facts, collector: Collector) -> None:
    if not is_readable(module) or any(_faulty(layer) for layer in module.layers):
        return
    mentioned = {name for formula in formulas_of_module(module) for name in formula.expression.names}
    mentioned.update(_ops(module.layers))
    for param in module.params:
        if param.name not in mentioned and not param.faulty:
            collector.add(
                "NS504",
                f"the param `{param.name}` is never used",
                param.span,
                help=f"write `${param.name}` where its value belongs, or remove it",
                fixes=_removal(param, module, facts),
            )


def _removal(param: Param, module: Module, facts: Facts) -> tuple[Fix, ...]:
    edit = facts.places.without_name(param.span) if param_can_go(param, module, facts) else None
    return offered(f"Remove the param `{param.name}`", edit)


def _ops(layers: tuple[Layer, ...]) -> Iterator[str]:
    """The params whose op makes a layer: `{$norm: 64}`."""
    for layer in layers:
        if layer.op_param is not None:
            yield layer.op_param
        yield from _ops(layer.children)


def _faulty(layer: Layer) -> bool:
    return layer.faulty or any(_faulty(child) for child in layer.children)
