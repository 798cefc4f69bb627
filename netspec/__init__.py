"""Compile neural-network architecture specs to plain PyTorch, and prove their shapes first.

>>> import netspec
>>> netspec.validate("specs/mnist.yaml").ok
True

Importing this does not import torch; building a module does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.api import (
        compile,
        compile_class,
        diagram,
        diff,
        evaluate,
        export,
        from_module,
        load,
        load_weights,
        loads,
        migrate,
        open,
        predict,
        register,
        save,
        source,
        standalone,
        summary,
        train,
        validate,
        validate_text,
    )
    from netspec.errors import NetspecError, SafeFileError, SpecError
    from netspec.report import Report
    from netspec.shapes.values import Tensor
    from netspec.spec import Spec
    from netspec.version import VERSION as __version__

__all__ = [
    "NetspecError",
    "Report",
    "SafeFileError",
    "Spec",
    "SpecError",
    "Tensor",
    "__version__",
    "compile",
    "compile_class",
    "diagram",
    "diff",
    "evaluate",
    "export",
    "from_module",
    "load",
    "load_weights",
    "loads",
    "migrate",
    "open",
    "predict",
    "register",
    "save",
    "source",
    "standalone",
    "summary",
    "train",
    "validate",
    "validate_text",
]

_HOMES = {
    "NetspecError": "errors",
    "Report": "report",
    "SafeFileError": "errors",
    "Spec": "spec",
    "SpecError": "errors",
    "Tensor": "shapes.values",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: most commands need little of the package."""
    from importlib import import_module

    if name == "__version__":
        return import_module("netspec.version").VERSION
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"netspec.{_HOMES.get(name, 'api')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
