"""Sketches -> plain lists and mappings, with arguments as people write them and repetition folded."""

from __future__ import annotations

from typing import Any

from netspec.catalog.load import ops
from netspec.catalog.model import Op
from netspec.document.words import RESERVED, is_identifier
from netspec.importer.blocks import Block, Expression
from netspec.importer.runs import NOTHING, Nothing, Plain, folded_list, folded_mapping, folded_steps
from netspec.importer.sketch import Body, Const, Container, Step, Tensor, Tree, Use

_MOST_POSITIONAL = 4


class Plainer:
    def __init__(self, blocks: dict[str, Block]) -> None:
        self.blocks = blocks

    def value(self, tree: Tree) -> Plain:
        match tree:
            case Const(value=tuple() as items):
                return [self.value(each) for each in items]
            case Const(value=Expression() as text):
                return str(text)
            case Const(value=value):
                return value
            case tuple() | list():
                return [self.value(each) for each in tree]
            case dict():
                return {key: self.value(each) for key, each in tree.items()}
            case Use():
                return self.use(tree)
            case Container():
                return self.container(tree)
            case Step():
                return self.step(tree)
        return tree

    # Layers

    def use(self, use: Use) -> Plain:
        """`{Conv2d: [3, 16, 3, {padding: 1}]}`: what is required by position, the rest by name."""
        if use.block:
            arguments: Plain = self._block_arguments(use)
        else:
            op = ops().get(use.op)
            assert op is not None
            arguments = self._arguments(op, use.args)
        return use.op if arguments is NOTHING else {use.op: arguments}

    def _block_arguments(self, use: Use) -> Plain:
        params = {each.name: each for each in self.blocks[use.op].params}
        given = {
            name: self.value(tree)
            for name, tree in use.args.items()
            if not (params[name].has_default and _is(tree, params[name].default))
        }
        if not given:
            return NOTHING
        if (
            len(given) == 1
            and next(iter(params)) in given
            and not isinstance(next(iter(given.values())), list | dict)
        ):
            return next(iter(given.values()))
        return given

    def _arguments(self, op: Op, args: dict[str, Tree]) -> Plain:
        positional: list[Plain] = []
        keywords: dict[str, Plain] = {}
        for param in op.signatures[0]:
            if param.name not in args:
                continue
            tree = args[param.name]
            wanted = param.required or not _is(tree, param.default)
            if not wanted or ((op.name, param.name) in _IMPLIED and _implied(op.name, param.name, args)):
                continue
            if (
                param.required
                and not keywords
                and len(positional) < _MOST_POSITIONAL
                and not param.keyword_only
            ):
                positional.append(self.value(tree))
            else:
                keywords[param.name] = self.value(tree)
        if len(positional) == 1 and isinstance(positional[0], list):
            name = op.signatures[0][0].name
            return {name: positional[0], **keywords}
        return _joined(positional, keywords)

    def container(self, container: Container) -> Plain:
        names = list(container.members)
        if container.kind != "ModuleDict" and names == [str(i) for i in range(len(names))]:
            return {container.kind: folded_list(list(container.members.values()), self)}
        return {container.kind: self.mapping(container.members)}

    def mapping(self, members: dict[str, Tree]) -> Plain:
        return folded_mapping(members, self)

    # Steps

    def step(self, step: Step) -> Plain:
        if step.steps is not None:
            return {"when": step.when, "steps": [self.step(each) for each in step.steps]}
        args = [self.value(each) for each in step.args]
        kwargs = {name: self.value(each) for name, each in step.kwargs.items()}
        beside: dict[str, Plain] = {}
        if step.sources is not None:
            beside["from"] = self._sources(step.sources)
        if step.results is not None:
            beside["as"] = step.results
        if step.when is not None:
            beside["when"] = step.when
        if (
            step.op in RESERVED
            and step.op not in ("index", "assign", "shape", "getitem", "super", "list", "append")
        ) or (step.op in ("index", "assign", "shape", "getitem") and not (args or kwargs or step.results)):
            return {"call": step.op, **beside}
        arguments = _joined(args, kwargs)
        if arguments is NOTHING and not beside:
            return step.op
        return {step.op: arguments, **beside}

    def _sources(self, sources: Any) -> Plain:
        if isinstance(sources, dict):
            return {name: self._source(each) for name, each in sources.items()}
        if len(sources) == 1 and not isinstance(sources[0], list):
            return self._source(sources[0])
        return [self._source(each) for each in sources]

    def _source(self, source: Tree) -> Plain:
        return [self.step(each) for each in source] if isinstance(source, list) else self.value(source)

    # Bodies

    def body(self, body: Body) -> dict[str, Plain]:
        """The keys of a block, without its params."""
        found: dict[str, Plain] = {}
        extends = body.extends
        if isinstance(extends, Container) and extends.kind == "Sequential" and body.forward is None:
            found["sequential"] = self.container(extends)["Sequential"]
            return found
        if extends is not None:
            found["extends"] = self.value(extends)
        if body.repr is not None:
            found["repr"] = "".join(str(self.value(each)) for each in body.repr)
        if body.forward is None:
            return found
        found["inputs"] = self.value(body.inputs)
        if body.parameters:
            found["parameters"] = {name: self.tensor(each) for name, each in body.parameters.items()}
        if body.buffers:
            found["buffers"] = {name: self.tensor(each) for name, each in body.buffers.items()}
        if body.layers:
            found["layers"] = self.mapping(body.layers)
        found["forward"] = folded_steps([self.step(each) for each in body.forward], _looped(found))
        if body.outputs is not None:
            found["outputs"] = self.value(body.outputs)
        return found

    def tensor(self, tensor: Tensor) -> Plain:
        found: dict[str, Plain] = {"shape": self.value(tensor.shape)}
        if tensor.steps is not None:
            found["steps"] = self.value(tensor.steps)
        else:
            found["init"] = self.value(tensor.init)
        if tensor.dtype != "float32":
            found["dtype"] = tensor.dtype
        if not tensor.persistent:
            found["persistent"] = False
        return found


def _looped(found: dict[str, Plain]) -> set[str]:
    """The layers that a `for` makes, as steps in a loop may call them."""
    members = [
        found.get("layers", {}),
        *(found["extends"].values() if isinstance(found.get("extends"), dict) else ()),
    ]
    return {name for each in members if isinstance(each, dict) for name in each if "$" in name}


def _joined(positional: list[Plain], keywords: dict[str, Plain]) -> Plain:
    """Arguments, in the shortest of the forms that the language has."""
    if not positional:
        return keywords or NOTHING
    if keywords:
        return [*positional, keywords]
    if len(positional) == 1 and not isinstance(positional[0], list | dict) and positional[0] is not None:
        return positional[0]
    return positional


def _is(tree: Tree, value: Any) -> bool:
    mine = tree.value if isinstance(tree, Const) else tree
    if isinstance(mine, Expression):
        return False
    return (type(mine) is type(value) or {type(mine), type(value)} <= {int, float}) and bool(mine == value)


# Arguments whose default is another argument.
_IMPLIED = {(f"{kind}Pool{rank}d", "stride") for kind in ("Max", "Avg") for rank in (1, 2, 3)}


def _implied(op: str, name: str, args: dict[str, Tree]) -> bool:
    stride, kernel = args[name], args["kernel_size"]
    return isinstance(kernel, Const) and _is(stride, kernel.value)


__all__ = ["NOTHING", "Nothing", "Plain", "Plainer", "is_identifier"]
