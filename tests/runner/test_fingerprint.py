"""Changed data files are named when a run goes on."""

import pytest

from netspec.runner.data import fingerprint as module
from netspec.runner.data.fingerprint import check_unchanged, fingerprint
from netspec.runner.errors import RunError


@pytest.fixture
def data(tmp_path):
    """A file, and a folder with two files in it."""
    (tmp_path / "pictures" / "cats").mkdir(parents=True)
    for name in ("table.csv", "pictures/cats/1.png", "pictures/cats/2.png"):
        (tmp_path / name).write_text(f"contents of {name}")
    return tmp_path


def prints(data):
    return fingerprint([data / "table.csv", data / "pictures"])


def test_the_same_files_have_the_same_fingerprint(data):
    check_unchanged(prints(data), prints(data))


def test_a_known_hash(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    (found,) = fingerprint([tmp_path / "abc"]).values()
    # FIPS 180-2, appendix B.1.
    assert found == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("name", ["table.csv", "pictures/cats/1.png"])
@pytest.mark.parametrize("position", [0, 5, -1])
def test_every_flipped_bit_is_noticed(data, name, position):
    before = prints(data)
    path = data / name
    damaged = bytearray(path.read_bytes())
    damaged[position] ^= 4
    path.write_bytes(damaged)
    with pytest.raises(RunError, match=rf"{path} has changed; bring the old files back"):
        check_unchanged(before, prints(data))


def test_a_file_more_or_less_is_noticed(data):
    before = prints(data)
    (data / "pictures/cats/3.png").write_text("new")
    with pytest.raises(RunError, match=r"pictures/cats/3\.png is new"):
        check_unchanged(before, prints(data))
    (data / "pictures/cats/3.png").unlink()
    (data / "pictures/cats/2.png").unlink()
    with pytest.raises(RunError, match=r"pictures/cats/2\.png is gone"):
        check_unchanged(before, prints(data))


def test_of_large_folders_names_and_sizes_are_known(data, monkeypatch):
    monkeypatch.setattr(module, "_MOST_FILES", 1)
    before = prints(data)
    assert len(before) == 2
    (data / "pictures/cats/2.png").write_text("longer than it was")
    with pytest.raises(RunError, match=r"pictures \(names and sizes\) has changed"):
        check_unchanged(before, prints(data))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RunError, match=r"gone\.npy cannot be read"):
        fingerprint([tmp_path / "gone.npy"])
