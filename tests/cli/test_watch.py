"""`netspec validate --watch`, as a process: what it sees, and how it ends."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

GOOD = "netspec: 1\nname: Net\ninputs:\n  x: [N, 4]\nlayers:\n  fc: {Linear: [4, 2]}\nforward:\n  - fc\n"
BAD = GOOD.replace("[4, 2]", "[5, 2]")
PART = GOOD.replace("Net", "Part").replace("[4, 2]", "[4, 4]")
USER = """\
netspec: 1
name: User
use: [sub/part.yaml]
inputs: {x: [N, 4]}
layers: {a: {Part: {}}}
forward: [a]
"""
# Far more than it takes: the machine may be busy.
PATIENCE = 30


class Watcher:
    """A running process whose lines can be waited for."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [
            sys.executable,
            "-u",
            "-m",
            "netspec",
            "validate",
            "--watch",
            "--format",
            "concise",
            *arguments,
        ]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "NETSPEC_CACHE_DIR": str(folder / ".cache")},
        )  # fmt: skip
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def until(self, words: str) -> None:
        while words not in self.lines.get(timeout=PATIENCE):
            pass

    def interrupt(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(PATIENCE)
        rest = ""
        while not self.lines.empty():
            rest += self.lines.get()
        return status, rest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(GOOD)
    (tmp_path / "user.yaml").write_text(USER)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "part.yaml").write_text(PART)
    return tmp_path


@pytest.fixture
def watcher(folder: Path, request: pytest.FixtureRequest) -> Iterator[Watcher]:
    found = Watcher(folder, *getattr(request, "param", ["."]))
    yield found
    if found.process.poll() is None:
        found.process.kill()
    found.process.wait()
    assert found.process.stdout is not None
    found.process.stdout.close()


def test_saved_new_and_deleted_files_are_seen_and_ctrl_c_ends(watcher: Watcher, folder: Path) -> None:
    watcher.until("watching")
    (folder / "net.yaml").write_text(BAD)
    watcher.until("net.yaml:6:17: error[NS402]")
    (folder / "net.yaml").write_text(GOOD)
    watcher.until("net.yaml changed")
    (folder / "new.yaml").write_text(BAD)
    watcher.until("new.yaml:6:17: error[NS402]")
    (folder / "new.yaml").unlink()
    watcher.until("new.yaml changed")
    status, rest = watcher.interrupt()
    assert status == 130
    assert "Traceback" not in rest
    assert "NS402" not in rest


@pytest.mark.parametrize("watcher", [["user.yaml"]], indirect=True)
def test_a_file_that_a_spec_uses_is_seen(watcher: Watcher, folder: Path) -> None:
    watcher.until("watching")
    part = folder / "sub" / "part.yaml"
    part.write_text(PART.replace("[4, 4]", "[3, 4]"))
    watcher.until("error[NS402]")
    part.unlink()
    watcher.until("error[NS212]")
    part.write_text(PART.replace("Linear", "Linaer"))
    watcher.until("error[NS201]")
    (folder / "user.yaml").unlink()
    watcher.until("no such file")
    (folder / "user.yaml").write_text(USER.replace("User", "Again"))
    watcher.until("error[NS201]")


@pytest.mark.parametrize(("arguments", "words"), [(["-"], "standard input"), (["none.yaml"], "no such file")])
def test_what_cannot_be_watched_is_2(arguments: list[str], words: str, folder: Path) -> None:
    command = [sys.executable, "-m", "netspec", "validate", "--watch", *arguments]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode == 2
    assert words in run.stderr
