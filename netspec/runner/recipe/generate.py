"""Rewrites `components.json` from the installed packages: `python -m netspec.runner.recipe.generate`.

It holds the signatures of what a recipe may name: data sets and transforms of torchvision, losses of
`torch.nn.functional`, optimizers and schedulers of `torch.optim`; one component a line.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import torch
import torchvision
from torch import optim
from torch.nn import functional as F
from torchvision import datasets
from torchvision.transforms import v2

from netspec.catalog.generate_docs import summary
from netspec.catalog.generate_types import literals, plain_default, words
from netspec.catalog.model import REQUIRED, Param
from netspec.runner.recipe import overlay
from netspec.runner.recipe.components import DATA


def main() -> None:
    """Write the file."""
    DATA.write_text(text(), "utf-8")


def text() -> str:
    """What the file holds for the installed packages."""
    kinds = {
        "data": _data_sets(),
        "transform": _classes(v2, overlay.TRANSFORMS),
        "loss": {name: _component(name, getattr(F, name)) for name in overlay.LOSSES},
        "optimizer": _classes(optim, overlay.OPTIMIZERS),
        "scheduler": _classes(optim.lr_scheduler, overlay.SCHEDULERS),
    }
    versions = {each.__name__: each.__version__.split("+")[0] for each in (torch, torchvision)}
    lines = [f'"meta": {json.dumps(versions)}']
    for kind, components in kinds.items():
        lines += [f'"{kind} {name}": {json.dumps(entry)}' for name, entry in sorted(components.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _data_sets() -> dict[str, dict[str, Any]]:
    found = _classes(datasets, overlay.DATA_SETS)
    base = {param[0]: param for param in found["MNIST"]["params"]}
    for name, inherited in overlay.INHERITED.items():
        found[name]["params"] += [base[param] for param in inherited]
    return found


def _classes(module: Any, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    return {name: _component(name, getattr(module, name)) for name in names}


def _component(name: str, target: Any) -> dict[str, Any]:
    params = [_param(name, param) for param in inspect.signature(target).parameters.values()]
    doc = summary(target.__doc__, name)
    return {"doc": doc, "params": [_encode(param) for param in params if param is not None]}


def _param(owner: str, param: inspect.Parameter) -> Param | None:
    if overlay.DROPPED & {param.name, f"{owner}.{param.name}"} or param.kind in (
        param.VAR_POSITIONAL,
        param.VAR_KEYWORD,
    ):
        return None
    annotation = _annotation(param)
    default = REQUIRED if param.default is param.empty else plain_default(param.default)
    # A recipe cannot write a tensor.
    types = tuple(word for word in words(annotation) if word != "tensor")
    if default is None and "none" not in types:
        types += ("none",)
    found = Param(param.name, types, default, choices=literals(annotation))
    facts = overlay.COMMON.get(param.name, {}) | overlay.FACTS.get(f"{owner}.{param.name}", {})
    return replace(found, **facts)


def _annotation(param: inspect.Parameter) -> str:
    if param.annotation is param.empty:
        return "Any"
    written = param.annotation
    return written if isinstance(written, str) else inspect.formatannotation(written)


def _encode(param: Param) -> list[Any]:
    facts: dict[str, Any] = {} if param.required else {"default": param.default}
    for name in ("choices", "minimum", "exclusive_minimum", "maximum"):
        if (value := getattr(param, name)) not in ((), None):
            facts[name] = value
    return [param.name, " ".join(param.types), *([facts] if facts else [])]


if __name__ == "__main__":
    main()
