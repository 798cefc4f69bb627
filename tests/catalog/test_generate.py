"""The committed data is what the generator makes of the PyTorch that it names."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from netspec.catalog.load import DATA, DOCS, VISION_DATA, VISION_DOCS, ops, torchvision_version

pytestmark = pytest.mark.torch


def minor(version: str) -> list[str]:
    return version.split("+")[0].split(".")[:2]


def test_the_data_is_current_or_fits_the_installed_torch() -> None:
    import torch

    if minor(torch.__version__) == minor(ops().version):
        assert_current(DATA, DOCS)
    else:
        assert_modules_take_what_the_catalog_requires()


def test_the_data_of_torchvision_is_current_or_fits_the_installed_one() -> None:
    import torchvision

    if minor(torchvision.__version__) == minor(torchvision_version()):
        assert_current(VISION_DATA, VISION_DOCS)
    else:
        assert_modules_take_what_the_catalog_requires()


def assert_current(*paths: Path) -> None:
    from netspec.catalog.generate import texts

    made = texts()
    for path in paths:
        committed = path.read_text("utf-8")
        assert without_meta(made[path]) == without_meta(committed), "python -m netspec.catalog.generate"


def without_meta(text: str) -> list[str]:
    """All lines but that of the version, whose patch number may differ."""
    return [line for line in text.splitlines() if not line.startswith('"meta"')]


def test_every_module_takes_what_the_catalog_requires() -> None:
    assert_modules_take_what_the_catalog_requires()


def assert_modules_take_what_the_catalog_requires() -> None:
    """Each class of the catalog that this PyTorch has binds its required parameters, by name and position."""
    from torch import nn
    from torchvision import ops as vision

    seen = 0
    for name in ops().modules:
        op, cls = ops().get(name), getattr(nn, name, None) or getattr(vision, name, None)
        assert op is not None
        if cls is None:
            continue
        seen += 1
        required = [param for param in op.signatures[0] if param.required]
        inspect.signature(cls).bind(**{param.name: 0 for param in required})
        inspect.signature(cls).bind(*(0 for param in required if not param.keyword_only))
    assert seen > 155


def test_every_source_exists() -> None:
    import torch
    import torch.nn.functional as F
    import torchvision

    places = {
        "nn": torch.nn, "F": F, "torch": torch, "Tensor": torch.Tensor, "ops": torchvision.ops,
    }  # fmt: skip
    missing = []
    for name in ops().names:
        op = ops().get(name)
        assert op is not None
        place, _, attribute = op.source.partition(".")
        if not hasattr(places[place], attribute):
            missing.append(op.source)
    same = minor(torch.__version__) == minor(ops().version)
    assert len(missing) <= (0 if same else 30), missing


def test_the_files_are_json_with_one_op_a_line() -> None:
    for path, package in (
        (DATA, "torch"),
        (DOCS, "torch"),
        (VISION_DATA, "torchvision"),
        (VISION_DOCS, "torchvision"),
    ):
        text = path.read_text("utf-8")
        entries = json.loads(text)
        assert len(text.splitlines()) == len(entries) + 2
        assert entries["meta"][package]
