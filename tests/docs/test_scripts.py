"""scripts/: they make .venv once, say what is missing, and run what the README says.

A stand-in for Python notes how it is called, so that nothing is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# `-m venv DIR` puts the stand-in into the new environment; pytest ends with the status in $PYTEST.
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in
  "-c "*) exit "${OLD:-0}" ;;
  "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; cp "$0" "$3/bin/netspec" ;;
  *"not torch"*) exit "${CORE:-0}" ;;
  *"pytest -m torch"*) exit "${TORCH:-0}" ;;
  *"train "*) exit "${TRAIN:-0}" ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    os.utime(tmp_path / "pyproject.toml", (1, 1))
    python = tmp_path / "stand-in"
    python.write_text(STAND_IN)
    python.chmod(0o755)
    return tmp_path


def run(clone: Path, script: str, *arguments: str, **environment: str) -> tuple[int, list[str], str]:
    """Exit status, the calls of the stand-in, and standard error."""
    calls = clone / "calls"
    calls.write_text("")
    env = {"PATH": os.environ["PATH"], "PYTHON": str(clone / "stand-in"), "CALLS": str(calls), **environment}
    done = subprocess.run(
        ["sh", str(clone / "scripts" / script), *arguments], env=env, capture_output=True, text=True
    )
    return done.returncode, calls.read_text().splitlines(), done.stderr


TESTS = ["python -m pytest -m not torch", "python -m pytest -m torch"]
DEMO = ["netspec validate specs/mnist.yaml", "netspec show specs/mnist.yaml"]
DEMO += ["netspec train specs/recipes/digits.yaml"]
INSTALL = "python -m pip install --disable-pip-version-check --quiet --editable .[{}]"


def test_the_first_run_makes_the_environment_and_installs(clone: Path) -> None:
    status, calls, _ = run(clone, "test.sh")
    assert status == 0
    assert calls[1:] == ["stand-in -m venv .venv", INSTALL.format("dev"), *TESTS]


def test_a_second_run_installs_nothing(clone: Path) -> None:
    run(clone, "test.sh")
    assert run(clone, "test.sh")[1] == TESTS


def test_a_newer_pyproject_is_installed_again(clone: Path) -> None:
    run(clone, "test.sh")
    os.utime(clone / "pyproject.toml", (2**32, 2**32))
    assert run(clone, "test.sh")[1] == [INSTALL.format("dev"), *TESTS]


def test_arguments_go_to_pytest(clone: Path) -> None:
    run(clone, "test.sh")
    assert run(clone, "test.sh", "tests/cli", "-x")[1] == [f"{call} tests/cli -x" for call in TESTS]


@pytest.mark.parametrize(
    ("core", "torch", "status"),
    [("0", "0", 0), ("1", "0", 1), ("0", "1", 1), ("5", "0", 0), ("0", "5", 0), ("5", "5", 5), ("5", "2", 2)],
)
def test_the_tests_pass_where_both_halves_do(clone: Path, core: str, torch: str, status: int) -> None:
    assert run(clone, "test.sh", CORE=core, TORCH=torch)[0] == status


def test_the_demo_checks_prints_and_trains(clone: Path) -> None:
    status, calls, _ = run(clone, "demo.sh")
    assert status == 0
    assert calls[1:] == ["stand-in -m venv .venv", INSTALL.format("train"), *DEMO]
    assert run(clone, "demo.sh")[1] == DEMO


def test_the_demo_is_content_with_what_the_tests_installed(clone: Path) -> None:
    run(clone, "test.sh")
    assert run(clone, "demo.sh")[1] == DEMO


def test_the_demo_fails_where_training_does(clone: Path) -> None:
    assert run(clone, "demo.sh", TRAIN="1")[0] == 1


@pytest.mark.parametrize("script", ["demo.sh", "test.sh"])
def test_an_old_python_is_refused(clone: Path, script: str) -> None:
    status, calls, errors = run(clone, script, OLD="1")
    assert status == 2
    assert len(calls) == 1
    assert "needs Python 3.11 or newer" in errors
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("script", ["demo.sh", "test.sh"])
def test_a_missing_python_is_told(clone: Path, script: str) -> None:
    status, _, errors = run(clone, script, PYTHON="no-such-python")
    assert status == 2
    assert errors.startswith("no-such-python is not found: install Python 3.11")


def test_the_scripts_that_the_readme_names_are_there() -> None:
    named = set(re.findall(r"sh (scripts/\S+\.sh)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named == {"scripts/demo.sh", "scripts/test.sh"}
    assert all((ROOT / name).is_file() for name in named)
