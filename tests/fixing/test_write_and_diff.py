"""Files are replaced whole, with their mode and links; diffs are what `git apply` takes."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.errors import NetspecError
from netspec.fixing.diff import diff
from netspec.fixing.write import write


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755])
def test_the_mode_stays_and_nothing_is_left_beside(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    path.chmod(mode)
    write(str(path), b"old", b"new\r\n")
    assert path.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    target = tmp_path / "sub" / "a.yaml"
    target.write_bytes(b"old")
    link = tmp_path / "link.yaml"
    link.symlink_to("sub/a.yaml")
    write(str(link), b"old", b"new")
    assert link.is_symlink()
    assert os.readlink(link) == "sub/a.yaml"
    assert target.read_bytes() == b"new"


def test_what_has_changed_in_the_meantime_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"newer")
    with pytest.raises(NetspecError, match="changed in the meantime"):
        write(str(path), b"old", b"new")
    assert path.read_bytes() == b"newer"


def test_a_write_protected_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    # The superuser may write everything, so that a mode alone would not show it.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(NetspecError, match="write-protected"):
        write(str(path), b"old", b"new")
    assert path.read_bytes() == b"old"


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NetspecError, match="No space left"):
        write(str(path), b"old", b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.yaml"]


LINES = st.lists(st.sampled_from(["a: 1", "b: 2", "", "# ü", "c: 3\r", "d: \u2028"]), max_size=8)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=LINES, after=LINES, end=st.sampled_from(["", "\n"]), mark=st.sampled_from(["", "\ufeff"]))
def test_git_applies_a_diff(before: list[str], after: list[str], end: str, mark: str, tmp_path: Path) -> None:
    old = (mark + "\n".join(before)).encode() + b"\n"
    new = (mark + "\n".join(after) + end).encode()
    shown = diff("a.yaml", old, new)
    assert (shown == b"") == (old == new)
    if not shown or not new:
        return  # An empty new file is a removal for git.
    path = tmp_path / "a.yaml"
    path.write_bytes(old)
    command = ["git", "apply", "-p0", "--whitespace=nowarn"]
    run = subprocess.run(command, input=shown, cwd=tmp_path, capture_output=True)
    assert run.returncode == 0, run.stderr
    assert path.read_bytes() == new
