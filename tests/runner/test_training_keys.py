"""The recipe's keys of training do what they say: compared with loops of plain PyTorch."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import netspec
from netspec.runner.errors import RunError
from netspec.runner.keeper import epochs_without_gain
from netspec.runner.moving_average import MovingAverage
from netspec.runner.optimizers import freeze
from netspec.runner.recipe.load import load_recipe
from netspec.runner.recipe.records import EarlyStopping
from netspec.runner.records import Epoch
from netspec.runner.train import train

pytestmark = pytest.mark.torch

PLAIN = (
    ("  augment: [{RandomAffine: {degrees: 5, translate: [0.1, 0.1]}}]\n", ""),
    ("scheduler: {OneCycleLR: {max_lr: 1e-2}}\n", ""),
    ("{AdamW: {lr: 3e-3}}", "{SGD: {lr: 0.05, momentum: 0.9}}"),
    ("epochs: 2", "epochs: 1\nprecision: fp32"),
)


def weights(result):
    return dict(result.module.state_dict())


def close(first, second, tolerance=2e-5):
    return all(torch.allclose(first[name], second[name], atol=tolerance) for name in first)


def test_accumulated_batches_make_the_step_of_a_large_one(write_recipe, tmp_path):
    whole = train(write_recipe(*PLAIN), output=tmp_path / "whole", progress=False)
    recipe = write_recipe(*PLAIN, ("batch_size: 64", "batch_size: 16"), ("seed: 0", "seed: 0\naccumulate: 4"))
    parts = train(recipe, output=tmp_path / "parts", progress=False)
    assert close(weights(whole), weights(parts))
    assert parts.epochs[0].train_loss == pytest.approx(whole.epochs[0].train_loss, rel=1e-5)


@pytest.mark.parametrize("clip", ["1.0e-3", "{value: 1.0e-4}"])
def test_clipped_gradients_move_the_weights_by_no_more(write_recipe, tmp_path, clip):
    recipe = write_recipe(*PLAIN, ("momentum: 0.9", "momentum: 0"), ("seed: 0", f"seed: 0\nclip: {clip}"))
    clipped = train(recipe, output=tmp_path / "run", progress=False)
    fresh = train(recipe, set=["optimizer.SGD.lr=1.0e-30"], output=tmp_path / "still", progress=False)
    moved = [(weights(clipped)[name] - value).norm() for name, value in weights(fresh).items()]
    # 23 steps of rate 0.05; a value of 1e-4 for each of 6,820 weights is a norm of 8.3e-3.
    bound = 23 * 0.05 * (1e-3 if clip == "1.0e-3" else 1e-4 * 6820**0.5)
    assert 0 < sum(float(each) ** 2 for each in moved) ** 0.5 <= bound


def test_the_average_follows_the_weights_as_the_formula_says():
    module = nn.Linear(3, 2)
    average = MovingAverage(module, 0.9)
    expected = copy.deepcopy(module.state_dict())
    for step in range(5):
        with torch.no_grad():
            module.weight += 1
            module.bias -= step
        average.update(module)
        if step == 0:
            # The first average is the weights themselves.
            expected = copy.deepcopy(module.state_dict())
            continue
        for name, value in module.state_dict().items():
            expected[name] = 0.9 * expected[name] + 0.1 * value
    for name, value in average.module.state_dict().items():
        torch.testing.assert_close(value, expected[name])


def test_what_is_frozen_stays_and_its_norms_keep_their_statistics(write_recipe, tmp_path):
    norm = ("  fc: {Linear: [676, 10]}", "  norm: {BatchNorm2d: 4}\n  fc: {Linear: [676, 10]}")
    recipe = write_recipe(
        *PLAIN,
        ("seed: 0", 'seed: 0\nfreeze: ["conv.*", "norm.*"]'),
        net=(norm, ("  - conv\n", "  - conv\n  - norm\n")),
    )
    result = train(recipe, output=tmp_path / "run", progress=False)
    torch.manual_seed(0)
    first = netspec.compile(tmp_path / "net.yaml").state_dict()
    now = weights(result)
    assert torch.equal(now["norm.running_mean"], first["norm.running_mean"])
    assert torch.equal(now["norm.weight"], first["norm.weight"])
    assert not torch.equal(now["fc.weight"], first["fc.weight"])


def test_a_frozen_norm_is_in_eval_mode_and_others_are_not():
    module = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2))
    assert freeze(module, ("0.*",)) == (module[0],)
    assert not module[0].weight.requires_grad
    assert module[1].weight.requires_grad


def test_groups_have_their_own_rates(write_recipe, tmp_path):
    groups = 'seed: 0\ngroups: [{match: "conv.*", lr: 1.0e-30}]'
    result = train(write_recipe(*PLAIN, ("seed: 0", groups)), output=tmp_path / "run", progress=False)
    still = train(
        write_recipe(*PLAIN), set=["optimizer.SGD.lr=1.0e-30"], output=tmp_path / "still", progress=False
    )
    assert torch.equal(weights(result)["conv.weight"], weights(still)["conv.weight"])
    assert not torch.allclose(weights(result)["fc.weight"], weights(still)["fc.weight"])


def test_training_ends_early_where_nothing_is_gained(write_recipe, tmp_path):
    recipe = write_recipe(*PLAIN, ("seed: 0", "seed: 0\nearly_stopping: {patience: 2, metric: loss}"))
    result = train(
        recipe, set=["epochs=9", "optimizer.SGD.lr=1.0e-30"], output=tmp_path / "run", progress=False
    )
    assert len(result.epochs) == 3


def test_gains_are_counted_from_the_best_so_far():
    epochs = [
        Epoch(i, 0.0, {"loss": loss}, {}, 0.1, 1.0) for i, loss in enumerate((3.0, 2.0, 1.95, 2.5, 1.5))
    ]
    counts = [epochs_without_gain(epochs[:n], EarlyStopping("loss", 2, 0.1), "min") for n in range(6)]
    assert counts == [0, 0, 0, 1, 2, 0]


def test_a_warm_up_starts_small(write_recipe, tmp_path):
    """Of so slow a start, the weights hardly move; the rate shown is the scheduler's own."""
    recipe = write_recipe(*PLAIN, ("seed: 0", "seed: 0\nwarmup: {steps: 1000000, start: 1.0e-9}"))
    result = train(recipe, output=tmp_path / "run", progress=False)
    still = train(
        write_recipe(*PLAIN), set=["optimizer.SGD.lr=1.0e-30"], output=tmp_path / "still", progress=False
    )
    assert close(weights(result), weights(still), 1e-3)
    assert not close(weights(result), weights(still), 1e-12)
    assert result.epochs[0].rate == 0.05


