"""`netspec doctor`: versions, devices, libyaml, and what is installed."""

from __future__ import annotations

import argparse
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import yaml

from netspec.catalog.load import ops, torchvision_version
from netspec.cli.terminal import say
from netspec.version import VERSION
from netspec.views.table import table

_PACKAGES = {
    "pydantic": "pydantic",
    "PyYAML": "yaml",
    "jsonschema": "jsonschema",
    "torch": "torch",
    "torchvision": "torchvision",
    "safetensors": "safetensors",
    "onnx": "onnx",
    "onnxscript": "onnxscript",
    "onnxruntime": "onnxruntime",
    "numpy": "numpy",
    "tqdm": "tqdm",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec doctor"
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    rows = [
        ("netspec", VERSION),
        ("Python", f"{platform.python_version()} ({sys.platform}, {platform.machine()})"),
        *((name, _version(name)) for name in _PACKAGES),
        ("libyaml", "yes" if hasattr(yaml, "CSafeLoader") else "no: reading is about ten times slower"),
        ("catalog", _catalog()),
        ("devices", ", ".join(_devices())),
    ]
    say(table(("what", "found"), rows))
    for line in _advice():
        say(line)
    return 0


def _catalog() -> str:
    made_from = f"PyTorch {ops().version} and torchvision {torchvision_version()}"
    return f"{len(ops().names)} ops, generated from {made_from}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _devices() -> list[str]:
    if find_spec("torch") is None:
        return ["unknown without PyTorch"]
    from netspec.runner.devices import available_devices

    return list(available_devices())


def _advice() -> list[str]:
    if find_spec("torch") is None:
        return ["", "to compile and train, in a clone of netspec: pip install '.[train]'"]
    if find_spec("safetensors") is None:
        return ["", "to train, in a clone of netspec: pip install '.[train]'"]
    return []
