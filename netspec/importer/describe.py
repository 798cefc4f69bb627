"""A traced module -> the body of a block, for each module that is no layer."""

from __future__ import annotations

import inspect
import re
from typing import Any

from torch import nn

from netspec.catalog.load import ops
from netspec.document.words import is_identifier
from netspec.importer.branches import folded, members_in_order
from netspec.importer.constructor import constructor_arguments
from netspec.importer.dims import Dims
from netspec.importer.drafting import Drafting, sizes_read
from netspec.importer.extending import calls_super, with_super
from netspec.importer.graph import SUPER, Own, Ref, Sized, Trace, refs_in
from netspec.importer.modes import Both, Choice, both_modes
from netspec.importer.naming import Naming
from netspec.importer.opaque import Register, opaque_use
from netspec.importer.owned import owned_buffers, owned_parameters
from netspec.importer.refusal import Place, Refusal, Refused
from netspec.importer.sketch import Body, Const, Container, Tree, Use
from netspec.importer.structures import is_closed, parts
from netspec.importer.tracer import base_layer, is_layer, layer_name
from netspec.importer.variations import Study, canonical

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


class Describer:
    """Bodies of all modules by path; what cannot be described is in `refused`."""

    def __init__(self, root: nn.Module, study: Study, register: Register | None = None) -> None:
        """With `register`, a submodule that is refused becomes an op that is registered by it."""
        self.root, self.study, self.register = root, study, register
        self.opaque: dict[str, Use] = {}
        self.reasons: list[Refused] = []
        self.bodies: dict[str, Body] = {}
        self.modules: dict[str, nn.Module] = {}
        self.uses: dict[str, list[Use]] = {}
        self.heights: dict[str, int] = {}
        self.refused: list[Refused] = []
        self._paths = {id(each): path for path, each in root.named_modules()}

    def run(self) -> None:
        self._block("", self.root)

    # Layers

    def _tree(self, path: str, module: nn.Module) -> tuple[Tree, int]:
        """A layer of another module, and how many levels of blocks it has."""
        if is_layer(module):
            return self._layer(path, module), 0
        if type(module) in _CONTAINERS and self._is_plain(path):
            members = {
                name: self._tree(f"{path}.{name}", each)
                for name, each in module._modules.items()
                if each is not None
            }
            height = max((height for _, height in members.values()), default=0)
            return Container(
                type(module).__name__, {name: tree for name, (tree, _) in members.items()}
            ), height
        path = self._paths[id(module)]
        if path not in self.heights and path not in self.opaque:
            self._block(path, module)
        if path in self.opaque:
            return self.opaque[path], 0
        use = Use("", {}, block=True)
        self.uses.setdefault(path, []).append(use)
        return use, self.heights[path]

    def _layer(self, path: str, module: nn.Module) -> Use:
        name = layer_name(type(module))
        assert name is not None
        try:
            if module._forward_hooks or module._forward_pre_hooks:
                raise Refusal("forward hooks run beside its forward; remove them before it is imported")
            arguments = constructor_arguments(module)
        except Refusal as refusal:
            self.refused.append(Refused(path, name, refusal.place, refusal.reason))
            arguments = {}
        return Use(name, {key: Const(value, key) for key, value in arguments.items()})

    def _is_plain(self, path: str) -> bool:
        """Whether a container is called as PyTorch's own is: one value through all members in order."""
        for trace in self._calls(path):
            if len(trace.inputs) != 1 or not isinstance(trace.outputs, Ref):
                return False
            current = trace.inputs[0][1]
            for node in trace.nodes:
                if node.args != (Ref(current),) or node.kwargs or not isinstance(node.results, Ref):
                    return False
                current = node.results.value
            if trace.outputs.value != current:
                return False
        return True

    def _calls(self, path: str) -> list[Trace]:
        return [*self.study.eval.get(path, ()), *self.study.train.get(path, ())]

    # Blocks

    def _block(self, path: str, module: nn.Module) -> None:
        self.heights[path] = 0
        self.modules[path] = module
        children = (
            {}
            if is_closed(module)
            else {
                name: self._tree(f"{path}.{name}" if path else name, each)
                for name, each in module._modules.items()
                if each is not None
            }
        )
        self.heights[path] = 1 + max((height for _, height in children.values()), default=0)
        layers = {name: tree for name, (tree, _) in children.items()}
        try:
            self.bodies[path] = self._body(path, module, layers)
        except Refusal as refusal:
            place = refusal.place or _place_of(module)
            self.refused.append(Refused(path, type(module).__name__, place, refusal.reason))
            if self.register is not None and path:
                self._make_opaque(path, module, self.register)

    def _make_opaque(self, path: str, module: nn.Module, register: Register) -> None:
        """An op in place of a block, and of all that is in it."""
        inside = [each for each in self.refused if _is_within(each.path, path)]
        try:
            self.opaque[path] = opaque_use(module, register)
        except Refusal as refusal:
            self.refused.append(Refused(path, type(module).__name__, None, refusal.reason))
            return
        self.reasons += inside
        self.refused = [each for each in self.refused if each not in inside]
        for known in (self.bodies, self.heights, self.modules, self.uses):
            for each in [each for each in known if _is_within(each, path)]:
                del known[each]

    def _body(self, path: str, module: nn.Module, layers: dict[str, Tree]) -> Body:
        base = None if path == "" else base_layer(type(module))
        evaluation, training = self._trace(path, self.study.eval), self._trace(path, self.study.train)
        extends, evaluation, training = self._extends(module, base, layers, evaluation, training)
        if extends is None:
            base = None
        own_forward = base is None or type(module).forward is not base.forward
        skipped = set(_tensor_names(base, module))
        both = both_modes(evaluation, training) if evaluation is not None or training is not None else None
        body = Body(
            inputs={}, forward=None, outputs=None,
            layers={} if isinstance(extends, Container) else layers,
            parameters=owned_parameters(module, skipped),
            buffers=owned_buffers(module, skipped),
            extends=extends,
            repr=_repr(module, base),
            class_name=type(module).__name__,
        )  # fmt: skip
        if both is None and own_forward:
            body.inputs, body.forward = {"x": ["..."]}, []
        elif both is not None and own_forward:
            self._forward(path, module, both, body)
        return body

    def _trace(self, path: str, traces: dict[str, list[Trace]]) -> Trace | None:
        calls = traces.get(path, [])
        for each in calls:
            if each.refused is not None:
                raise Refusal(each.refused.reason, each.refused.place)
        first = calls[0] if calls else None
        for other in calls[1:]:
            assert first is not None
            if canonical([*first.nodes, first.outputs]) != canonical([*other.nodes, other.outputs]):
                place = next(
                    (
                        a.place
                        for a, b in zip(first.nodes, other.nodes, strict=False)
                        if canonical(a) != canonical(b)
                    ),
                    None,
                )
                raise Refusal("it is called several times, and does something else each time", place)
        return first

    def _extends(
        self, module: nn.Module, base: type | None, layers: dict[str, Tree],
        evaluation: Trace | None, training: Trace | None,
    ) -> tuple[Tree, Trace | None, Trace | None]:  # fmt: skip
        """What the block extends, and its traces with the calls of that as `super`."""
        if base is None:
            return None, evaluation, training
        if base in _CONTAINERS:
            return Container(base.__name__, layers), evaluation, training
        traces = [(evaluation, False), (training, True)]
        if type(module).forward is not base.forward:  # type: ignore[attr-defined]
            made = [
                each if each is None or calls_super(each) else with_super(each, base, training=mode)
                for each, mode in traces
            ]
            if any(new is None and old is not None for new, (old, _) in zip(made, traces, strict=True)):
                return None, evaluation, training
            evaluation, training = made
        try:
            arguments = constructor_arguments(module, base)
        except Refusal:
            return None, evaluation, training
        name = layer_name(base)
        assert name is not None
        return Use(name, {key: Const(value, key) for key, value in arguments.items()}), evaluation, training

    def _forward(self, path: str, module: nn.Module, both: Both, body: Body) -> None:
        names = set() if is_closed(module) else {*module._modules, *_paths_of(module)}
        read = [*sizes_read(both.items, (both.outputs, both.train_outputs))]
        dims = Dims(path, both, self.study, read, lambda layer: self._call_names(module, layer))
        _check_reads(module, both)
        top = path == ""
        outputs = _Outputs(both, dims, top=top)
        drafting = Drafting(both, dims, names, lambda layer: self._takes(module, layer))
        drafts = members_in_order(drafting.drafts(), _lists_of(module), outputs.values)
        first = next(iter(dims.inputs), None)
        drafts = folded(drafts, outputs.values, first)
        inputs = _named_inputs(dims.inputs, {*body.parameters, *body.buffers})
        naming = Naming(both, inputs, {*body.parameters, *body.buffers}, dims, names)
        steps, trees = naming.steps(drafts, outputs.leaves, bare=outputs.is_bare)
        body.inputs = {inputs[value]: dims.input_tree(value, typical=top) for value in inputs}
        if not body.inputs and not top:
            body.inputs = {"x": ["..."]}
        body.forward = steps
        body.outputs = outputs.tree(trees)

    def _takes(self, module: nn.Module, layer: str) -> list[bool]:
        """Which arguments a call of a block has: integers that are always the same are none."""
        child = None if layer == SUPER else module.get_submodule(layer)
        if child is None or is_layer(child):
            return []
        path = self._paths[id(child)]
        calls = self._calls(path)
        if not calls or path in self.opaque:
            return []
        values = {value: calls[0].values[value] for _, value in calls[0].inputs}
        wide = self.study.open.get(path, set())
        return [known.integer is None or (value, -1) in wide for value, known in values.items()]

    def _call_names(self, module: nn.Module, layer: str) -> list[str]:
        child = module if layer == SUPER else module.get_submodule(layer)
        name = layer_name(base_layer(type(child)) or object) if layer == SUPER else layer_name(type(child))
        op = ops().get(name) if name is not None else None
        return [param.name for param in op.call] if op is not None else ["input"]


