"""Runs the examples of README.md and of every page in docs/, in order, each page in a folder of its own.

A fence's first word is its language, the others are for this test:

    yaml title=net.yaml     written to net.yaml; a spec must validate without any finding,
                            or with exactly those of `reports=NS503,NS501`
    yaml title=specs/...    must be that file of the repository, letter for letter
    console                 `$ command` lines with their output below; each must exit with 0,
                            or with the number of `status=1`
    python                  run; with `>>>`, its output is compared too
    torch                   beside any of them: the page's test needs PyTorch
    skip="why"              beside any of them: shown, not run

`...` in an output stands for any text. Blocks of other languages, and yaml without a title, are not run.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.cli import main

ROOT = Path(__file__).parents[2]
# The examples of the diagnostics are fragments; tests/diagnostics/test_pages.py runs them.
ELSEWHERE = {"diagnostics.md"}
PAGES = [ROOT / "README.md", *(p for p in sorted((ROOT / "docs").glob("*.md")) if p.name not in ELSEWHERE)]
RUN = ("yaml", "console", "python")
WORDS = {"title", "reports", "status", "torch", "skip"}
SKIPS = {"downloads", "installs", "takes minutes"}
_FENCE = re.compile(r"^```(\S+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELL = """netspec() { "$PYTHON" -m netspec "$@"; }; python() { "$PYTHON" "$@"; }; """


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the words beside it, its text, and the line where it begins."""

    language: str
    words: dict[str, str]
    text: str
    line: int


def blocks_of(text: str) -> Iterator[Block]:
    for match in _FENCE.finditer(text):
        words = dict(word.partition("=")[::2] for word in shlex.split(match[2]))
        if match[1] in RUN:
            yield Block(match[1], words, match[3], text.count("\n", 0, match.start()) + 1)


@dataclass
class Page:
    """A page that runs in the current folder."""

    names: dict[str, Any] = field(default_factory=dict)
    status: int = 0

    def run(self, block: Block) -> None:
        if "skip" in block.words:
            return
        match block.language:
            case "yaml" if "title" in block.words:
                self._write(block)
            case "console":
                for command, expected in commands(block.text):
                    self._command(command, expected, int(block.words.get("status", 0)))
            case "python":
                self._python(block)

    def _write(self, block: Block) -> None:
        path = Path(block.words["title"])
        if path.parts[0] == "specs":
            assert block.text == path.read_text(encoding="utf-8")
            return
        path.write_text(block.text, encoding="utf-8")
        if re.search(r"^netspec:", block.text, re.MULTILINE):
            found = [each.code for each in netspec.validate(path).diagnostics]
            wanted = [code for code in block.words.get("reports", "").split(",") if code]
            assert found == wanted, str(netspec.validate(path))

    def _command(self, command: str, expected: str, status: int) -> None:
        if command == "echo $?":
            assert expected == f"{self.status}\n"
            return
        self.status, output = execute(command)
        assert matches(output, expected), f"$ {command}\n{output}\n--- but the page says ---\n{expected}"
        assert self.status == status, f"$ {command} exits with {self.status}"

    def _python(self, block: Block) -> None:
        if ">>>" not in block.text:
            exec(compile(block.text, "<page>", "exec"), self.names)
            return
        test = doctest.DocTestParser().get_doctest(block.text, self.names, "page", None, block.line)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
        report = io.StringIO()
        runner.run(test, out=report.write, clear_globs=False)
        self.names.update(test.globs)
        assert runner.failures == 0, report.getvalue()


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output below it."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert parts[0] == "", "a console block begins with `$ command`"
    for part in parts[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def execute(command: str) -> tuple[int, str]:
    """Exit status and output, standard error included, as a terminal shows it."""
    words = shlex.split(command)
    # What trains, what writes bytes, and what a shell must read, runs in a process of its own.
    if words[0] != "netspec" or words[1] == "train" or "--diff" in words or set("|>;&<$") & set(command):
        run = subprocess.run(
            ["sh", "-c", _SHELL + command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"},
        )
        return run.returncode, run.stdout
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            status = main(words[1:])
        except SystemExit as stop:
            status = int(stop.code or 0)
    return status, output.getvalue()


def matches(output: str, expected: str) -> bool:
    """Whether an output is the expected one, in which `...` stands for any text."""
    pattern = ".*?".join(re.escape(part) for part in expected.rstrip("\n").split("..."))
    return re.fullmatch(pattern, output.rstrip("\n"), re.DOTALL) is not None


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def needs_torch(page: Path) -> bool:
    return any("torch" in block.words for block in blocks_of(page.read_text(encoding="utf-8")))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


# The reference network drops channels of a flat value; PyTorch deprecates that.
@pytest.mark.filterwarnings("ignore:dropout2d:UserWarning")
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(page, id=name_of(page), marks=[pytest.mark.torch] if needs_torch(page) else [])
        for page in PAGES
    ],
)
def test_the_examples_of_a_page_behave_as_shown(path: Path, folder: Path) -> None:
    page = Page()
    for block in blocks_of(path.read_text(encoding="utf-8")):
        try:
            page.run(block)
        except Exception as error:
            raise AssertionError(f"{name_of(path)}:{block.line}: {error}") from error


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_the_words_beside_a_language_are_known(path: Path) -> None:
    for block in blocks_of(path.read_text(encoding="utf-8")):
        assert set(block.words) <= WORDS, f"{name_of(path)}:{block.line}"
        assert block.words.get("skip") in (None, *SKIPS), f"{name_of(path)}:{block.line}"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_to_a_file_or_a_heading_leads_somewhere(path: Path) -> None:
    prose = _FENCE.sub("", path.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), f"{name_of(path)} links to {link}"
        assert not anchor or anchor in anchors(target), f"{name_of(path)} links to {link}"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings, and those that it sets itself."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
    return {*plain, *re.findall(r'<a id="(\w+)">', text)}


@pytest.mark.parametrize(
    "text",
    [
        "```console\n$ netspec --version\nnetspec 0.0.0\n```\n",
        "```console status=1\n$ netspec --version\nnetspec ...\n```\n",
        "```console\n$ netspec validate absent.yaml\n...\n```\n",
        "```python\n>>> 1 + 1\n3\n```\n",
        "```python\nassert False\n```\n",
        "```yaml title=net.yaml\nnetspec: 1\nname: Net\n```\n",
        "```yaml title=specs/mnist.yaml\nnetspec: 1\n```\n",
    ],
)
def test_an_example_that_does_not_hold_is_noticed(text: str, folder: Path) -> None:
    (block,) = blocks_of(text)
    with pytest.raises(AssertionError):
        Page().run(block)


def test_dots_stand_for_any_text() -> None:
    assert matches("a 12.5 s b\n", "a ... b\n")
    assert matches("a\nb\nc\n", "a\n...\nc\n")
    assert not matches("a\nb\n", "a\n")
