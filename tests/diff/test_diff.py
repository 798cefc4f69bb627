"""What is said to differ differs, what is said to go on goes on, and nothing else is said."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec import NetspecError
from netspec.cli import main
from netspec.views.diff import Difference, keys_of

SPECS = Path(__file__).parents[2] / "specs"
SOME = [
    "mnist",
    *(f"networks/{name}" for name in ("unet", "gpt2", "transformer_seq2seq", "lstm_classifier")),
    *(f"torchvision/{name}" for name in ("resnet18", "swin_v2_t", "convnext_tiny", "googlenet")),
]
BASE = """\
netspec: 1
name: Net
inputs:
  x: [N, 8]
layers:
  first: {Linear: [8, 16]}
  act: ReLU
  body: {Sequential: [{Block: 16, repeat: 2}]}
  last: {Linear: [16, 4]}
forward: [first, act, body, relu, last]
blocks:
  Block:
    params: {width: int}
    inputs: {x: [N, $width]}
    layers:
      up: {Linear: [$width, 32]}
      down: {Linear: [32, $width]}
    forward: [up, gelu, down]
"""


def diff(*changes: tuple[str, str], base: str = BASE) -> Difference:
    text = base
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return netspec.diff(netspec.loads(base, path="a.yaml"), netspec.loads(text, path="b.yaml"))


def said(found: Difference) -> list[tuple[str, str | None, str | None]]:
    return [(each.kind, each.before, each.after) for each in found.layers]


@pytest.mark.parametrize("name", SOME)
def test_a_network_does_not_differ_from_itself(name: str) -> None:
    path = str(SPECS / f"{name}.yaml")
    found = netspec.diff(path, path)
    assert not found
    assert found.count("kept") == len(found.keys) > 0
    assert str(found).endswith("\n\nno difference")


def test_arguments() -> None:
    found = diff(("act: ReLU", "act: {LeakyReLU: 0.2}"), ("[16, 4]", "[16, 5]"))
    assert said(found) == [("replaced", "act", "act"), ("changed", "last", "last")]
    assert (found.layers[0].was, found.layers[0].op) == ("ReLU", "LeakyReLU(negative_slope=0.2)")
    assert [str(each) for each in found.layers[1].arguments] == ["out_features 4 -> 5"]
    assert [(each.step, each.before, each.after) for each in found.shapes] == [("last", "[N, 4]", "[N, 5]")]
    assert {each.name for each in found.keys if each.fate == "reshaped"} == {"last.weight", "last.bias"}


def test_a_new_name_is_a_rename() -> None:
    found = diff(("first:", "stem:"), ("[first,", "[stem,"))
    assert said(found) == [("renamed", "first", "stem")]
    assert found.renames == {"first.weight": "stem.weight", "first.bias": "stem.bias"}
    assert not found.shapes
    assert not found.steps


def test_a_new_name_with_other_arguments_is_a_rename_too() -> None:
    found = diff(("last: {Linear: [16, 4]}", "head: {Linear: [16, 9]}"), ("relu, last]", "relu, head]"))
    assert said(found) == [("renamed", "last", "head")]
    assert [str(each) for each in found.layers[0].arguments] == ["out_features 4 -> 9"]
    assert [(each.fate, each.before, each.after) for each in found.keys if each.fate != "kept"] == [
        ("reshaped", "last.weight", "head.weight"),
        ("reshaped", "last.bias", "head.bias"),
    ]


def test_two_that_could_be_either_are_not_guessed() -> None:
    found = diff(
        ("last: {Linear: [16, 4]}", "a: {Linear: [16, 5]}\n  b: {Linear: [5, 4]}"),
        ("relu, last]", "relu, a, b]"),
    )
    assert sorted(said(found), key=str) == [
        ("added", None, "a"),
        ("added", None, "b"),
        ("removed", "last", None),
    ]
    assert found.count("lost") == 2


def test_a_block_around_layers_moves_them() -> None:
    outer = (
        "blocks:\n  Outer:\n    inputs: {x: [N, 8]}\n"
        "    layers: {first: {Linear: [8, 16]}}\n    forward: [first]\n"
    )
    found = diff(("first: {Linear: [8, 16]}", "stem: Outer"), ("[first,", "[stem,"), ("blocks:\n", outer))
    assert ("moved", "first", "stem.first") in said(found)
    assert ("added", None, "stem") in said(found)
    assert found.count("lost") == found.count("new") == 0


def test_a_member_put_in_renumbers_those_behind_it() -> None:
    found = diff(("[{Block: 16, repeat: 2}]", "[{Block: 16}, {LayerNorm: 16}, {Block: 16}]"))
    assert said(found) == [("added", None, "body.1"), ("renamed", "body.1", "body.2")]
    assert found.renames["body.1.up.weight"] == "body.2.up.weight"
    assert found.count("lost") == 0
    assert "renumbered to body.2" in str(found)


def test_deeper_is_more_of_the_same() -> None:
    found = diff(("repeat: 2", "repeat: 5"))
    assert said(found) == [("added", None, f"body.{n}") for n in (2, 3, 4)]
    assert "+ body.*  Block(16), 3 layers (3 times)" in str(found)
    assert not found.steps


def test_what_a_block_changed_is_told_of_the_block() -> None:
    found = diff(
        ("{Block: 16, repeat: 2}", "{Block: 16}, {Block: {width: 16, inner: 64}}"),
        ("width: int}", "width: int, inner: {type: int, default: 32}}"),
        ("[$width, 32]", "[$width, $inner]"),
        ("[32, $width]", "[$inner, $width]"),
    )
    kinds = {each.after: each.within for each in found.layers}
    assert kinds["body.1"] == ""
    assert kinds["body.1.up"] == "body.1"
    assert "body.1.up" not in str(found).split("checkpoint")[0]


def test_steps_and_what_they_change() -> None:
    found = diff(("relu, last]", "sigmoid, last, {softmax: {dim: -1}}]"))
    assert [(each.kind, each.step, each.near) for each in found.steps] == [
        ("removed", "relu", "body.1.down"),
        ("added", "sigmoid", "body.1.down"),
        ("added", "softmax", "last"),
    ]
    base = BASE.replace("relu, last]", "relu, last, {flatten: 0}]").replace("[N, 8]", "[N, 4, 8]", 1)
    base = base.replace("{x: [N, $width]}", "{x: [N, 4, $width]}")
    found = diff(("{flatten: 0}", "{flatten: 1}"), base=base)
    assert [str(each) for each in found.steps[0].arguments] == ["start_dim 0 -> 1"]
    assert [(each.step, each.after) for each in found.shapes] == [("flatten", "[N, 16]")]


def test_shapes_have_their_cause() -> None:
    found = diff(("[8, 16]", "[8, 24]"), ("Block: 16", "Block: 24"), ("[16, 4]", "[24, 4]"))
    causes = {each.step: each.because for each in found.shapes}
    assert causes["act"] == "first"
    assert causes["relu"] == "body.1.down"
    found = diff(("x: [N, 8]", "x: [N, 5, 8]"), ("{x: [N, $width]}", "{x: [N, 5, $width]}"))
    assert [(each.step, each.before, each.after) for each in found.inputs] == [("x", "[N, 8]", "[N, 5, 8]")]
    assert {each.because for each in found.shapes} == {"the input x"}


def test_figures_before_and_after() -> None:
    found = diff(("[16, 4]", "[16, 5]"))
    parameters, flops, _ = found.amounts
    assert (parameters.value_before, parameters.value_after) == (2356, 2373)
    assert flops.before is not None
    assert flops.value_after == 2 * (8 * 16 + 2 * 2 * 16 * 32 + 16 * 5)
    assert "+17 (+0.7%)" in str(found)


def test_formats(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(BASE)
    (tmp_path / "b.yaml").write_text(BASE.replace("first", "stem|1"))
    arguments = ["diff", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]
    assert main([*arguments, "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["format_version"] == 1
    assert content["different"] is True
    assert content["layers"][0]["kind"] == "renamed"
    assert content["keys"][0]["stored"] == {"dtype": "float32", "shape": [16, 8]}
    assert main([*arguments, "--format", "markdown"]) == 0
    printed = capsys.readouterr().out
    assert "| > | `first` | renamed to stem\\|1 |" in printed
    rows = [line for line in printed.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4, 5}


def test_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (
        ("a", BASE),
        ("b", BASE.replace("[16, 4]", "[16, 5]")),
        ("bad", BASE.replace("[16, 4]", "[17, 4]")),
    ):
        (tmp_path / f"{name}.yaml").write_text(text)
    a, b, bad = (str(tmp_path / f"{name}.yaml") for name in ("a", "b", "bad"))
    assert main(["diff", a, b]) == 0
    assert main(["diff", a, b, "--exit-code"]) == 1
    assert main(["diff", a, a, "--exit-code"]) == 0
    capsys.readouterr()
    assert main(["diff", a, bad]) == 1
    assert "NS402" in capsys.readouterr().err
    assert main(["diff", a, "absent.yaml"]) == 2


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec and a file that it uses, both changed since the first commit."""
    root = tmp_path / "repo"
    (root / "specs").mkdir(parents=True)
    head, blocks = BASE.split("blocks:\n")
    spec = head.replace("name: Net", "name: Net\nuse: [../blocks.yaml]")

    def git(*arguments: str) -> None:
        names = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *names, *arguments], cwd=root, check=True, capture_output=True)

    (root / "specs" / "net.yaml").write_text(spec)
    (root / "blocks.yaml").write_text(f"netspec: 1\nblocks:\n{blocks}")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    (root / "blocks.yaml").write_text(f"netspec: 1\nblocks:\n{blocks}".replace("32", "64"))
    (root / "new.yaml").write_text(BASE)
    monkeypatch.chdir(root)
    return root


