"""Runs a module once, and writes down what the forward of each module in it does.

Nothing stands in for a tensor: the module runs on real ones. A mode of PyTorch sees each function that is
called, and `nn.Module.__call__` each module; so Python's `if`, `len`, `isinstance` and loops just work, and
the trace says what they came to.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from netspec.catalog.load import ops
from netspec.importer.graph import SUPER, Trace
from netspec.importer.recorder import Recorder, alias, mapped_lists
from netspec.importer.refusal import Refusal, Refused, place_of, user_frame
from netspec.importer.sizes import Size
from netspec.importer.structures import is_closed

Traces = dict[str, list[Trace]]


def trace(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, training: bool) -> Traces:
    """All calls of all modules in one call of `module`, by path. The module itself is left as it is."""
    copied = copy.deepcopy(module).train(training)
    tracer = _Tracer(copied)
    with tracer.patched(), torch.no_grad(), tracer:
        tracer.run(args, kwargs)
    return tracer.traces


def trace_forward(module: nn.Module, forward: Callable[..., Any], x: Tensor) -> Trace:
    """What `forward` does as the forward of a module, which it may change."""
    tracer = _Tracer(module)
    recorder = Recorder(module, "")
    with torch.no_grad(), tracer:
        with tracer.muted():
            (given,), _ = recorder.receive((x,), {})
        tracer.stack.append(recorder)
        result = forward(module, given)
        tracer.stack.pop()
    recorder.finish(result)
    return recorder.trace


def is_layer(module: nn.Module) -> bool:
    """Whether it is a layer of the catalog itself, no subclass and no container."""
    return layer_name(type(module)) is not None and not _is_composed(module)


def layer_name(cls: type) -> str | None:
    """The op that a class is, or None."""
    name = cls.__name__
    op = ops().get(name) if name.isidentifier() and ops().has_own(name) else None
    if (
        op is None
        or op.kind != "module"
        or not cls.__module__.startswith(("torch.nn.modules", "torchvision.ops"))
    ):
        return None
    return name


def _is_composed(module: nn.Module) -> bool:
    """Layers of torchvision that are made of others: they are taken apart."""
    return type(module).__module__.startswith("torchvision.ops") and any(True for _ in module.children())


def base_layer(cls: type) -> type[nn.Module] | None:
    """The layer of the catalog, or the container, that a class of someone else extends."""
    for each in cls.__mro__[1:]:
        if each in (nn.Sequential, nn.ModuleList, nn.ModuleDict):
            return each
        if layer_name(each) is not None and each.__module__.startswith("torch.nn."):
            return each
    return None


class _Tracer(TorchFunctionMode):
    def __init__(self, root: nn.Module) -> None:
        super().__init__()
        self.root = root
        self.traces: Traces = {}
        self.stack: list[Recorder | None] = []
        self._paths = {id(each): path for path, each in root.named_modules()}
        self._relative: dict[int, dict[int, str]] = {}
        self._call = nn.Module.__call__

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        recorder = self.stack[-1] if self.stack else None
        if recorder is None:
            return func(*args, **(kwargs or {}))
        return recorder.call(func, args, kwargs or {})

    @contextlib.contextmanager
    def muted(self) -> Iterator[None]:
        self.stack.append(None)
        try:
            yield
        finally:
            self.stack.pop()

    @contextlib.contextmanager
    def patched(self) -> Iterator[None]:
        """Calls of modules, and of the layers that classes extend, come to the tracer."""
        bases = {base for each in self.root.modules() if (base := base_layer(type(each))) is not None}
        bases = {each for each in bases if each not in (nn.ModuleList, nn.ModuleDict)}
        forwards = {base: base.forward for base in bases}
        original = nn.Module.__call__
        self._call = original
        tracer = self

        def call(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            return tracer.called(module, args, kwargs)

        nn.Module.__call__ = call  # type: ignore[method-assign]
        apply = torch.autograd.Function.__dict__["apply"]
        torch.autograd.Function.apply = self._refuse_autograd(apply)
        for base, forward in forwards.items():
            base.forward = self._super(base, forward)
        try:
            yield
        finally:
            nn.Module.__call__ = original  # type: ignore[method-assign]
            torch.autograd.Function.apply = apply
            for base, forward in forwards.items():
                base.forward = forward

    def run(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        with self.muted():
            self._traced(self.root, "", args, kwargs)

    def called(self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        parent = self.stack[-1] if self.stack else None
        path = self._relative_path(parent, module) if parent is not None else None
        if parent is None or path is None:
            return self._call(module, *args, **kwargs)
        if is_layer(module):
            node = parent.call_layer(path, args, kwargs)
            with self.muted():
                self.traces.setdefault(self._paths[id(module)], [])
                result = self._call(module, *args, **kwargs)
            with self.muted():
                return parent.returned(node, result, layer=True)
        return self._block(parent, path, module, args, kwargs)

    def _block(
        self, parent: Recorder, path: str, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        with self.muted():
            node = parent.call_block(path, _leaves(args, kwargs))
        result = self._traced(module, self._paths[id(module)], args, kwargs)
        with self.muted():
            return parent.returned(node, result, layer=False)

    def _traced(self, module: nn.Module, path: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Trace a module; where it refuses, say so and run it untraced."""
        recorder = Recorder(module, path)
        self.traces.setdefault(path, []).append(recorder.trace)
        depth = len(self.stack)
        try:
            _check_hooks(module)
            with self.muted():
                given, more = recorder.receive(args, kwargs)
            self.stack.append(recorder)
            result = self._call(module, *given, **more)
            self.stack.pop()
            recorder.finish(result)
        except Refusal as refusal:
            del self.stack[depth:]
            recorder.trace.refused = Refused(path, type(module).__name__, refusal.place, refusal.reason)
            with self.muted():
                result = self._call(module, *args, **kwargs)
        return result

    def _super(self, base: type, forward: Callable[..., Any]) -> Callable[..., Any]:
        def method(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            recorder = self.stack[-1] if self.stack else None
            if recorder is None or recorder.trace.module is not module or type(module).forward is method:
                return forward(module, *args, **kwargs)
            node = recorder.call_layer(SUPER, args, kwargs)
            # What the members of a container do is theirs; what a layer does is its own.
            self.stack.append(
                _Members(module, recorder.trace.path, self) if issubclass(base, nn.Sequential) else None
            )
            try:
                if self.stack[-1] is not None:
                    args = self.stack[-1].receive(args, {})[0]
                result = forward(module, *args, **kwargs)
            finally:
                self.stack.pop()
            with self.muted():
                return recorder.returned(node, result, layer=True)

        return method

    def _refuse_autograd(self, apply: Any) -> Any:
        """A function with a gradient of its own cannot be taken apart: its gradient would be lost."""

        def method(cls: type, *args: Any, **kwargs: Any) -> Any:
            if self.stack and self.stack[-1] is not None:
                raise Refusal(f"`{cls.__name__}` has a gradient of its own", place_of(user_frame()))
            return apply.__get__(None, cls)(*args, **kwargs)

        return classmethod(method)

    def _relative_path(self, parent: Recorder, module: nn.Module) -> str | None:
        """How the module that runs reaches one of its layers; None where it is none of them."""
        owner = parent.trace.module
        if id(owner) not in self._relative:
            found: dict[int, str] = {}
            for path, each in owner.named_modules():
                found.setdefault(id(each), path)
            self._relative[id(owner)] = found
        if is_closed(owner):
            return None
        path = self._relative[id(owner)].get(id(module))
        return path or None


class _Members(Recorder):
    """Takes the calls of a container's members, which `super` makes, and is then forgotten."""

    def __init__(self, module: nn.Module, path: str, tracer: _Tracer) -> None:
        super().__init__(module, path)


def _leaves(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Any]:
    """The tensors, lists of tensors and sizes of a call, in the order of `receive`."""
    found: list[Any] = []

    def leaf(_: str, each: Any) -> Any:
        if isinstance(each, Tensor | Size | list) and not any(each is known for known in found):
            found.append(each)
        return each

    for each in (*args, *kwargs.values()):
        mapped_lists(each, leaf, "x")
    return found


def _check_hooks(module: nn.Module) -> None:
    if module._forward_hooks or module._forward_pre_hooks:
        raise Refusal("forward hooks run beside its forward; remove them before it is imported")


__all__ = ["Traces", "alias", "base_layer", "is_layer", "layer_name", "trace"]
