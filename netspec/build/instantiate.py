"""Class and params -> module; what PyTorch refuses is reported at the layer that it refused."""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import re
import sys
import traceback
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch
from torch import nn

from netspec.build.origin import Origin, origin_of, remember, remember_class
from netspec.build.source_class import class_from_source
from netspec.carry.record import bundle_of
from netspec.catalog.model import Op
from netspec.diagnostics import Collector, Span
from netspec.errors import NetspecError, SpecError
from netspec.pipeline import Checked
from netspec.report import Report
from netspec.resolve.params import op_value
from netspec.resolve.program import Program

_NAMESPACES = {"nn": nn}
_REGISTERS = re.compile(r'\s*self\.(?:add_module\((?P<text>"(?:[^"\\]|\\.)*")|(?P<name>\w+) =)')


def compiled_class(checked: Checked) -> type[nn.Module]:
    """The class of a spec without errors."""
    assert checked.program is not None
    compiled = class_from_source(checked.python, checked.program.main.name, checked.source.path)
    remember_class(compiled, bundle_of(checked.source, (each.source for each in checked.used)))
    return compiled


def instantiate(
    checked: Checked, params: Mapping[str, Any], device: str | torch.device | None = None
) -> nn.Module:
    """The module for these params, its weights drawn from PyTorch's global generator.

    `device` is where the weights are made (default: where PyTorch's default device says).
    SpecError (NS602) where PyTorch refuses a layer that the checks let pass.
    """
    compiled = compiled_class(checked)
    where = torch.device(device) if device is not None else contextlib.nullcontext()
    try:
        with where:
            module = compiled(**_python_values(checked, compiled, params))
    except (ValueError, TypeError, RuntimeError, AssertionError, OverflowError, AttributeError) as error:
        raise SpecError(_refusal(checked, error)) from error
    origin = origin_of(module)
    assert origin is not None
    # What reached the class are Python's own classes where the spec has the names of ops.
    remember(module, Origin(origin.bundle, dict(params)))
    return module


def _python_values(checked: Checked, compiled: type[nn.Module], params: Mapping[str, Any]) -> dict[str, Any]:
    """The params as the class takes them: an op's name becomes its class, or a partial."""
    assert checked.program is not None
    found = dict(params)
    for param in checked.program.main.params:
        if param.type == "op" and param.name in found:
            found[param.name] = _op(found[param.name], checked.program, sys.modules[compiled.__module__])
    return found


def _op(value: Any, program: Program, module: ModuleType) -> Any:
    named = op_value(value)
    if named is None:
        return None
    name, positional, keywords = named
    op = program.catalog.get(name)
    if op is None or op.kind != "module":
        raise NetspecError(f"no layer type is called {name}")
    made = getattr(*_place(op, module))
    return functools.partial(made, *positional, **keywords) if positional or keywords else made


def _place(op: Op, module: ModuleType) -> tuple[Any, str]:
    """Where the class of an op is found, and under which name: a block in the compiled module itself."""
    place, colon, attribute = op.source.partition(":")
    if colon:
        return importlib.import_module(place), attribute
    namespace, _, attribute = op.source.rpartition(".")
    return (_NAMESPACES[namespace] if namespace else module), attribute


_ARGUMENTS = "correct the arguments; if they are right, please report this as a gap of the checks"
_NO_MEMORY = "the weights need more memory than there is: build the network with `device='meta'`, or smaller"


def _refusal(checked: Checked, error: Exception) -> Report:
    collector = Collector()
    name, span = _refused_layer(checked, error)
    what = f"the layer `{name}`" if name else "the network"
    collector.add(
        "NS602",
        f"PyTorch {torch.__version__} refused {what} while the network was built",
        span,
        # Behind the first line PyTorch sometimes prints its own stack.
        notes=(f"PyTorch says: {str(error).partition(chr(10))[0]}",),
        help=_NO_MEMORY if "allocate memory" in str(error) else _ARGUMENTS,
    )
    return Report((checked.source.path,), collector.diagnostics)


def _refused_layer(checked: Checked, error: Exception) -> tuple[str, Span]:
    """The layer whose line of `__init__` raised, and where the spec declares it."""
    assert checked.program is not None
    module = checked.program.main
    lines = checked.python.splitlines()
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.startswith("<netspec ") and frame.f_code.co_name == "__init__":
            # The line that raised may be an argument of a container: look upwards.
            for text in reversed(lines[:line]):
                match = _REGISTERS.match(text)
                name = match and (match["name"] or ast.literal_eval(match["text"]))
                layer = module.layer((name,)) if name else None
                if layer is not None:
                    return layer.label, layer.span
    return "", module.span