def test_revisions_of_git_with_the_files_of_that_time(repository: Path) -> None:
    found = netspec.diff("HEAD:specs/net.yaml", "specs/net.yaml")
    assert {each.after for each in found.layers} == {
        f"body.{n}.{name}" for n in (0, 1) for name in ("up", "down")
    }
    assert not netspec.diff("HEAD:specs/net.yaml", "HEAD:specs/net.yaml")
    assert str(found).startswith("HEAD:specs/net.yaml -> specs/net.yaml")


def test_revisions_are_read_from_any_folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "specs")
    assert netspec.diff("HEAD:specs/net.yaml", "HEAD:./net.yaml").renames == {}
    assert netspec.diff("HEAD:./net.yaml", "net.yaml")


def test_a_file_of_today_does_not_stand_in_for_one_that_was_not_there(repository: Path) -> None:
    with pytest.raises(NetspecError, match=r"HEAD:new.yaml: the revision has no such file"):
        netspec.diff("HEAD:new.yaml", "new.yaml")
    with pytest.raises(NetspecError, match="git knows no revision nowhere"):
        netspec.diff("nowhere:new.yaml", "new.yaml")
    with pytest.raises(NetspecError, match="git knows no revision --output=x"):
        netspec.diff("--output=x:new.yaml", "new.yaml")
    assert not (repository / "x").exists()
    text = (repository / "specs" / "net.yaml").read_text().replace("../blocks.yaml", "../new_blocks.yaml")
    (repository / "specs" / "net.yaml").write_text(text)
    (repository / "new_blocks.yaml").write_text((repository / "blocks.yaml").read_text())
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "two", "specs/net.yaml"]
    subprocess.run(commit, cwd=repository, check=True)
    with pytest.raises(NetspecError, match=r"HEAD:specs/net.yaml has errors:\n(.|\n)*NS212"):
        netspec.diff("HEAD:specs/net.yaml", "specs/net.yaml")


