"""A network for other programs: ONNX, `torch.export`, or its plain state; each compared with the module.

A file appears under its name only after the comparison, and whole.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import safetensors.torch
import torch
from torch import nn

from netspec.build.examples import Examples, examples_of
from netspec.build.export_check import Compared, compared, runs
from netspec.build.export_onnx import require_onnx, runtime, to_onnx, write_onnx
from netspec.build.export_outputs import Outputs, outputs_of
from netspec.build.export_program import Traced, name_of, traced
from netspec.build.weights import same
from netspec.errors import NetspecError
from netspec.pipeline import Checked
from netspec.report.display import escaped
from netspec.shapes.values import shape_text

FORMATS = ("onnx", "pt2", "safetensors", "pt")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. `files` are all of them, `inputs` and `outputs` as the format has them; the sizes in
    `fixed` the exporter could not leave open. `runs` are the comparisons with the module, made by `checker`;
    none where nothing can run the format here."""

    to: str
    files: tuple[Path, ...]
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    fixed: dict[str, int] = field(default_factory=dict)
    checker: str = ""
    runs: tuple[Compared, ...] = ()

    @property
    def difference(self) -> float | None:
        """The greatest difference between any two values of any run; None where none was made."""
        known = [each.difference for each in self.runs if each.difference is not None]
        return max(known, default=None)

    def __str__(self) -> str:
        lines = [f"wrote {file} ({file.stat().st_size:,} bytes)" for file in self.files]
        lines += [f"input   {each}" for each in self.inputs]
        lines += [f"output  {each}" for each in self.outputs]
        lines += [
            f"fixed   {name} = {size}: the exporter cannot leave it open" for name, size in self.fixed.items()
        ]
        for each in self.runs:
            where = f" for {each.sizes}" if each.sizes else ""
            if each.difference is None:
                lines.append(f"refused{where}: {each.reason}")
            else:
                lines.append(f"checked{where} by {self.checker}: greatest difference {each.difference:.2g}")
        if not self.runs:
            lines.append(f"not checked: {self.checker}")
        return "\n".join(map(escaped, lines))


def export(
    module: nn.Module, checked: Checked, path: str, to: str | None, *, given: tuple[str, ...], force: bool
) -> Exported:
    """Write a network in another format, by default that of the path's ending. NetspecError where the file
    exists and may not be replaced, where the exporter refuses the network, or where its result differs
    from the module's."""
    target, to = Path(path), to or path.rpartition(".")[2]
    if to not in FORMATS:
        raise NetspecError(f"no format is known for {path}: say one of {', '.join(FORMATS)}")
    if target.exists() and not force:
        raise NetspecError(f"{path} exists; give another name, or `force` to replace it")
    if to in ("safetensors", "pt"):
        return _state(module, target, to)
    if to == "onnx":
        require_onnx()
    examples = examples_of(checked, given)
    with _evaluating(module):
        found = traced(module, examples)
        write = _write_onnx if to == "onnx" else _write_program
        return write(module, examples, found, outputs_of(checked, examples), target)


def _write_program(
    module: nn.Module, examples: Examples, found: Traced, outputs: Outputs, target: Path
) -> Exported:
    def write(folder: Path) -> tuple[list[Path], tuple[Compared, ...]]:
        file = folder / target.name
        torch.export.save(found.program, file)
        loaded = torch.export.load(file).module()
        return [file], compared(module, runs(loaded), examples, found.default, found.fixed)

    files, results = _placed(target, write)
    return _exported("pt2", files, examples, found, outputs, f"PyTorch {torch.__version__}", results)


def _write_onnx(
    module: nn.Module, examples: Examples, found: Traced, outputs: Outputs, target: Path
) -> Exported:
    inputs = [name for name, _, _ in examples.leaves]
    program = to_onnx(found, inputs, outputs.names_for(len(found.program.graph_signature.user_outputs)))
    size = sum(each.nbytes for each in module.state_dict().values())
    checker = "onnxruntime is not installed"

    def write(folder: Path) -> tuple[list[Path], tuple[Compared, ...]]:
        nonlocal checker
        files = write_onnx(program, folder, target.name, size)
        session = runtime(folder / target.name, inputs)
        if session is None:
            return files, ()
        checker, run = session
        return files, compared(module, run, examples, found.default, found.fixed)

    files, results = _placed(target, write)
    return _exported("onnx", files, examples, found, outputs, checker, results)


def _placed(
    target: Path, write: Callable[[Path], tuple[list[Path], tuple[Compared, ...]]]
) -> tuple[tuple[Path, ...], tuple[Compared, ...]]:
    """What `write` makes in a folder of its own, moved to where it belongs once nothing can fail any more."""
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            files, results = write(Path(folder))
            for file in files:
                os.replace(file, target.with_name(file.name))
    except OSError as error:
        raise NetspecError(f"{target} cannot be written ({error.strerror or error})") from error
    return tuple(target.with_name(file.name) for file in files), results


def _state(module: nn.Module, target: Path, to: str) -> Exported:
    """The tensors alone, under their names."""
    state = {name: value.detach().cpu() for name, value in module.state_dict().items()}

    def write(folder: Path) -> tuple[list[Path], tuple[Compared, ...]]:
        file = folder / target.name
        if to == "pt":
            torch.save(state, file)
            loaded = torch.load(file, weights_only=True)
        else:
            # Each name has its own values here, so that any program can load them.
            plain = {name: value.contiguous().clone() for name, value in state.items()}
            safetensors.torch.save_file(plain, file, metadata={"format": "pt"})
            loaded = safetensors.torch.load_file(file)
        if loaded.keys() != state.keys() or not all(same(loaded[name], state[name]) for name in state):
            raise NetspecError(f"{target} holds other values when it is read back; nothing was written")
        return [file], (Compared("", 0.0),)

    files, results = _placed(target, write)
    return Exported(to, files, checker="reading it back", runs=results)


def _exported(
    to: str,
    files: tuple[Path, ...],
    examples: Examples,
    found: Traced,
    outputs: Outputs,
    checker: str,
    results: tuple[Compared, ...],
) -> Exported:
    inputs = tuple(f"{name} {each.dtype} {shape_text(shape)}" for name, each, shape in examples.leaves)
    symbols = {each.name: name_of(each) for each in examples.symbols}
    fixed = {symbols[name]: size for name, size in found.fixed.items()}
    return Exported(to, files, inputs, outputs.texts, fixed, checker, results)


@contextlib.contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """The module in evaluation mode, and afterwards each part in the mode that it had. PyTorch's exporters
    warn and log of what is theirs alone meanwhile, and of that nothing is shown."""
    modes = {each: each.training for each in module.modules()}
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    module.eval()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        for each, training in modes.items():
            each.training = training
