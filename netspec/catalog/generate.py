"""Rewrites the catalog from the installed PyTorch and torchvision: `python -m netspec.catalog.generate`.

`torch.json` holds one op a line, so that the difference between two versions of PyTorch reads well; the
files for torchvision are of the same form:
`"ReLU": {"kind": "module", "source": "nn.ReLU", "signatures": [[["inplace", "bool", {"default": false}]]]}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from netspec.catalog import generate_torchvision, overlay
from netspec.catalog.generate_docs import params
from netspec.catalog.generate_functions import function_ops
from netspec.catalog.generate_modules import module_ops
from netspec.catalog.load import DATA, DOCS, VISION_DATA, VISION_DOCS
from netspec.catalog.model import Op, Param, Signature

_PARAM_FACTS = ("choices", "minimum", "exclusive_minimum", "maximum")


def main() -> None:
    """Write all files."""
    for path, text in texts().items():
        path.write_text(text, "utf-8")


def texts() -> dict[Path, str]:
    """What the files hold for the installed PyTorch and torchvision."""
    found = [*module_ops(), *function_ops()]
    meta = {"torch": torch.__version__.split("+")[0]}
    vision = generate_torchvision.torchvision_ops()
    vision_meta = {"torchvision": torchvision.__version__.split("+")[0]}
    return {
        DATA: _file(meta, {op.name: encode(op) for op in found}),
        DOCS: _file(meta, _docs(found, _param_docs)),
        VISION_DATA: _file(vision_meta, {op.name: encode(op) for op in vision}),
        VISION_DOCS: _file(vision_meta, _docs(vision, generate_torchvision.param_docs)),
    }


def _file(meta: Mapping[str, str], entries: Mapping[str, Any]) -> str:
    lines = [f'"meta": {json.dumps(meta)}']
    lines += [f'"{name}": {json.dumps(entry, ensure_ascii=False)}' for name, entry in entries.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def encode(op: Op) -> dict[str, Any]:
    """An op as JSON holds it; what has its usual value is left out."""
    entry: dict[str, Any] = {"kind": op.kind, "source": op.source}
    entry["signatures"] = [_signature(signature) for signature in op.signatures]
    if op.call:
        entry["call"] = _signature(op.call)
    for name in ("variadic", "bases", "mutates", "doc"):
        if value := getattr(op, name):
            entry[name] = value
    return entry


def _signature(signature: Signature) -> list[list[Any]]:
    return [_param(param) for param in signature]


def _param(param: Param) -> list[Any]:
    facts: dict[str, Any] = {} if param.required else {"default": param.default}
    if param.keyword_only:
        facts["keyword_only"] = True
    for name in _PARAM_FACTS:
        if (value := getattr(param, name)) not in ((), None):
            facts[name] = value
    return [param.name, " ".join(param.types), *([facts] if facts else [])]


def _docs(found: list[Op], describe: Callable[[Op], dict[str, str]]) -> dict[str, dict[str, str]]:
    docs = {}
    for op in found:
        known = {param.name for signature in (*op.signatures, op.call) for param in signature}
        texts = {name: text for name, text in describe(op).items() if name in known}
        if texts:
            docs[op.name] = texts
    return docs


def _param_docs(op: Op) -> dict[str, str]:
    """A class describes its arguments in its own docstring, or its base does."""
    place, _, name = op.source.rpartition(".")
    owners = {"nn": (nn,), "F": (F,), "torch": (torch,), "Tensor": (torch.Tensor, torch)}[place]
    found: dict[str, str] = {}
    for owner in owners:
        target = getattr(owner, name, None)
        classes = target.__mro__[:-1] if isinstance(target, type) else (target,)
        for each in classes:
            found = params(each.__doc__) | found
    return (overlay.PARAM_DOCS if op.kind == "module" else {}) | found


if __name__ == "__main__":
    main()