def test_training_starts_from_weights_and_says_which(write_recipe, tmp_path, capsys):
    first = train(write_recipe(*PLAIN), output=tmp_path / "first", progress=False)
    recipe = write_recipe(
        *PLAIN, ("model: net.yaml", "model: {spec: net.yaml, weights: first/last.safetensors}")
    )
    again = train(recipe, set=["optimizer.SGD.lr=1.0e-30"], output=tmp_path / "again")
    assert "kept 4 of 4 tensors" in capsys.readouterr().err
    assert again.metrics == first.metrics


def test_a_batch_that_does_not_fit_says_what_would(write_recipe, tmp_path):
    wide = (
        ("  - {flatten: 1}\n", "  - {interpolate: {size: [1000000, 1000000]}}\n  - {mean: {dim: [2, 3]}}\n"),
        ("[676, 10]", "[4, 10]"),
    )
    text = (
        r"the memory of cpu does not suffice in epoch 1, step 1: by the spec's figures, .* for a batch of 64"
    )
    with pytest.raises(RunError, match=text):
        train(write_recipe(*PLAIN, net=wide), output=tmp_path / "run", progress=False)


def test_the_losses_of_the_loop_are_those_of_a_plain_loop(write_recipe, tmp_path):
    """One epoch, step by step, against PyTorch's own calls on the same batches."""
    from netspec.runner.data.open import open_batches
    from netspec.runner.seeds import derived, order

    recipe = write_recipe(*PLAIN)
    result = train(recipe, output=tmp_path / "run", progress=False)
    read = load_recipe(recipe).recipe
    batches = open_batches(read, "train", torch.device("cpu"), training=True)
    torch.manual_seed(derived(0, "weights"))
    net = netspec.compile(tmp_path / "net.yaml")
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    total = 0.0
    for batch in batches.over(order(0, 1, len(batches)).split(64), seed=0, epoch=1):
        optimizer.zero_grad()
        loss = F.nll_loss(net(*batch.inputs), batch.targets["label"])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch.indices)
    assert result.epochs[0].train_loss == total / len(batches)
    assert all(torch.equal(value, weights(result)[name]) for name, value in net.state_dict().items())
