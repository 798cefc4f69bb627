"""The catalog of what recipes may name is what the installed packages have."""

import pytest

from netspec.runner.recipe import overlay
from netspec.runner.recipe.components import DATA, components, generated_from
from netspec.runner.recipe.own import OWN

KINDS = ("data", "transform", "mix", "loss", "metric", "optimizer", "scheduler", "tracker")


@pytest.mark.torch
def test_the_file_is_what_the_generator_writes():
    import torch
    import torchvision

    from netspec.runner.recipe.generate import text

    installed = {each.__name__: each.__version__.split("+")[0] for each in (torch, torchvision)}
    if installed != generated_from():
        pytest.skip(f"components.json describes {generated_from()}, and installed are {installed}")
    assert DATA.read_text("utf-8") == text()


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["optimizer", "scheduler", "transform", "loss"])
def test_every_component_exists_in_the_installed_packages(kind):
    from torch import optim
    from torch.nn import functional
    from torchvision.transforms import v2

    places = {"optimizer": optim, "scheduler": optim.lr_scheduler, "transform": v2, "loss": functional}
    own = {component.name for component in OWN.get(kind, ())}
    assert [name for name in components(kind) if name not in own and not hasattr(places[kind], name)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_component_is_described(kind):
    assert [name for name, component in components(kind).items() if not component.doc] == []


def test_no_component_takes_what_only_the_runner_has():
    for kind in KINDS:
        for component in components(kind).values():
            names = {param.name for param in component.signature}
            assert not names & overlay.DROPPED, component.name


def test_what_cannot_be_used_is_not_offered():
    offered = {name for kind in KINDS for name in components(kind)}
    assert not offered & overlay.UNUSABLE.keys()
