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


def test_list_items_have_names(write_recipe):
    recipe = recipe_with(write_recipe, "data.transform.Normalize.mean=[0.5]", "data.transform.Resize.size=28")
    assert [step.stated for step in recipe.data.transform] == [{"size": 28}, {"mean": (0.5,), "std": (0.3,)}]
    recipe = recipe_with(write_recipe, "metrics=[accuracy, top_k_accuracy]", "metrics.top_k_accuracy.k=2")
    assert [metric.stated for metric in recipe.metrics] == [{}, {"k": 2}]


def test_the_number_behind_the_last_item_adds_one(write_recipe):
    recipe = recipe_with(write_recipe, "metrics.1=f1", "metrics.2.top_k_accuracy.k=3")
    assert [metric.name for metric in recipe.metrics] == ["accuracy", "f1", "top_k_accuracy"]


def test_groups_can_be_made_and_changed(write_recipe):
    texts = "groups.0.match=fc.*", "groups.0.lr=0.1", 'groups.1={match: "*.bias", lr: 0}', "groups.1.lr=0.2"
    recipe = recipe_with(write_recipe, *texts)
    assert [(group.match, group.arguments) for group in recipe.groups] == [
        ("fc.*", {"lr": 0.1}),
        ("*.bias", {"lr": 0.2}),
    ]


def test_short_forms_grow_into_long_ones(write_recipe):
    recipe = recipe_with(
        write_recipe, "scheduler=", "warmup=5", "warmup.start=0.5", "early_stopping=1",
        "early_stopping.metric=loss", "clip=1.0", "clip.value=0.5", "loss.weight=2",
    )  # fmt: skip
    assert (recipe.warmup.steps, recipe.warmup.start) == (5, 0.5)
    assert (recipe.early_stopping.patience, recipe.early_stopping.metric) == (1, "loss")
    assert (recipe.clip.norm, recipe.clip.value) == (None, 0.5)
    assert (recipe.losses[0].loss.name, recipe.losses[0].weight) == ("nll_loss", 2.0)
    assert recipe_with(write_recipe, "scheduler=", "warmup=5", "warmup.epochs=1").warmup.epochs == 1.0


def test_every_new_key_can_be_set(write_recipe):
    recipe = recipe_with(
        write_recipe, "accumulate=2", "ema=0.9", "freeze=conv.*", "best=loss", "checkpoint.steps=7",
        "compile=true", "parallel=none", "trackers=[TensorBoard]", "data.workers=1", "data.in_memory=true",
        "data.inputs.x=image", "data.target=label", "data.mix=", "metrics.0=f1",
    )  # fmt: skip
    assert (recipe.accumulate, recipe.ema, recipe.freeze, recipe.best) == (
        2,
        0.9,
        ("conv.*",),
        ("loss", "min"),
    )
    assert (recipe.checkpoint.steps, recipe.compile, recipe.parallel) == (7, True, "none")
    assert [tracker.name for tracker in recipe.trackers] == ["TensorBoard"]
    data = recipe.data
    assert (data.workers, data.in_memory, data.inputs, data.target) == (1, True, {"x": "image"}, "label")


def test_a_quoted_part_of_a_path_may_hold_dots(write_recipe):
    checked = check_recipe(write_recipe(), (("--set", "losses.'a.b'.mse_loss="),))
    assert {use.output for use in checked.recipe.losses} >= {None}
    assert [found.code for found in checked.diagnostics][:1] == ["NS105"]


@pytest.mark.parametrize(
    ("text", "code", "marked", "message"),
    [
        ("epochs", "NS703", "epochs", "`epochs` sets nothing"),
        ("a..b=3", "NS703", "a..b=3", "sets nothing"),
        ("epochs=0", "NS703", "0", "at least 1"),
        ("epoch=3", "NS102", "epoch", "a recipe has no key `epoch`"),
        ("data.transform.5=ToTensor", "NS703", "5", "the list has 2 items"),
        ("data.transform.Pad=3", "NS703", "Pad", "none is `Pad`"),
        ("groups.0.lr=3", "NS103", "lr", "needs the key `match`"),
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
