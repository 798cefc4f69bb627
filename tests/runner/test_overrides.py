"""`--set KEY=VALUE` changes the recipe before it is read, and keeps a place for diagnostics."""

import pytest

from netspec.runner.recipe.load import check_recipe


def recipe_with(write_recipe, *texts):
    checked = check_recipe(write_recipe(), tuple(("--set", text) for text in texts))
    assert checked.report.ok, checked.report
    return checked.recipe


def test_a_value_is_replaced_and_the_others_stay(write_recipe):
    recipe = recipe_with(write_recipe, "optimizer.AdamW.lr=1e-4", "epochs=7")
    assert recipe.optimizer.stated == {"lr": 1e-4}
    assert recipe.epochs == 7
    assert recipe.data.batch_size == 64


def test_an_argument_is_added(write_recipe):
    recipe = recipe_with(write_recipe, "optimizer.AdamW.weight_decay=0.1")
    assert recipe.optimizer.stated == {"lr": 3e-3, "weight_decay": 0.1}


def test_list_items_are_numbered(write_recipe):
    recipe = recipe_with(write_recipe, "data.transform.1.Normalize.mean=[0.5]")
    assert recipe.data.transform[1].stated == {"mean": (0.5,), "std": (0.3,)}


def test_a_whole_part_is_replaced(write_recipe):
    recipe = recipe_with(write_recipe, "optimizer={SGD: {lr: 0.1, momentum: 0.9}}", "scheduler=")
    assert recipe.optimizer.name == "SGD"
    assert recipe.scheduler is None


def test_a_bare_name_takes_an_argument(write_recipe):
    recipe = recipe_with(write_recipe, "optimizer=SGD", "optimizer.SGD.lr=0.5", "scheduler=null")
    assert recipe.optimizer.stated == {"lr": 0.5}


def test_params_of_the_model_can_be_set(write_recipe):
    net = (
        ("netspec: 1\n", "netspec: 1\nparams: {width: 4}\n"),
        ("[1, 4, 3]", "[1, $width, 3]"),
        ("676", "auto"),
    )
    checked = check_recipe(write_recipe(net=net), (("--set", "model.params.width=6"),))
    assert checked.report.ok
    assert checked.recipe.model.params == {"width": 6}
    assert checked.spec.params == {"width": 6}


@pytest.mark.parametrize(
    ("text", "code", "marked", "message"),
    [
        ("epochs", "NS703", "epochs", "`epochs` sets nothing"),
        ("a..b=3", "NS703", "a..b=3", "sets nothing"),
        ("epochs=0", "NS703", "0", "at least 1"),
        ("epoch=3", "NS102", "epoch", "a recipe has no key `epoch`"),
        ("data.transform.5=ToTensor", "NS703", "5", "the list has 2 items"),
        ("epochs=[1", "NS001", "[", "is not closed"),
        ("model.params.wide=1", "NS307", "wide", "declares no such param"),
        ("optimizer.SGD.lr=1", "NS106", "SGD", "names two ops"),
    ],
)
def test_a_faulty_override_is_shown_as_typed(write_recipe, text, code, marked, message):
    checked = check_recipe(write_recipe(), (("--set", text),))
    (found,) = checked.diagnostics
    assert (found.code, found.span.text, found.path) == (code, marked, "--set")
    assert message in found.message
    assert text in checked.report.render("full")