def test_no_torch_is_needed() -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'safetensors', 'numpy'): sys.modules[name] = None\n"
        "from netspec.cli import main\n"
        f"assert main(['diff', {str(SPECS / 'mnist.yaml')!r}, {str(SPECS / 'networks/unet.yaml')!r}]) == 0\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


# Beside PyTorch.


@pytest.mark.torch
@pytest.mark.parametrize("name", SOME)
def test_keys_are_those_of_state_dict(name: str) -> None:
    from netspec.build.state import state_of

    checked = netspec.load(SPECS / f"{name}.yaml").checked
    assert keys_of(checked) == dict(state_of(checked).tensors)


@pytest.mark.torch
def test_keys_of_every_pair_of_the_language() -> None:
    from netspec.build.state import state_of

    count = 0
    for path in sorted((Path(__file__).parents[1] / "fixtures" / "pairs").glob("**/*.yaml")):
        report = netspec.validate(path)
        if not report.ok or "forward" not in path.read_text():
            continue
        try:
            checked = netspec.load(path).checked
        except NetspecError:
            continue
        assert keys_of(checked) == dict(state_of(checked).tensors), path
        count += 1
    assert count > 20


@pytest.mark.torch
def test_the_weights_of_a_renamed_network_compute_the_same() -> None:
    import torch

    changes = (("first", "stem"), ("[{Block: 16, repeat: 2}]", "[{Dropout: 0.5}, {Block: 16, repeat: 2}]"))
    found = diff(*changes)
    text = BASE
    for old, new in changes:
        text = text.replace(old, new)
    before, after = netspec.compile(netspec.loads(BASE)).eval(), netspec.compile(netspec.loads(text)).eval()
    state: dict[str, Any] = {
        found.renames.get(name, name): value for name, value in before.state_dict().items()
    }
    after.load_state_dict(state)
    x = torch.randn(3, 8)
    assert torch.equal(before(x), after(x))


