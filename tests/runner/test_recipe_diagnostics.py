"""Every fault of a recipe gives one diagnostic, at its place, that says what to do."""

from pathlib import Path

import pytest

from netspec.runner.recipe.load import check_recipe

LOG_SOFTMAX = "  - {log_softmax: {dim: 1}}\n"
AUGMENT = "RandomAffine: {degrees: 5, translate: [0.1, 0.1]}"

# What is replaced in the recipe; code; marked text; message; help.
FAULTS = [
    ("seed: 0", "sead: 0", "NS102", "sead", "a recipe has no key `sead`", "similar name exists: `seed`"),
    ("epochs: 2\n", "", "NS103", "", "a recipe needs the key `epochs`", "add `epochs:`"),
    ("epochs: 2", "epochs: many", "NS104", "epochs", "must be an integer, but is the text", "how often"),
    ("epochs: 2", "epochs: 0", "NS703", "0", "`epochs` must be at least 1, but is 0", "from 1 on"),
    ("batch_size: 64", "batch_size: -1", "NS703", "-1", "`batch_size` must be at least 1", "from 1 on"),
    ("seed: 0", "seed: -1", "NS703", "-1", "`seed` must be at least 0, but is -1", None),
    (
        "seed: 0",
        "precision: fp61",
        "NS703",
        "fp61",
        "`precision` must be one of",
        "similar one exists: `fp16`",
    ),
    ("seed: 0", "device: CUDA 1", "NS703", "CUDA 1", "`CUDA 1` is no device", "`cuda:1`"),
    ("recipe: small", "recipe: a/b", "NS105", "a/b", "`a/b` cannot name a recipe", "use letters"),
    ("netspec: 1", "netspec: 2", "NS101", "2", "reads version 1", "write `netspec: 1`"),
    ("model: net.yaml", "model: nte.yaml", "NS703", "nte.yaml", "cannot be read", "`net.yaml`"),
    ("model: net.yaml", "model: 3", "NS104", "3", "`model` of a recipe must be a path", "write `model:"),
    ("net.yaml", "{spec: net.yaml, params: {wide: 3}}", "NS307", "wide", "given for `wide`", "none"),
    ("AdamW", "AdamWW", "NS704", "AdamWW", "no optimizer is called `AdamWW`", "similar name exists: `AdamW`"),
    ("AdamW", "LBFGS", "NS108", "LBFGS", "a recipe cannot use `LBFGS`: it evaluates", "known optimizers"),
    ("lr: 3e-3", "lrr: 3e-3", "NS202", "lrr", "`AdamW` has no argument `lrr`", "similar name exists: `lr`"),
    ("lr: 3e-3", "lr: fast", "NS204", "fast", "`lr` of `AdamW` must be a number", None),
    ("lr: 3e-3", "lr: -1.0", "NS205", "-1.0", "`lr` of `AdamW` must be at least 0", None),
    ("{max_lr: 1e-2}", "{}", "NS203", "OneCycleLR", "`OneCycleLR` needs `max_lr`", "add `max_lr: ...`"),
    ("OneCycleLR", "OneCycle", "NS704", "OneCycle", "no scheduler is called", "`OneCycleLR`"),
    ("split: test", "split: tset", "NS206", "tset", "`split` of `Digits` must be", "exists: `test`"),
    ("{Digits: {split: test}}", "{Digit: {}}", "NS704", "Digit", "no data set is called `Digit`", "`Digits`"),
    ("{Digits: {split: test}}", "[1]", "NS106", "[1]", "this data set must name an op", "write `Name`"),
    ("{Resize: 28}", "{Reszie: 28}", "NS704", "Reszie", "no transform is called", "exists: `Resize`"),
    (
        "{Resize: 28}",
        "ToTensor, {Resize: 28}",
        "NS108",
        "ToTensor",
        "float32 from 0 to 1",
        "known transforms",
    ),
    ("accuracy", "acuracy", "NS704", "acuracy", "no metric is called `acuracy`", "exists: `accuracy`"),
    ("nll_loss", "mse_loss", "NS702", "mse_loss", "compares numbers, but `label`", "`cross_entropy`"),
    ("nll_loss", "ctc_loss", "NS108", "ctc_loss", "takes the lengths", "known losses"),
    ("{Resize: 28}, ", "", "NS701", "Digits", "[1, 8, 8], but `x` of `Small`", "add `{Resize: 28}`"),
    ("Resize: 28", "Resize: 32", "NS701", "Digits", "needs [N, 1, 28, 28]", "write `Resize: 28`"),
    ("{Resize: 28}", "{Resize: 28}, RGB", "NS701", "Digits", "[3, 28, 28]", "add `Grayscale`"),
    ("[0.3], std", "[0.1, 0.2], std", "NS701", "[0.1, 0.2]", "`mean` of `Normalize` has 2", "give 1 value"),
    ("split: test", "split: train", "NS701", "Digits", "the very images that it trains on", "`split: test`"),
    ("split: test", "split: test, by: random", "NS701", "random", "overlap", "the same `by`"),
    (AUGMENT, "RandomCrop: 40", "NS701", "40", "cuts 40 x 40 pixels out of 28 x 28", "smaller `size`"),
    (AUGMENT, "RandomRotation: {degrees: 9, expand: true}", "NS701", "true", "another size", "remove"),
    ("{Resize: 28}", "{Resize: 28}, {RandomInvert: 0.1}", "NS703", "RandomInvert", "random", "`augment`"),
]


@pytest.mark.parametrize(("old", "new", "code", "marked", "message", "help"), FAULTS)
def test_one_fault_gives_one_diagnostic(write_recipe, old, new, code, marked, message, help):
    (found,) = check_recipe(write_recipe((old, new))).diagnostics
    assert found.code == code
    assert found.span.text == marked
    assert message in found.message
    assert help is None or help in found.help


