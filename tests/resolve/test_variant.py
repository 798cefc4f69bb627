"""`model`: a file that is a class of another file, with other defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec

UNNAMED = "`model` gives values by name, but `Mlp` is given one without"
MISSING = "`none.yaml` cannot be read: No such file or directory"
MLP = """\
netspec: 1
name: Mlp
doc: Two layers.
params: {width: int, depth: {type: int, default: 1, min: 1}, num_classes: 10}
inputs:
  x: [N, 8]
layers:
  fc$i: {for: {i: $depth}, Linear: [8, 8]}
  up: {Linear: [8, $width]}
  head: {Head: [$width, $num_classes]}
forward:
  - {for: {i: $depth}, steps: [fc$i]}
  - up
  - head
blocks:
  Head:
    params: {width: int, num_classes: int}
    inputs: {x: [N, $width]}
    layers: {fc: {Linear: [$width, $num_classes]}}
    forward: [fc]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mlp.yaml").write_text(MLP, encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "variant.yaml"
    path.write_text(f"netspec: 1\n{text}", encoding="utf-8")
    return path


def findings(folder: Path, text: str) -> list[tuple[str, str]]:
    report = netspec.validate(write(folder, text))
    assert all(each.help for each in report.diagnostics)
    return [(each.code, each.message) for each in report.diagnostics]


def test_it_is_the_class_with_other_defaults(folder: Path) -> None:
    spec = netspec.load(write(folder, "doc: Wide.\nuse: [mlp.yaml]\nmodel: {Mlp: {width: 64}}\n"))
    assert spec.name == "Mlp"
    assert spec.params == {"width": 64, "depth": 1, "num_classes": 10}
    source = netspec.source(spec)
    assert "def __init__(self, width: int = 64, depth: int = 1, num_classes: int = 10):" in source
    assert '"""Wide."""' in source
    assert source.count("class Head(") == 1


def test_its_params_can_be_given_like_those_of_any_spec(folder: Path) -> None:
    path = write(folder, "use: mlp.yaml\nmodel: {Mlp: {width: 64, depth: 2}}\n")
    assert netspec.load(path, width=3, num_classes=2).params == {"width": 3, "depth": 2, "num_classes": 2}
    assert '"""Two layers."""' in netspec.source(path)
    assert [each.code for each in netspec.validate(path, widht=3).diagnostics] == ["NS307"]


def test_its_ops_can_be_chosen(folder: Path) -> None:
    text = (
        "netspec: 1\nname: One\nparams: {layer: {type: op, default: Linear}}\n"
        "inputs: {x: [N, 8]}\nlayers: {fc: {$layer: [8, 8]}}\nforward: [fc]\n"
    )
    (folder / "one.yaml").write_text(text, encoding="utf-8")
    path = write(folder, "use: one.yaml\nmodel: {One: {layer: {Linear: {bias: false}}}}\n")
    assert netspec.validate(path).diagnostics == ()
    source = netspec.source(path)
    assert source.count("class One(") == 1
    assert "layer=functools.partial(nn.Linear, bias=False)" in source


def test_a_class_whose_params_all_have_values_needs_no_more(folder: Path) -> None:
    (folder / "mlp.yaml").write_text(MLP.replace("width: int, depth", "width: 4, depth"), encoding="utf-8")
    assert findings(folder, "use: [mlp.yaml]\nmodel: Mlp\n") == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "use: [mlp.yaml]\nmodel: {Mpl: {width: 4}}",
            ("NS201", "no class of the used files is called `Mpl`"),
        ),
        ("use: []\nmodel: {Mlp: {width: 4}}", ("NS201", "no class of the used files is called `Mlp`")),
        (
            "use: [mlp.yaml]\nmodel: {Mlp: {width: 4, dpeth: 1}}",
            ("NS307", "a value is given for `dpeth`, but `Mlp` declares no such param"),
        ),
        ("use: [mlp.yaml]\nmodel: Mlp", ("NS304", "`width` has no default, and no value is given")),
        (
            "use: [mlp.yaml]\nmodel: {Mlp: {width: wide}}",
            ("NS304", "the value of `width` must be of type int, but is 'wide'"),
        ),
        (
            "use: [mlp.yaml]\nmodel: {Mlp: {width: 4, depth: 0}}",
            ("NS304", "the value of `depth` must be at least 1, but is 0"),
        ),
        ("use: [mlp.yaml]\nmodel: {Mlp: [4]}", ("NS104", UNNAMED)),
        ("use: [mlp.yaml]\nmodel: {Mlp: 4}", ("NS104", UNNAMED)),
        ("use: [mlp.yaml]\nmodel:", ("NS106", "`model` must name an op, but is nothing")),
        ("model: {Mlp: {width: 4}}", ("NS103", "a spec with `model` needs the key `use`")),
        (
            "use: [mlp.yaml]\nmodel: {Mlp: {width: 4}}\nforward: []",
            ("NS102", "a spec with `model` has no key `forward`"),
        ),
        ("use: [none.yaml]\nmodel: {Mlp: {width: 4}}", ("NS212", MISSING)),
    ],
)
def test_a_fault_is_reported_once(folder: Path, text: str, wanted: tuple[str, str]) -> None:
    assert findings(folder, text) == [wanted]


def test_a_variant_declares_no_class_that_others_could_use(folder: Path) -> None:
    write(folder, "use: [mlp.yaml]\nmodel: {Mlp: {width: 4}}\n")
    user = folder / "user.yaml"
    user.write_text("netspec: 1\nuse: [variant.yaml]\nmodel: {Mlp: {width: 4}}\n", encoding="utf-8")
    (found,) = netspec.validate(user).diagnostics
    assert (found.code, found.message) == (
        "NS212",
        "`variant.yaml` declares no class, it is a variant of one",
    )
