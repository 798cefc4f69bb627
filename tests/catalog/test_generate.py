"""The committed data is what the generator makes of the PyTorch that it names."""

from __future__ import annotations

import inspect
import json

import pytest

from netspec.catalog.load import DATA, DOCS, ops

pytestmark = pytest.mark.torch


def minor(version: str) -> list[str]:
    return version.split("+")[0].split(".")[:2]


def test_the_data_is_current_or_fits_the_installed_torch() -> None:
    import torch

    if minor(torch.__version__) == minor(ops().version):
        from netspec.catalog.generate import texts

        catalog, docs = texts()
        assert without_meta(catalog) == without_meta(DATA.read_text("utf-8")), (
            "python -m netspec.catalog.generate"
        )
        assert without_meta(docs) == without_meta(DOCS.read_text("utf-8")), (
            "python -m netspec.catalog.generate"
        )
    else:
        assert_modules_take_what_the_catalog_requires()


def without_meta(text: str) -> list[str]:
    """All lines but that of the version, whose patch number may differ."""
    return [line for line in text.splitlines() if not line.startswith('"meta"')]


def test_every_module_takes_what_the_catalog_requires() -> None:
    assert_modules_take_what_the_catalog_requires()


def assert_modules_take_what_the_catalog_requires() -> None:
    """Each class of the catalog that this PyTorch has binds its required parameters, by name and position."""
    from torch import nn

    seen = 0
    for name in ops().modules:
        op, cls = ops().get(name), getattr(nn, name, None)
        assert op is not None
        if cls is None:
            continue
        seen += 1
        required = [param for param in op.signatures[0] if param.required]
        inspect.signature(cls).bind(**{param.name: 0 for param in required})
        inspect.signature(cls).bind(*(0 for param in required if not param.keyword_only))
    assert seen > 140


def test_every_source_exists() -> None:
    import torch
    import torch.nn.functional as F

    places = {"nn": torch.nn, "F": F, "torch": torch, "Tensor": torch.Tensor}
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
    for path in (DATA, DOCS):
        text = path.read_text("utf-8")
        entries = json.loads(text)
        assert len(text.splitlines()) == len(entries) + 2
        assert entries["meta"]["torch"]
