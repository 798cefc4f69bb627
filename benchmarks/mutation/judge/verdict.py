"""The verdict on a text: right, or wrong and why."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from benchmarks.mutation.judge.arguments import WrongType, as_op, value_of
from benchmarks.mutation.judge.modules import KEYS, SPEC_KEYS, Interpreted, Written, dimension, dtype_of
from benchmarks.mutation.judge.reading import Breach, Malformed, parsed

_MOST_PARAMETERS = 200_000_000

Files = Mapping[Path, str]
Kind = Literal["right", "yaml", "language", "types", "torch"]


@dataclass(frozen=True)
class Verdict:
    """`kind` is what refuses the text: YAML, the language, PyTorch's annotations, or PyTorch."""

    kind: Kind
    why: str = ""

    @property
    def wrong(self) -> bool:
        return self.kind != "right"


@dataclass(frozen=True)
class File:
    """A file's main module (None for a variant), and every class that another file may name."""

    data: dict[str, Any]
    main: Written | None
    classes: Mapping[str, Written]
    used: Mapping[str, Written]


def judge(text: str, path: Path, *, cpu: bool = False, used: Files | None = None) -> Verdict:
    """Build and run the spec of a text; `path` is where the files that it uses are looked up, and `used`
    has texts in place of some of them.

    It runs on the meta device, in training and evaluation and for two choices of the sizes that are
    names; `cpu` adds a run with data, since meta tensors let some dtypes and axes pass; a network that is
    too large for that (a kernel of 300 rows makes one) is judged without.
    """
    try:
        module, inputs = network(text, path, used)
        _quick_training(module)(*inputs(0))
        module.eval()(*inputs(1))
        if cpu and _parameters(module) <= _MOST_PARAMETERS:
            with torch.no_grad():
                module = module.to_empty(device="cpu").eval()
                for tensor in (*module.parameters(), *module.buffers()):
                    tensor.zero_()
                module(*(torch.zeros_like(each, device="cpu") for each in inputs(0)))
    except Malformed as error:
        return Verdict("yaml", str(error))
    except Breach as error:
        return Verdict("language", str(error))
    except WrongType as error:
        return Verdict("types", str(error))
    except Exception as error:  # whatever PyTorch raises
        return Verdict("torch", f"{type(error).__name__}: {error}".partition("\n")[0])
    return Verdict("right")


def _parameters(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


def _quick_training(module: nn.Module) -> nn.Module:
    """Training, but for batch norm, whose statistics take long on the meta device and change no shape."""
    for each in module.train().modules():
        if isinstance(each, nn.modules.batchnorm._NormBase):
            each.eval()
    return module


def network(text: str, path: Path, used: Files | None = None) -> tuple[nn.Module, Any]:
    """The network on the meta device, and `inputs(larger)`, which makes tensors for it."""
    file = read_file(text, path, used or {})
    if file.main is not None:
        written, keywords = file.main, {}
        positional: list[Any] = []
    else:
        model = as_op(value_of(file.data["model"], {}))
        if model is None or model.name not in file.used or model.positional:
            raise Breach(f"no class {file.data['model']!r}")
        written = file.used[model.name]
        positional, keywords = [], dict(model.keywords)
    with torch.device("meta"):
        module = written.built(positional, keywords)
    assert isinstance(module, Interpreted)
    return module, functools.partial(_inputs, module)


def _inputs(module: Interpreted, larger: int) -> list[torch.Tensor]:
    sizes: dict[str, int] = {}
    found = []
    for declared in module.inputs.values():
        shape = []
        for position, dim in enumerate(declared["shape"]):
            size = dimension(dim, module.names)
            if isinstance(size, str):
                text = str(value_of(dim, module.names))
                typical = _typical(text, 2 if position == 0 else 16)
                typical = min(typical, _most(text) - 32 * position)
                grown = typical + larger * (1 + len(sizes) if position == 0 else 32 * position)
                size = grown if size == "_" else sizes.setdefault(size, grown)
            shape.append(size)
        found.append(torch.zeros(shape, dtype=dtype_of(declared), device="meta"))
    return found


def _typical(dim: str, otherwise: int) -> int:
    found = re.search(r"(?<![<>])=(\d+)", dim)
    return int(found[1]) if found else otherwise


def _most(dim: str) -> int:
    """The bound of a dimension: `T=128<=1024`."""
    found = re.search(r"<=(\d+)", dim)
    return int(found[1]) if found else 1 << 40


def read_file(text: str, path: Path, texts: Files) -> File:
    """The classes of a text and of the files that it uses."""
    data = parsed(text)
    if not isinstance(data, dict) or type(data.get("netspec")) is not int or data["netspec"] != 1:
        raise Breach("no spec: `netspec: 1` is missing")
    use = data.get("use", [])
    if not isinstance(use, list | str):
        raise Breach("`use` names files")
    used: dict[str, Written] = {}
    for name in [use] if isinstance(use, str) else use:
        for key, written in _used(str(name), path, texts).items():
            if key in used:
                raise Breach(f"{key} twice")
            used[key] = written
    if "model" in data:
        if not data.keys() <= {"netspec", "doc", "use", "model"}:
            raise Breach("a variant has other keys")
        return File(data, None, {}, used)
    if not isinstance(data.get("name"), str):
        raise Breach("a spec has a `name`")
    main = Written(data["name"], data, SPEC_KEYS)
    blocks = data.get("blocks") or {}
    if not isinstance(blocks, dict):
        raise Breach("`blocks` is a mapping")
    own = {name: Written(name, block, KEYS) for name, block in blocks.items()}
    if own.keys() & used.keys() or main.name in own:
        raise Breach("one class name twice")
    for written in (main, *own.values()):
        written.blocks = {**used, **own}
    return File(data, main, {**own, main.name: main}, used)


def _used(name: str, path: Path, texts: Files) -> Mapping[str, Written]:
    file = Path(os.path.normpath(path.parent / name))
    if not file.is_file():
        raise Breach(f"no file {name}")
    if file in texts:
        return read_file(texts[file], file, texts).classes
    return _read_used(file)


@functools.cache
def _read_used(file: Path) -> Mapping[str, Written]:
    return read_file(file.read_text(encoding="utf-8"), file, {}).classes
