"""Random networks are carried, compared and written as one module like those that somebody wrote."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings

import netspec
from netspec.build.state import state_of
from netspec.views.diff import keys_of

pytestmark = pytest.mark.torch

specs = runpy.run_path(str(Path(__file__).parents[1] / "build" / "random_specs.py"))["specs"]
MANY = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def loaded(text: str) -> netspec.Spec:
    # `auto` behind `chunk` of a size that depends on a param has no formula, and is refused.
    assume(all(found.code != "NS306" for found in netspec.validate_text(text).diagnostics))
    return netspec.loads(text)


@MANY
@given(text=specs())
def test_saved_and_opened(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    net = netspec.compile(loaded(text))
    path = tmp_path_factory.mktemp("any") / "net.safetensors"
    netspec.save(net, path)
    opened = netspec.open(path)
    assert str(opened) == str(net)
    before, after = net.state_dict(keep_vars=True), opened.state_dict(keep_vars=True)
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    ties = [
        [name for name, value in state.items() if value is first]
        for state in (before, after)
        for first in state.values()
    ]
    assert ties[: len(before)] == ties[len(before) :]


@MANY
@given(text=specs(), other=specs())
def test_compared(text: str, other: str) -> None:
    one, two = loaded(text), loaded(other)
    assert not netspec.diff(one, one)
    assert keys_of(one.checked) == dict(state_of(one.checked).tensors)
    found = netspec.diff(one, two)
    for format in ("text", "json", "markdown"):
        assert found.render(format)
    old, new = keys_of(one.checked), keys_of(two.checked)
    assert sorted(each.before for each in found.keys if each.before is not None) == sorted(old)
    assert sorted(each.after for each in found.keys if each.after is not None) == sorted(new)


@MANY
@given(text=specs())
def test_annotated(text: str) -> None:
    spec = loaded(text)
    plain = "".join(
        line.partition("  # ")[0].rstrip() + "\n"
        for line in netspec.standalone([spec], annotate=True).splitlines()
    )
    without = "".join(line.partition("  # ")[0].rstrip() + "\n" for line in netspec.source(spec).splitlines())
    assert plain == without
