"""Whether a declaration that is never used can go: nothing else in the text may name it.

A step under a condition that does not hold names a layer and does not use it; `init`, `tie` and the layers
that pass a param name what they are about too.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph.ir import ModuleNode
from netspec.lints.facts import Facts
from netspec.resolve.program import Layer, Module, Param, calls_in


def layer_can_go(module: ModuleNode, facts: Facts) -> bool:
    """Whether no step, not even one that is left out, and no `init` or `tie` names a layer."""
    owners = [each for each in facts.program.modules if each.name == module.owner]
    return bool(owners) and not any(_names(owner, module.local[0]) for owner in owners)


def _names(owner: Module, name: str) -> bool:
    firsts = [call.layer[0] for call in calls_in(owner.forward) if call.layer]
    # What an expression makes of a name may be any.
    if name in firsts or any(not isinstance(each, str) for each in firsts):
        return True
    return tensor_is_named(owner, name)


def tensor_is_named(owner: Module, name: str) -> bool:
    """Whether `init` or `tie` names a layer, parameter or buffer."""
    ties = [ref for tie in owner.ties for ref in (tie.target, tie.source)]
    tied = {part for ref in ties for part in (*ref.path[:1], ref.tensor)}
    return name in tied or any(name == entry.key.split(".")[0] for entry in owner.init)


def param_can_go(param: Param, module: Module, facts: Facts) -> bool:
    """Whether no layer gives a param its value, by name or by place."""
    given = any(
        layer.arguments.positional or param.name in [key for key, _, _ in layer.arguments.keywords]
        for each in facts.program.modules
        for layer in _every((*each.layers, *((each.base,) if each.base is not None else ())))
        if layer.op is not None and layer.op.name == module.name
    )
    nodes = facts.graph.modules.values()
    return not given and not any(each.block is module and param.name in each.given for each in nodes)


def input_can_go(module: Module, facts: Facts) -> bool:
    """Whether no step passes the inputs of a module, and no `assert` may need their dimensions."""
    return module is facts.program.main and not module.claims


def block_can_go(block: Module, facts: Facts) -> bool:
    """Whether no other block, used or not, has one inside."""
    modules = (*facts.program.modules, *facts.program.spare)
    layers = (layer for each in modules if each is not block for layer in _every(each.layers))
    return all(layer.op is None or layer.op.name != block.name for layer in layers)


def _every(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        yield from _every(layer.children)
