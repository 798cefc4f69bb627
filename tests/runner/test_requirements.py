"""Packages that are missing are named before anything fails on them."""

import pytest

from netspec.runner import requirements
from netspec.runner.errors import RunError


def test_missing_packages_are_named_with_the_command(monkeypatch):
    monkeypatch.setattr(
        requirements, "find_spec", lambda name: None if name in ("tqdm", "numpy") else object()
    )
    with pytest.raises(
        RunError, match=r"not installed: numpy, tqdm\nin a clone of netspec: pip install '.\[train\]'"
    ):
        requirements.check_installed()


@pytest.mark.torch
def test_nothing_is_said_where_all_are_there():
    requirements.check_installed()
