"""Whatever stands in a recipe, checking it raises nothing, and what passes can be made."""

import contextlib
import itertools

import pytest
import torch

from netspec.errors import SpecError
from netspec.runner.data.transforms import make_transform
from netspec.runner.objective import loss_function
from netspec.runner.optimizers import make_optimizer
from netspec.runner.recipe.load import check_recipe
from netspec.runner.schedulers import make_schedule

pytestmark = pytest.mark.torch

PATHS = (
    "netspec recipe model model.params data data.train data.test data.validation data.transform"
    " data.augment data.batch_size data.transform.0 data.transform.0.Resize"
    " data.transform.1.Normalize.mean loss metrics data.train.Digits data.train.Digits.split"
    " data.augment.0.RandomAffine.translate data.augment.0.RandomAffine.degrees optimizer optimizer.AdamW"
    " optimizer.AdamW.lr optimizer.AdamW.betas scheduler scheduler.OneCycleLR scheduler.OneCycleLR.max_lr"
    " epochs precision seed device doc losses warmup accumulate clip ema freeze groups early_stopping best"
    " checkpoint compile parallel trackers data.inputs data.target data.mix data.workers data.in_memory"
    " model.weights losses.output losses.output.cross_entropy losses.output.target losses.output.weight"
    " losses.output.metrics warmup.steps warmup.start clip.value early_stopping.patience"
    " early_stopping.metric checkpoint.steps checkpoint.keep groups.0 groups.0.match groups.0.lr"
    " data.inputs.x data.mix.0 loss.nll_loss.weight loss.nll_loss.ignore_index metrics.0"
).split()
JUNK = (
    "|3|0|-1|2.5|1e999|.nan|true|x|SGD|[]|[1, 2]|[[1], 2]|{}|{a: 1}|{Resize: }|[SGD, {}]|'$x'|auto"
    "|9999999999999999999999|[Normalize, 3]"
).split("|")


def components(recipe):
    data = recipe.data
    found = [data.train, data.test, data.validation, recipe.optimizer, recipe.scheduler, *recipe.trackers]
    for use in recipe.losses:
        found += [use.loss, *use.metrics]
    return [each for each in (*found, *data.transform, *data.augment, *data.mix) if each is not None]


@pytest.mark.parametrize("path", PATHS)
def test_no_junk_gets_through(write_recipe, path):
    recipe_path = write_recipe()
    for junk in JUNK:
        checked = check_recipe(recipe_path, (("--set", f"{path}={junk}"),))
        checked.report.render()
        if not checked.report.ok:
            continue
        assert not checked.recipe.model.faulty
        assert [each for each in components(checked.recipe) if each.faulty] == []
        make_all(checked.recipe)


def make_all(recipe):
    """Every part that needs torch, used once; a SpecError that names its place is an answer too."""
    with contextlib.suppress(SpecError):
        optimizer = make_optimizer(recipe, torch.nn.Linear(2, 2))
        make_schedule(
            recipe.scheduler, optimizer, epochs=recipe.epochs, steps_per_epoch=3, warmup=recipe.warmup
        )
        planes = (torch.rand(2, 1, 8, 8),)
        for transform in itertools.chain(recipe.data.transform, recipe.data.augment):
            planes = make_transform(transform, ["image"])(planes)
        for use in recipe.losses:
            made = loss_function(use, torch.device("cpu"))
            assert made(torch.zeros(2, 10), {"label": torch.tensor([0, 1])}).dim() == 0
