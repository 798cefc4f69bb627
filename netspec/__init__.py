"""Compile neural-network architecture specs to plain PyTorch, and prove their shapes first.

>>> import netspec
>>> netspec.validate("specs/mnist.yaml").ok
True

Importing this does not import torch; building a module does.
"""

from netspec.api import compile, compile_class, load, loads, source, summary, train, validate, validate_text
from netspec.errors import NetspecError, SpecError
from netspec.report import Report
from netspec.spec import Spec
from netspec.version import VERSION as __version__

__all__ = [
    "NetspecError",
    "Report",
    "Spec",
    "SpecError",
    "__version__",
    "compile",
    "compile_class",
    "load",
    "loads",
    "source",
    "summary",
    "train",
    "validate",
    "validate_text",
]
