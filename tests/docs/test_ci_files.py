"""The hook, the action and the template: they parse, and the commands in them do what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SPEC = "netspec: 1\nname: Net\ninputs: {x: [N, 4]}\nlayers: {fc: {Linear: [5, 2]}}\nforward: [fc]\n"


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "bad.yaml").write_text(SPEC)
    (tmp_path / "specs" / "good.yaml").write_text(SPEC.replace("[5, 2]", "[4, 2]"))
    return tmp_path


def shell(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command as a runner gives it to bash, with this netspec."""
    own = f'netspec() {{ {shlex.quote(sys.executable)} -m netspec "$@"; }}\n'
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", own + command], cwd=folder,
        env={**os.environ, **variables}, capture_output=True, text=True,
    )  # fmt: skip


def test_the_hook_checks_the_files_that_it_is_given(folder: Path) -> None:
    (hook,) = load(".pre-commit-hooks.yaml")
    assert set(hook) == {"id", "name", "description", "entry", "language", "types", "files"}
    assert hook["language"] == "python"
    assert hook["types"] == ["yaml"]
    for path, wanted in {
        "specs/a.yaml": True,
        "x/specs/sub/a.yml": True,
        "nospecs/a.yaml": False,
        "a.yaml": False,
        "specs/a.py": False,
    }.items():
        assert (re.search(hook["files"], path) is not None) is wanted
    run = shell(f"{hook['entry']} specs/bad.yaml specs/good.yaml", folder)
    assert run.returncode == 1
    assert run.stdout.startswith("specs/bad.yaml:4:24: error[NS402]")
    assert shell(f"{hook['entry']} specs/good.yaml", folder).returncode == 0


def test_the_action_annotates_fails_and_writes_sarif(folder: Path) -> None:
    action = load("action.yml")
    assert action["runs"]["using"] == "composite"
    assert all(set(each) == {"description", "default"} for each in action["inputs"].values())
    steps = action["runs"]["steps"]
    assert all(step.get("shell") == "bash" for step in steps if "run" in step)
    # Inputs reach the commands as variables, never as text of the command: they could hold code.
    assert not any("${{" in step["run"] for step in steps if "run" in step)
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert used == set(action["inputs"])
    sarif, validate = (step for step in steps if step.get("run", "").startswith("netspec"))
    given = {"paths": "specs/", "arguments": "--fail-on warning", "sarif": "out.sarif"}
    for step, status in ((sarif, 0), (validate, 1)):
        variables = {
            name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: given[match[1]], value)
            for name, value in step["env"].items()
        }
        run = shell(step["run"], folder, **variables)
        assert run.returncode == status, run.stderr
    assert run.stdout.startswith("::error file=specs/bad.yaml,line=4,")
    assert json.loads((folder / "out.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "NS402"


def test_the_template_for_gitlab_writes_its_report_and_fails(folder: Path) -> None:
    template = load("templates/netspec.gitlab-ci.yml")
    job = template["netspec"]
    install, validate = job["script"]
    assert install == 'python -m pip install --quiet "$NETSPEC_PACKAGE"'
    run = shell(validate, folder, **template["variables"])
    assert run.returncode == 1, run.stderr
    report = json.loads((folder / job["artifacts"]["reports"]["codequality"]).read_text())
    assert [issue["location"]["path"] for issue in report] == ["specs/bad.yaml"]
    (again,) = job["after_script"]
    run = shell(again, folder, **template["variables"])
    assert run.returncode == 0
    assert "error[NS402]" in run.stdout


def requirements(name: str) -> list[str]:
    """What a distribution needs without any extra; markers that exclude it leave no distribution."""
    lines = distribution(name).requires or []
    return [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in lines if "extra ==" not in line]


def installed_bytes(name: str) -> int:
    files = distribution(name).files or []
    return sum(os.path.getsize(file.locate()) for file in files if os.path.isfile(file.locate()))


def test_the_base_install_is_small_and_without_torch() -> None:
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    table = re.search(r"^dependencies = \[(.*?)^\]", declared, re.MULTILINE | re.DOTALL)
    assert table is not None
    waiting = re.findall(r'"([\w.-]+)', table[1])
    assert {"PyYAML", "pydantic"} <= set(waiting)
    sizes: dict[str, int] = {}
    while waiting:
        name = waiting.pop().casefold().replace("_", "-")
        if name in sizes:
            continue
        try:
            sizes[name] = installed_bytes(name)
        except PackageNotFoundError:
            continue  # needed on other systems or older Pythons only
        waiting += requirements(name)
    assert {"pyyaml", "pydantic", "pydantic-core"} <= set(sizes)
    assert not {"torch", "torchvision", "numpy"} & set(sizes)
    own = sum(path.stat().st_size for path in (ROOT / "netspec").rglob("*") if path.is_file())
    total = own + sum(sizes.values())
    print(f"base install: {total / 1e6:.1f} MB in {len(sizes) + 1} distributions")
    assert total < 60e6
