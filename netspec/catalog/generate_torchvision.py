"""The modules and functions of `torchvision.ops` -> ops, spelled `ops.StochasticDepth`.

Parameters that take what makes a layer have the type word `class`, and the name of a class as default.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from torch import nn
from torchvision import ops

from netspec.catalog import overlay, overlay_torchvision
from netspec.catalog.generate_docs import params, summary
from netspec.catalog.generate_modules import parameters
from netspec.catalog.model import Op, Signature

# The type of an argument, where a colon is missing or misplaced.
_TYPE = re.compile(r"^\([^)]*\):?\s*")
_REFERENCE = re.compile(r"See :func:`(\w+)`")


def torchvision_ops() -> list[Op]:
    """Every public name of `torchvision.ops`: module classes first, each kind sorted."""
    names = sorted(ops.__all__)
    classes = [name for name in names if isinstance(getattr(ops, name), type)]
    return [
        *(_module(name) for name in classes),
        *(_function(name) for name in names if name not in classes),
    ]


def _module(name: str) -> Op:
    cls: type[nn.Module] = getattr(ops, name)
    return Op(
        name=name,
        kind="module",
        source=f"ops.{name}",
        signatures=(_mended(name, parameters(cls.__init__, name)),),
        call=_mended(f"{name}.forward", parameters(cls.forward, name)),
        doc=overlay_torchvision.DOCS.get(name) or summary(_documented(cls), name),
        bases=tuple(base.__name__ for base in cls.__mro__[1:] if base.__name__ in ops.__all__),
    )


def _function(name: str) -> Op:
    function = getattr(ops, name)
    return Op(
        name=name,
        kind="function",
        source=f"ops.{name}",
        signatures=(_mended(name, parameters(function, name, method=False)),),
        doc=summary(function.__doc__, name),
    )


def _mended(owner: str, signature: Signature) -> Signature:
    """With what the annotations lack."""
    return overlay.apply(owner, signature, overlay_torchvision.FACTS)


def _documented(target: Any) -> str | None:
    """Its docstring, or that of the function which it refers to."""
    found = _REFERENCE.match(inspect.cleandoc(target.__doc__ or ""))
    documented: Any = getattr(ops, found[1]) if found else target
    return inspect.getdoc(documented)


def param_docs(op: Op) -> dict[str, str]:
    """One sentence for each argument of a class or function."""
    texts = params(_documented(getattr(ops, op.name)))
    found = {name: _TYPE.sub("", text) for name, text in texts.items()}
    return overlay_torchvision.PARAM_DOCS | found if op.kind == "module" else found