class _Outputs:
    """What forward returns: its leaves as values, and the tree of `outputs` around their names."""

    def __init__(self, both: Both, dims: Dims, *, top: bool) -> None:
        self.both, self.dims, self.top = both, dims, top
        self.differ = canonical(both.outputs) != canonical(both.train_outputs)
        wholes = [both.train_outputs, both.outputs] if self.differ else [both.outputs]
        if self.differ and not top:
            raise Refusal("it returns something else in training")
        self.wholes = wholes
        self.leaves: list[Any] = [leaf for whole in wholes for leaf in self._flat(whole)]
        if not self.leaves:
            raise Refusal("it returns no tensor")

    @property
    def is_bare(self) -> bool:
        """Whether a single value is returned as it is."""
        return len(self.leaves) == 1 and (not self.top or isinstance(self.wholes[0], Ref))

    @property
    def values(self) -> list[int]:
        return [ref.value for ref in refs_in(self.leaves)]

    def _flat(self, whole: Any) -> list[Any]:
        inner = parts(whole) if not isinstance(whole, Ref | Sized) and not _is_own(whole) else None
        if inner is None:
            return [whole] if self._counts(whole) else []
        return [leaf for _, each in inner for leaf in self._flat(each)]

    def _counts(self, leaf: Any) -> bool:
        if isinstance(leaf, Sized):
            return self.top or not isinstance(self.dims.tree(leaf, ""), Const)
        return isinstance(leaf, Ref) or _is_own(leaf)

    def tree(self, trees: list[Tree]) -> Tree:
        if not trees:
            return None
        left = list(trees)
        if not self.top:
            return left[0] if len(left) == 1 else left
        built = [self._built(whole, left) for whole in self.wholes]
        return {"train": built[0], "eval": built[1]} if self.differ else built[0]

    def _built(self, whole: Any, left: list[Tree]) -> Tree:
        if isinstance(whole, Ref | Sized) or _is_own(whole):
            return left.pop(0)
        inner = parts(whole)
        if inner is None:
            if whole is None:
                return None
            raise Refusal(f"it returns {whole!r}, which is no tensor")
        made = {key: self._built(each, left) for key, each in inner}
        if isinstance(whole, tuple) and hasattr(whole, "_fields"):
            return {"namedtuple": type(whole).__name__, "fields": made}
        if isinstance(whole, list | tuple):
            if any(each is None for each in made.values()):
                raise Refusal("it returns a tuple with None in it")
            return list(made.values())
        return {key: each for key, each in made.items() if each is not None}


