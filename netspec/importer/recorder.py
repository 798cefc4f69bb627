"""Writes down what one call of a module's forward does."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from netspec.catalog.load import ops
from netspec.importer.functions import MODE, name_of, property_name, spell
from netspec.importer.graph import Answer, DType, Node, Own, Ref, Sized, Trace, Value, refs_in
from netspec.importer.refusal import Place, Refusal, place_of, user_frame
from netspec.importer.sizes import Given, Size, SizeOf
from netspec.importer.structures import mapped

# What Python asks of a tensor, and decides on.
_ASKS = frozenset(
    """__bool__ item tolist __int__ __float__ __index__ __contains__ equal allclose numpy
    is_nonzero __array__ __complex__""".split()
)
# What says nothing of values: it is answered, and not written down.
_FACTS = frozenset(
    """__format__ __get__ __hash__ __repr__ _assert _version can_cast data_ptr device dim dtype element_size
    finfo get_device grad grad_fn has_names iinfo is_complex is_conj is_contiguous is_cpu is_cuda
    is_distributed is_floating_point is_inference is_leaf is_meta is_mps is_nested is_neg is_quantized
    is_same_size is_sparse is_tensor is_xla itemsize layout names ndim ndimension promote_types requires_grad
    requires_grad_ result_type retains_grad storage_offset stride""".split()
)
_RANDOM = frozenset(
    """dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout bernoulli bernoulli_
    rand_like randn_like randint_like normal_ uniform_ exponential_ random_ multinomial poisson normal
    stochastic_depth rrelu rrelu_ gumbel_softmax""".split()
)


class Recorder:
    """The state of one call: which tensor object is which value."""

    def __init__(self, module: nn.Module, path: str) -> None:
        self.trace = Trace(module, path)
        self.guards = self.trace.guards
        self.known: dict[int, Ref] = {}
        # List inputs, with what was in them at first: forward may add to the list itself.
        self.lists: list[tuple[Ref, tuple[Tensor, ...]]] = []
        self._alive: list[Any] = []
        self._own = _tensors_of(module)

    # Values

    def new(self, tensor: Tensor, *, depends: bool) -> Ref:
        self._alive.append(tensor)
        self.trace.values.append(Value(_plain_shape(tensor), tensor.dtype, depends))
        ref = Ref(len(self.trace.values) - 1)
        self.known[id(tensor)] = ref
        return ref

    def new_integer(self, value: int) -> Size:
        self.trace.values.append(Value((), None, True, integer=int(value)))
        return Size(int(value), Given(len(self.trace.values) - 1), self)

    def find(self, tensor: Tensor, place: Place | None) -> Ref | Own:
        """The value that a tensor object is; Refusal where this forward has not made it."""
        found = self.known.get(id(tensor)) or self._own.get(id(tensor))
        if found is not None:
            return found
        attribute = next((name for name, each in vars(self.trace.module).items() if each is tensor), None)
        raise Refusal(
            f"it reads a tensor that is the attribute `{attribute}`, and neither parameter nor buffer"
            if attribute is not None
            else "it reads a tensor that neither its inputs nor its own steps have made",
            place,
        )

    def written(self, thing: Any, place: Place | None) -> Any:
        """An argument as a Node holds it."""
        match thing:
            case Tensor():
                return self.find(thing, place)
            case Size():
                # A size of another module's values is a plain number here.
                return Sized(int(thing), thing.formula) if thing.owner is self else int(thing)
            case bool() | int() | float() | str() | None:
                return thing
            case torch.dtype():
                return DType(str(thing).removeprefix("torch."))
            case slice():
                return slice(*(self.written(each, place) for each in (thing.start, thing.stop, thing.step)))
            case tuple() | list():
                whole = self._as_list(thing)
                return whole if whole is not None else [self.written(each, place) for each in thing]
            case _ if thing is Ellipsis:
                return thing
            case torch.device() | torch.layout() | torch.memory_format():
                return None
        raise Refusal(f"an argument is a {type(thing).__name__}, which a spec cannot hold", place)

    def _as_list(self, things: tuple[Any, ...] | list[Any]) -> Ref | None:
        """The list input that has just these tensors."""
        if not things or not all(isinstance(each, Tensor) for each in things):
            return None
        for ref, members in self.lists:
            if len(members) == len(things) and all(a is b for a, b in zip(members, things, strict=True)):
                return ref
        return None

    # Inputs and outputs

    def receive(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Make the arguments of a call inputs; gives what forward is to be called with instead.

        Each tensor comes as an object of its own, so that no one takes it for a value of the caller.
        """
        seen: dict[int, Any] = {}
        names = _argument_names(self.trace.module, args)
        made = tuple(
            mapped_lists(each, lambda name, leaf: self._input(name, leaf, seen), name)
            for name, each in zip(names, args, strict=True)
        )
        more = {
            name: mapped_lists(each, lambda name, leaf: self._input(name, leaf, seen), name)
            for name, each in kwargs.items()
        }
        return made, more

    def _input(self, name: str, leaf: Any, seen: dict[int, Any]) -> Any:
        if id(leaf) in seen:
            return seen[id(leaf)]
        made = leaf
        if isinstance(leaf, Tensor):
            made = alias(leaf)
            self.trace.inputs.append((name, self.new(made, depends=True).value))
        elif isinstance(leaf, Size):
            made = self.new_integer(leaf)
            self.trace.inputs.append((name, made.formula.value))  # type: ignore[union-attr]
        elif type(leaf) is list:
            made = self._list_input(name, leaf)
        if made is not leaf:
            seen[id(leaf)] = made
            self._alive.append(leaf)
        return made

    def _list_input(self, name: str, leaf: list[Tensor]) -> list[Tensor]:
        """A list of tensors: one value, whose members `getitem` takes out."""
        made = [alias(each) for each in leaf]
        members = tuple(_plain_shape(each) for each in leaf)
        self.trace.values.append(Value(None, leaf[0].dtype, True, members=members))
        ref = Ref(len(self.trace.values) - 1)
        self.lists.append((ref, tuple(made)))
        self._alive.append(made)
        self.trace.inputs.append((name, ref.value))
        for index, each in enumerate(made):
            self._add(Node("getitem", "", (ref, index), {}, self.new(each, depends=True), None))
        return made

    def finish(self, result: Any) -> None:
        """Take down what forward returned."""
        place = None
        self.trace.outputs = mapped(result, lambda _, leaf: self._output(leaf, place))

    def _output(self, leaf: Any, place: Place | None) -> Any:
        if isinstance(leaf, Tensor | Size):
            return self.written(leaf, place)
        return leaf if isinstance(leaf, bool | int | float | str | None) else Opaque(type(leaf).__name__)

    # Calls

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run a function of PyTorch, and write it down."""
        getter = property_name(function)
        name = getter or name_of(function)
        frame = user_frame()
        place = place_of(frame)
        if name in ("shape", "size", "__len__", "numel", "nelement"):
            return self._sizes(name, args, kwargs, place)
        if name in _FACTS:
            return function(*args, **kwargs)
        if name in _ASKS:
            self._check_asked(name, args, place)
            answer = function(*args, **kwargs)
            self.trace.answers.append(Answer(name, repr(answer), place))
            return answer
        self._note_names(frame)
        return self._record(function, name, args, kwargs, place)

    def _record(
        self, function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any],
        place: Place | None,
    ) -> Any:  # fmt: skip
        try:
            node = self._node(function, name, args, kwargs, place)
        except Refusal as refusal:
            raise Refusal(refusal.reason, refusal.place or place) from None
        result = function(*args, **kwargs)
        if name == "__setitem__":
            node.results = self._rename(args[0])
            self._add(node)
            return result
        result = self._own_objects(result, args, kwargs, mutates=node.effect and node.op not in _RANDOM)
        if not node.op:
            # Nothing but a move to another device.
            self.known[id(result)] = node.args[0]
            self._alive.append(result)
            return result
        node.results = self._results(result, depends=self._depends(node))
        self._add(node)
        return result

    def _node(
        self, function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any],
        place: Place | None,
    ) -> Node:  # fmt: skip
        if name in ("__getitem__", "__setitem__"):
            written = tuple(self.written(each, place) for each in (args[0], *args[2:]))
            key = tuple(args[1]) if isinstance(args[1], tuple) else (args[1],)
            subscript = [self.written(each, place) for each in key]
            op = "index" if name == "__getitem__" else "assign"
            return Node(op, "", (*written, subscript), {}, None, place, effect=op == "assign")
        spelled = spell(function, args, kwargs)
        more = dict(spelled.kwargs)
        mode = more.pop(MODE, None)
        written = tuple(self.written(each, place) for each in spelled.args)
        keywords = {key: self.written(each, place) for key, each in more.items()}
        op_known = ops().get(spelled.op)
        effect = spelled.op in _RANDOM or (op_known is not None and op_known.mutates)
        effect |= bool(more.get("inplace"))
        return Node(spelled.op, "", written, keywords, None, place, effect=effect, mode=mode)

    def _own_objects(
        self, result: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, mutates: bool
    ) -> Any:
        """What is the very object of an argument becomes one of its own, unless it was written to."""
        given = [each for each in (*args, *kwargs.values()) if isinstance(each, Tensor)]
        if not mutates and any(result is each for each in given):
            return alias(result)
        return result

    def _rename(self, tensor: Tensor) -> Ref:
        return self.new(tensor, depends=True)

    def _results(self, result: Any, *, depends: bool) -> Any:
        match result:
            case Tensor():
                return self.new(result, depends=depends)
            case tuple() | list():
                return tuple(self._results(each, depends=depends) for each in result)
            case None:
                return None
        raise Refusal(f"an op gives a {type(result).__name__}, which is no tensor")

    def _depends(self, node: Node) -> bool:
        return node.op in _RANDOM or any(
            self.trace.values[ref.value].depends for ref in refs_in((node.args, node.kwargs), sizes=False)
        )

    def _add(self, node: Node) -> None:
        self.trace.nodes.append(node)

    def _sizes(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], place: Place | None) -> Any:
        tensor = args[0]
        ref = self.find(tensor, place)
        shape = _plain_shape(tensor)
        if isinstance(ref, Own):
            sizes: list[Any] = list(shape)
        else:
            sizes = [Size(each, SizeOf(ref.value, dim), self) for dim, each in enumerate(shape)]
        dim = args[1] if len(args) > 1 else kwargs.get("dim")
        if name == "__len__":
            return sizes[0]
        if name in ("numel", "nelement"):
            product: Any = 1
            for each in sizes:
                product = each * product
            return product
        return torch.Size(sizes) if dim is None else sizes[int(dim)]

    def _check_asked(self, name: str, args: tuple[Any, ...], place: Place | None) -> None:
        for each in args:
            if isinstance(each, Tensor):
                ref = self.find(each, place)
                if isinstance(ref, Own) or self.trace.values[ref.value].depends:
                    raise Refusal(
                        f"Python asks for the value of a tensor (`{name.strip('_')}`), and goes on by it",
                        place,
                    )

    # Modules

    def call_layer(self, path: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Node:
        """The call of a layer that is not traced any deeper; its result is to come."""
        frame = user_frame()
        self._note_names(frame)
        place = place_of(frame)
        written = tuple(self.written(each, place) for each in args)
        keywords = {key: self.written(each, place) for key, each in kwargs.items() if each is not None}
        return Node("", path, written, keywords, None, place, effect=True)

    def call_block(self, path: str, leaves: list[Any]) -> Node:
        """The call of a module that is traced itself, with the tensors and sizes it takes."""
        frame = user_frame()
        self._note_names(frame)
        place = place_of(frame)
        return Node(
            "", path, tuple(self.written(each, place) for each in leaves), {}, None, place, effect=True
        )

    def returned(self, node: Node, result: Any, *, layer: bool, given: tuple[Any, ...] = ()) -> Any:
        """Make what a called module returned values; gives the objects to go on with."""
        found: list[Any] = []

        def leaf(_: str, each: Any) -> Any:
            if isinstance(each, Tensor):
                made = alias(each) if id(each) in self.known or id(each) in self._own else each
                found.append(self.new(made, depends=True))
                return made
            if isinstance(each, Size):
                integer = self.new_integer(each)
                found.append(Ref(integer.formula.value))  # type: ignore[union-attr]
                return integer
            return each

        made = mapped(result, leaf)
        node.results = self._structure(made) if layer else found[0] if len(found) == 1 else tuple(found)
        self._add(node)
        return made

    def _structure(self, result: Any) -> Any:
        match result:
            case Tensor():
                return self.known[id(result)]
            case tuple() | list():
                return tuple(self._structure(each) for each in result)
        return None

    def _note_names(self, frame: FrameType | None) -> None:
        """What the variables of forward are called that hold values by now."""
        if frame is None:
            return
        for name, each in frame.f_locals.items():
            if isinstance(each, Tensor) and (ref := self.known.get(id(each))) is not None:
                self.trace.names.setdefault(ref.value, name)
            elif isinstance(each, Size) and each.owner is self and isinstance(each.formula, SizeOf):
                self.trace.size_names.setdefault((each.formula.value, each.formula.dim), name)


class Opaque(str):
    """The type of a result that is neither tensor nor number."""


def alias(tensor: Tensor) -> Tensor:
    """Another object for the same tensor."""
    return tensor.view_as(tensor)


def mapped_lists(structure: Any, change: Callable[[str, Any], Any], name: str) -> Any:
    """As `mapped`; a list of tensors is one leaf."""
    if type(structure) is list and structure and all(isinstance(each, Tensor) for each in structure):
        return change(name, structure)
    return mapped(structure, change, name)


def _plain_shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(int(each) for each in tensor.shape)


def _tensors_of(module: nn.Module) -> dict[int, Own]:
    found: dict[int, Own] = {}
    for path, each in (*module.named_parameters(), *module.named_buffers()):
        found.setdefault(id(each), Own(path))
    return found


def _argument_names(module: nn.Module, args: tuple[Any, ...]) -> list[str]:
    """The names of positional arguments in the signature of forward."""
    try:
        params = list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):
        params = []
    names = [each.name for each in params if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    rest = next((each.name for each in params if each.kind is each.VAR_POSITIONAL), "x")
    return [names[i] if i < len(names) else f"{rest}_{i}" if i else rest for i in range(len(args))]