def test_the_recipe_itself_is_clean(write_recipe):
    report = check_recipe(write_recipe()).report
    assert (report.ok, report.diagnostics) == (True, ())


def test_all_independent_faults_are_reported_at_once(write_recipe):
    path = write_recipe(("AdamW", "AdamX"), ("epochs: 2", "epochs: 0"), ("split: test", "split: tset"))
    assert [found.code for found in check_recipe(path).diagnostics] == ["NS206", "NS704", "NS703"]


# What is replaced in the spec, and in the recipe; code; message; help.
MISFITS = [
    (LOG_SOFTMAX, "", "NS702", "`nll_loss` takes log-probabilities, but `Linear`", "or use `cross_entropy`"),
    ("log_softmax", "softmax", "NS702", "`softmax` makes probabilities", "end the spec with `log_softmax`"),
    ("{log_softmax: {dim: 1}}", "{log_softmax: {dim: 0}}", "NS702", "over dimension 0", "write `dim: 1`"),
    ("[676, 10]", "[676, 12]", "NS701", "has 10 classes, but `Small` tells 12 apart", "have 10 outputs"),
    ("  - fc\n", "  - fc\n  - {unsqueeze: 2}\n", "NS702", "an output of shape [N, classes]", "one row"),
    ("x: [N,", "x: [8,", "NS701", "fixes the number of images in a batch at 8", "such as `N`"),
]


@pytest.mark.parametrize(("old", "new", "code", "message", "help"), MISFITS)
def test_a_spec_that_does_not_fit_is_reported_before_anything_loads(
    write_recipe, old, new, code, message, help
):
    (found,) = check_recipe(write_recipe(net=((old, new),))).diagnostics
    assert found.code == code
    assert message in found.message
    assert help in found.help
    assert Path(found.path).name == "recipe.yaml"
    assert [Path(label.span.source.path).name for label in found.labels] == ["net.yaml"]


def test_an_input_of_integers_takes_no_images(write_recipe):
    path = write_recipe(
        net=(
            ("x: [N, 1, 28, 28]", "x: {shape: [N, 1, 28, 28], dtype: int64}"),
            ("  conv: {Conv2d: [1, 4, 3]}\n  fc: {Linear: [676, 10]}\n", "  fc: {Embedding: [256, 10]}\n"),
            ("  - conv\n  - relu\n  - {max_pool2d: 2}\n", ""),
        )
    )
    found = check_recipe(path).diagnostics
    assert "images are float32, but it is int64" in found[0].message


def test_cross_entropy_after_log_softmax_is_a_warning(write_recipe):
    checked = check_recipe(write_recipe(("nll_loss", "cross_entropy")))
    (found,) = checked.diagnostics
    assert (found.code, found.severity) == ("NS702", "warning")
    assert checked.report.ok


def test_cross_entropy_on_probabilities_is_an_error(write_recipe):
    checked = check_recipe(write_recipe(("nll_loss", "cross_entropy"), net=(("log_softmax", "softmax"),)))
    (found,) = checked.diagnostics
    assert "takes logits" in found.message
    assert not checked.report.ok


@pytest.mark.parametrize(("batch", "message"), [("1", "a batch holds one image"), ("7", "the last batch of")])
def test_a_batch_of_one_image_cannot_pass_batch_norm(write_recipe, batch, message):
    net = (("  fc: {", "  bn: {BatchNorm1d: 676}\n  fc: {"), ("  - fc\n", "  - bn\n  - fc\n"))
    path = write_recipe(("batch_size: 64", f"batch_size: {batch}"), net=net)
    # 1,415 images leave one over in batches of seven.
    found = check_recipe(path).diagnostics
    assert [each.code for each in found] == ["NS701"]
    assert message in found[0].message
    assert found[0].span.text == batch


def test_faults_of_the_spec_are_reported_with_the_recipe(write_recipe):
    checked = check_recipe(write_recipe(net=(("[676, 10]", "[677, 10]"),)))
    (found,) = checked.diagnostics
    assert found.code == "NS402"
    assert Path(found.path).name == "net.yaml"
    assert not checked.report.ok


def test_a_named_size_takes_the_images_size(write_recipe):
    net = (
        ("[N, 1, 28, 28]", "[N, 1, H, W]"),
        ("  fc: {Linear: [676, 10]}\n", ""),
        ("  - {flatten: 1}\n  - fc\n", "  - {mean: {dim: [2, 3]}}\n"),
    )
    (found,) = check_recipe(write_recipe(net=net)).diagnostics
    assert "`Small` tells 4 apart" in found.message


def test_a_fix_mends_a_misspelled_name(write_recipe):
    path = write_recipe(("OneCycleLR", "OneCycleRL"))
    (found,) = check_recipe(path).diagnostics
    (edit,) = found.fixes[0].edits
    text = path.read_text()
    path.write_text(text[: edit.span.start] + edit.text + text[edit.span.end :])
    assert check_recipe(path).report.diagnostics == ()


def test_what_is_no_recipe_is_said_so(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("netspec: 1\nname: Net\n")
    (found,) = check_recipe(path).diagnostics
    assert (found.code, found.message) == ("NS101", "this is not a recipe: the key `recipe` is missing")
    path.write_text("- 1\n")
    assert check_recipe(path).diagnostics[0].code == "NS101"


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_the_recipes_that_ship_are_clean(name):
    path = Path(__file__).parents[2] / "specs" / "recipes" / f"{name}.yaml"
    assert check_recipe(path).diagnostics == ()