@pytest.mark.torch
def test_a_checkpoint_beside_a_spec(tmp_path: Path) -> None:
    import safetensors.torch

    net = netspec.compile(netspec.loads(BASE))
    safe, plain = tmp_path / "net.safetensors", tmp_path / "plain.safetensors"
    netspec.save(net, safe)
    safetensors.torch.save_file(net.state_dict(), plain)
    new = netspec.loads(BASE.replace("first", "stem").replace("[16, 4]", "[16, 5]"), path="new.yaml")
    found = netspec.diff(safe, new)
    assert [(each.kind, each.before) for each in found.layers] == [("renamed", "first"), ("changed", "last")]
    found = netspec.diff(plain, new)
    assert not found.layers
    assert {fate: found.count(fate) for fate in ("kept", "renamed", "reshaped", "lost", "new")} == {
        "kept": 8, "renamed": 0, "reshaped": 2, "lost": 2, "new": 2,
    }  # fmt: skip
    assert "lost, float32 [16, 8]" in str(found)


# Weights that go over.


@pytest.mark.torch
def test_migrate_carries_over_by_name_and_by_rename(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    old, target = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    net = netspec.compile(netspec.loads(BASE))
    netspec.save(net, old)
    text = BASE.replace("first", "stem").replace("[16, 4]", "[16, 5]").replace("repeat: 2", "repeat: 3")
    (tmp_path / "new.yaml").write_text(text)
    assert main(["migrate", str(old), str(tmp_path / "new.yaml"), "-o", str(target), "--seed", "7"]) == 0
    printed = capsys.readouterr().out
    for line in (
        f"wrote {target}",
        "kept 10 of 16 tensors",
        "reshaped  last.weight: float32 [4, 16] in the file, float32 [5, 16] here",
        "new       body.2.up.weight: not in the file",
        "renamed   first.weight: now stem.weight",
        "what was not loaded was drawn from the seed 7",
    ):
        assert line in printed.splitlines(), printed
    torch.manual_seed(7)
    fresh = netspec.compile(tmp_path / "new.yaml").state_dict()
    before, after = net.state_dict(), netspec.open(target).state_dict()
    assert torch.equal(after["stem.weight"], before["first.weight"])
    assert torch.equal(after["body.1.down.bias"], before["body.1.down.bias"])
    for name in ("last.weight", "last.bias", "body.2.up.weight"):
        assert torch.equal(after[name], fresh[name])


@pytest.mark.torch
def test_migrate_overwrites_nothing_and_writes_nothing_useless(tmp_path: Path) -> None:
    old, target = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    netspec.save(netspec.compile(netspec.loads(BASE)), old)
    other = {
        "netspec": 1,
        "name": "A",
        "inputs": {"x": ["N", 2]},
        "layers": {"z": {"Linear": [2, 2]}},
        "forward": ["z"],
    }
    with pytest.raises(netspec.SafeFileError, match=r"nothing in .* fits"):
        netspec.migrate(old, other, target)
    assert not target.exists()
    target.write_text("mine")
    with pytest.raises(NetspecError, match="exists"):
        netspec.migrate(old, netspec.loads(BASE), target)
    assert target.read_text() == "mine"
    assert netspec.migrate(old, netspec.loads(BASE), target, force=True).carried.complete
    with pytest.raises(NetspecError, match=r"is no \.safetensors file"):
        netspec.migrate(tmp_path / "a.pt", netspec.loads(BASE), tmp_path / "b.safetensors")
