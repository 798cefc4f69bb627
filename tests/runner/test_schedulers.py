"""Schedules take their steps in the right rhythm, and the run fills in what only it knows."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from netspec.diagnostics import Source, Span
from netspec.errors import SpecError
from netspec.runner.optimizers import make_optimizer
from netspec.runner.recipe.components import components
from netspec.runner.recipe.records import Component
from netspec.runner.schedulers import make_schedule

pytestmark = pytest.mark.torch

SPAN = Span(Source("recipe.yaml", "here"), 0, 4)
NEEDED = {
    "StepLR": {"step_size": 1},
    "MultiStepLR": {"milestones": (2, 3)},
    "ExponentialLR": {"gamma": 0.9},
    "CyclicLR": {"base_lr": 0.1, "max_lr": 0.2},
    "OneCycleLR": {"max_lr": 1.0},
    "CosineAnnealingWarmRestarts": {"T_0": 2},
}


def use(name, **given):
    return Component(name, SPAN, given, frozenset(given))


def made(name, module, **given):
    """The optimizer of a recipe that names it."""
    return make_optimizer(SimpleNamespace(optimizer=use(name, **given), groups=()), module)


def rates(name, *, epochs=4, steps=5, **given):
    """The learning rate of every step."""
    optimizer = made("SGD", nn.Linear(1, 1), lr=1.0, momentum=0.9)
    schedule = make_schedule(use(name, **given), optimizer, epochs=epochs, steps_per_epoch=steps)
    found = []
    for _ in range(epochs):
        for _ in range(steps):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.after_step()
        schedule.after_epoch({"loss": 1.0})
    return found


def test_epoch_schedules_keep_their_rate_within_an_epoch():
    assert rates("StepLR", step_size=1, gamma=0.5) == [1.0] * 5 + [0.5] * 5 + [0.25] * 5 + [0.125] * 5


def test_one_cycle_spans_exactly_the_steps_of_the_run():
    found = rates("OneCycleLR", max_lr=1.0, pct_start=0.5)
    assert found[0] == pytest.approx(1.0 / 25)
    assert max(found) == pytest.approx(1.0, rel=0.02)
    assert found[-1] == pytest.approx(1.0 / 25 / 1e4)
    assert len(set(found)) > 10


def test_cosine_annealing_ends_with_the_run():
    found = rates("CosineAnnealingLR")
    assert found[0] == 1.0
    # The next epoch, which there is none of, would have the least rate.
    assert found[-1] == pytest.approx((1 + torch.cos(torch.tensor(torch.pi * 3 / 4)).item()) / 2)
    assert rates("CosineAnnealingLR", T_max=2)[10] == pytest.approx(0.0)


@pytest.mark.parametrize("name", sorted(components("scheduler")))
def test_every_scheduler_runs(name):
    found = rates(name, **NEEDED.get(name, {}))
    assert len(found) == 20
    assert all(rate >= 0 for rate in found)


@pytest.mark.parametrize("name", sorted(components("optimizer")))
def test_every_optimizer_takes_a_step(name):
    torch.manual_seed(0)
    module = nn.Linear(4, 2)
    before = module.weight.detach().clone()
    optimizer = made(name, module)
    module(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    assert not torch.equal(before, module.weight)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [("SGD", {"nesterov": True}, "momentum"), ("AdamW", {"betas": (0.9, 1.0)}, "beta")],
)
def test_what_pytorch_refuses_is_reported_at_the_recipe(name, given, words):
    with pytest.raises(SpecError) as caught:
        made(name, nn.Linear(1, 1), **given)
    (found,) = caught.value.report.diagnostics
    assert (found.code, found.path, found.span) == ("NS703", "recipe.yaml", SPAN)
    assert words in found.notes[0]


def test_one_cycle_without_momentum_is_reported_at_the_recipe():
    optimizer = made("Adadelta", nn.Linear(1, 1))
    with pytest.raises(SpecError, match="NS703"):
        make_schedule(use("OneCycleLR", max_lr=1.0), optimizer, epochs=1, steps_per_epoch=3)


@pytest.mark.parametrize(("figure", "falls"), [("loss", True), ("accuracy", False), (None, False)])
def test_a_plateau_is_one_of_the_figure_that_is_followed(figure, falls):
    """The loss stays, and the accuracy, which chooses the best epoch, becomes better."""
    optimizer = made("SGD", nn.Linear(1, 1), lr=1.0)
    schedule = make_schedule(
        use("ReduceLROnPlateau", patience=0, factor=0.5, metric=figure),
        optimizer,
        epochs=3,
        steps_per_epoch=1,
        known={"loss": "min", "accuracy": "max"},
        best="accuracy",
    )
    for accuracy in (0.1, 0.2, 0.3):
        optimizer.step()
        schedule.after_epoch({"loss": 1.0, "accuracy": accuracy})
    assert (optimizer.param_groups[0]["lr"] < 1.0) is falls