def _check_reads(module: nn.Module, both: Both) -> None:
    """A step reads tensors of the module and its layers; those of a block inside it are the block's own."""
    for item in both.items:
        for node in [*item.train, *item.eval] if isinstance(item, Choice) else [item]:
            for path in _owned_in((node.args, node.kwargs)):
                owner = path.rpartition(".")[0]
                if owner and not is_layer(module.get_submodule(owner)):
                    raise Refusal(f"it reads `{path}`, a tensor of a block inside it", node.place)


def _owned_in(thing: Any) -> list[str]:
    match thing:
        case Own(path=path):
            return [path]
        case tuple() | list():
            return [path for each in thing for path in _owned_in(each)]
        case dict():
            return _owned_in(tuple(thing.values()))
    return []


def _is_within(path: str, parent: str) -> bool:
    return path == parent or path.startswith(f"{parent}.")


def _is_own(thing: Any) -> bool:
    return isinstance(thing, Own)


def _named_inputs(inputs: dict[int, str], taken: set[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for value, name in inputs.items():
        name = name if is_identifier(name) else "x"
        wanted, count = name, 1
        while wanted in taken or wanted in found.values():
            count += 1
            wanted = f"{name}{count}"
        found[value] = wanted
    return found


def _paths_of(module: nn.Module) -> set[str]:
    return {path for path, _ in module.named_modules() if path}


def _lists_of(module: nn.Module) -> dict[str, int]:
    """The `ModuleList`s that a module reaches, with their lengths."""
    return {path: len(each) for path, each in module.named_modules() if type(each) is nn.ModuleList and path}


def _tensor_names(base: type | None, module: nn.Module) -> set[str]:
    """The tensors that a module has from the layer it extends."""
    if base is None or base in _CONTAINERS:
        return set()
    return {*module._parameters, *module._buffers} & {
        "weight", "bias", "running_mean", "running_var", "num_batches_tracked",
    }  # fmt: skip


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def _repr(module: nn.Module, base: type | None) -> Tree:
    """What prints in the brackets behind the class name, with numbers as constants; None for the usual."""
    usual = nn.Module.extra_repr if base is None else base.extra_repr  # type: ignore[attr-defined]
    text = module.extra_repr()
    whole_line = is_closed(module) or not any(True for _ in module.children())
    if type(module).__repr__ is not nn.Module.__repr__ and whole_line:
        whole = repr(module)
        if whole.startswith(f"{type(module).__name__}(") and whole.endswith(")"):
            text = whole[len(type(module).__name__) + 1 : -1]
    elif type(module).extra_repr is usual:
        return None
    if not text and base is None:
        return None
    pieces: list[Tree] = []
    end = 0
    for match in _NUMBER.finditer(text):
        value = float(match[0]) if set(match[0]) & set(".e") else int(match[0])
        before = text[max(0, match.start() - 1) : match.start()]
        if str(value) == match[0] and not (before.isalnum() or before in ("_", ".")):
            pieces += [text[end : match.start()], Const(value, "value")]
            end = match.end()
    return [*pieces, text[end:]]


def _place_of(module: nn.Module) -> Place | None:
    """The line of a class's forward."""
    try:
        file = inspect.getsourcefile(type(module).forward)
        _, line = inspect.getsourcelines(type(module).forward)
    except (OSError, TypeError):
        return None
    return Place(file, line) if file is not None else None
