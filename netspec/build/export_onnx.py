"""Program of `torch.export` -> ONNX, by PyTorch's own exporter, and ONNX run by onnxruntime."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from netspec.build.export_check import Refused, Run, flat
from netspec.build.export_program import REFUSALS, Traced, first_line
from netspec.errors import NetspecError

MOST_INLINE = 1_900_000_000
"""Bytes of weights that fit into one ONNX file: it may have 2 GB."""


def require_onnx() -> None:
    """NetspecError where the exporter's packages are not installed."""
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise NetspecError(
            f"export to ONNX needs {' and '.join(missing)}, which is not installed; in a clone of netspec: "
            "pip install '.[export]'"
        )


def to_onnx(traced: Traced, inputs: list[str], outputs: list[str]) -> Any:
    """The ONNX program, its open sizes named as in the spec. NetspecError with the exporter's reason where
    it knows an op not."""
    try:
        # The exporter tells of its steps.
        with contextlib.redirect_stdout(io.StringIO()):
            found = torch.onnx.export(
                traced.program, dynamo=True, input_names=inputs, output_names=outputs, verbose=False
            )
    except REFUSALS as error:
        raise NetspecError(f"torch.onnx cannot export the network: {first_line(error)}") from error
    assert found is not None
    _rename(found.model, traced.names)
    return found


def write_onnx(program: Any, folder: Path, name: str, bytes_of_weights: int) -> list[Path]:
    """Write into a folder; the files: one, or a second with the weights where they are large."""
    program.save(folder / name, external_data=bytes_of_weights > MOST_INLINE)
    return sorted(folder.iterdir())


def runtime(path: Path, inputs: list[str]) -> tuple[str, Run] | None:
    """onnxruntime with a model, under its name and version; None where it is not installed."""
    if find_spec("onnxruntime") is None:
        return None
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001: its classes share no base but this one
        raise NetspecError(f"onnxruntime refuses the exported network: {first_line(error)}") from error

    def run(arguments: tuple[Any, ...]) -> list[torch.Tensor]:
        given = dict(zip(inputs, (each.numpy() for each in flat(arguments)), strict=True))
        # An input that no step reads is no input of the model.
        known = {each.name for each in session.get_inputs()}
        try:
            found = session.run(None, {name: value for name, value in given.items() if name in known})
        except Exception as error:  # noqa: BLE001: its classes share no base but this one
            raise Refused(first_line(error)) from error
        return [torch.from_numpy(each) for each in found]

    return f"onnxruntime {onnxruntime.__version__}", run


def _rename(model: Any, names: Mapping[str, str]) -> None:
    """Give the sizes of all values the names of the spec, in formulas too."""
    word = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b") if names else None
    if word is None:
        return
    values = {*model.graph.inputs, *model.graph.outputs}
    values |= {value for node in model.graph.all_nodes() for value in node.outputs}
    for value in values:
        if value.shape is None or value.shape.frozen:
            continue
        for axis, size in enumerate(value.shape):
            text = getattr(size, "value", None)
            if isinstance(text, str):
                value.shape[axis] = word.sub(lambda match: names[match[1]], text)
