"""MNIST and its relatives load from files as their sites ship them; files at fault are named."""

import pickle
import struct

import numpy as np
import pytest
import torch

from netspec.runner.data.memory import prepare
from netspec.runner.data.use import Use
from netspec.runner.data.vision import load_vision
from netspec.runner.errors import RunError

pytestmark = pytest.mark.torch


def write_idx(path, array):
    """An IDX file of bytes: magic number, sizes, data."""
    header = struct.pack(f">I{array.ndim}I", 0x0800 + array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


@pytest.fixture
def mnist(tmp_path):
    """The four files of a very small MNIST; the images are ramps that tell them apart."""
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for part, count in (("train", 12), ("t10k", 5)):
        images = np.arange(count * 28 * 28).reshape(count, 28, 28) % 251
        write_idx(folder / f"{part}-images-idx3-ubyte", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", np.arange(count) % 10)
    return tmp_path


def test_both_parts_load(mnist):
    train, test = (load_vision("MNIST", root=str(mnist), train=part) for part in (True, False))
    assert (tuple(train.values["image"].shape), tuple(test.values["image"].shape)) == (
        (12, 1, 28, 28),
        (5, 1, 28, 28),
    )
    assert train.values["label"].tolist() == [*range(10), 0, 1]
    expected = torch.arange(12 * 28 * 28).reshape(12, 1, 28, 28) % 251
    assert torch.equal(train.values["image"].to(torch.int64), expected)
    assert (train.columns["image"].white, train.columns["label"].classes) == (255, 10)
    assert train.values["label"].dtype is torch.int64


def test_a_missing_file_is_named_with_what_to_do(tmp_path):
    with pytest.raises(RunError, match=r"train-images-idx3-ubyte cannot be read .*`download: true`"):
        load_vision("MNIST", root=str(tmp_path))


@pytest.mark.parametrize("download", [False, True])
def test_a_truncated_file_is_named(mnist, download):
    path = mnist / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(
        RunError, match=r"train-images-idx3-ubyte has 9,324 bytes, but its header promises 9,424"
    ):
        load_vision("MNIST", root=str(mnist), download=download)


def test_a_file_of_another_kind_is_named(mnist):
    path = mnist / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(RunError, match=r"t10k-labels-idx1-ubyte is no IDX file"):
        load_vision("MNIST", root=str(mnist), train=False)


def test_files_that_do_not_belong_together_are_named(mnist):
    write_idx(mnist / "MNIST" / "raw" / "train-labels-idx1-ubyte", np.zeros(11))
    with pytest.raises(RunError, match=r"do not belong together.* holds 12 .* holds 11"):
        load_vision("MNIST", root=str(mnist))


def test_labels_beyond_the_classes_are_noticed(mnist):
    write_idx(mnist / "MNIST" / "raw" / "train-labels-idx1-ubyte", np.arange(12))
    message = (
        r"sample 10 of .*train-labels-idx1-ubyte holds 10 in the column `label`, but MNIST \(train\) has 10"
    )
    with pytest.raises(RunError, match=message):
        prepare(load_vision("MNIST", root=str(mnist)), Use(("image",), ("label",)), torch.device("cpu"))


def test_a_download_that_fails_is_said_so(tmp_path, monkeypatch):
    from torchvision.datasets import mnist as module

    def no_network(*args, **kwargs):
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr(module, "download_and_extract_archive", no_network)
    with pytest.raises(RunError, match=r"(?s)MNIST cannot be downloaded to .*\nCheck the network"):
        load_vision("MNIST", root=str(tmp_path), download=True)


def test_cifar_without_its_files_says_what_to_do(tmp_path):
    with pytest.raises(RunError, match=r"CIFAR10 cannot be read from .*\nGive the folder .*`download: true`"):
        load_vision("CIFAR10", root=str(tmp_path))


def test_cifar_images_become_channels_first(tmp_path, monkeypatch):
    from torchvision import datasets

    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    pixels = np.arange(2 * 3072).reshape(2, 3072) % 256
    with (folder / "test_batch").open("wb") as file:
        pickle.dump({"data": pixels.astype(np.uint8), "labels": [3, 9]}, file)
    with (folder / "batches.meta").open("wb") as file:
        pickle.dump({"label_names": [str(i) for i in range(10)]}, file)
    # The real files' checksums are torchvision's to know.
    monkeypatch.setattr(datasets.CIFAR10, "_check_integrity", lambda self: True)
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *args: True)
    loaded = load_vision("CIFAR10", root=str(tmp_path), train=False)
    assert torch.equal(loaded.values["image"].reshape(2, 3072), torch.from_numpy(pixels.astype(np.uint8)))
    assert loaded.values["label"].tolist() == [3, 9]
