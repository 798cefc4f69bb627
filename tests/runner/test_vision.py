"""torchvision's sets load from files as their sites ship them; files at fault are named."""

import bz2
import gzip
import hashlib
import importlib
import pickle
import struct
import sys
import types
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from torchvision import datasets

from netspec.runner.data import vision
from netspec.runner.data.convert import in_memory
from netspec.runner.data.memory import prepare
from netspec.runner.data.use import Use
from netspec.runner.data.vision import load_vision
from netspec.runner.errors import RunError
from netspec.runner.recipe.facts import set_facts
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch
LABELLED = Use(("image",), ("label",))
CPU = torch.device("cpu")


def write_idx(path, array, *, kind=0x08):
    """An IDX file of bytes, or (kind 0x0C) of big-endian integers: magic number, sizes, data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">I{array.ndim}I", 256 * kind + array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8 if kind == 0x08 else ">i4").tobytes())


def ramps(count):
    """Images that tell each other apart."""
    return np.arange(count * 28 * 28).reshape(count, 28, 28) % 251


@pytest.fixture
def mnist(tmp_path):
    """The four files of a very small MNIST."""
    folder = tmp_path / "MNIST" / "raw"
    for part, count in (("train", 12), ("t10k", 5)):
        write_idx(folder / f"{part}-images-idx3-ubyte", ramps(count))
        write_idx(folder / f"{part}-labels-idx1-ubyte", np.arange(count) % 10)
    return tmp_path


def check_agrees(opened, name, **arguments):
    """The columns are those that the checks expect."""
    facts = set_facts(Component(name, None, arguments))
    assert (opened.main, opened.target) == (facts.main, facts.target)
    batches = prepare(*in_memory(opened, LABELLED), CPU)
    for column, fact in facts.columns.items():
        assert batches.columns[column].shape == fact.shape
        assert batches.columns[column].classes == fact.classes


def test_both_parts_load(mnist):
    train, test = (load_vision("MNIST", root=str(mnist), train=part) for part in (True, False))
    assert train.values["image"].shape == (12, 1, 28, 28)
    assert test.values["image"].shape == (5, 1, 28, 28)
    assert train.values["label"].tolist() == [*range(10), 0, 1]
    assert torch.equal(train.values["image"][:, 0].long(), torch.from_numpy(ramps(12)))
    assert train.files == tuple(
        mnist / f"MNIST/raw/train-{kind}" for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
    )
    check_agrees(train, "MNIST", train=True)


@pytest.mark.parametrize("name", ["FashionMNIST", "KMNIST"])
def test_the_relatives_have_the_same_files(mnist, name):
    (mnist / "MNIST").rename(mnist / name)
    opened = load_vision(name, root=str(mnist), train=False)
    assert torch.equal(opened.values["image"][:, 0].long(), torch.from_numpy(ramps(5)))
    assert opened.columns["label"].names == tuple(getattr(datasets, name).classes)


@pytest.mark.parametrize("split", ["byclass", "bymerge", "balanced", "letters", "digits", "mnist"])
def test_emnist_has_six_splits(tmp_path, split):
    folder, first = tmp_path / "EMNIST/raw", 1 if split == "letters" else 0
    write_idx(folder / f"emnist-{split}-test-images-idx3-ubyte", ramps(7))
    write_idx(folder / f"emnist-{split}-test-labels-idx1-ubyte", np.arange(7) + first)
    opened = load_vision("EMNIST", root=str(tmp_path), split=split, train=False)
    assert opened.values["label"].tolist() == list(range(first, 7 + first))
    check_agrees(opened, "EMNIST", split=split, train=False)


@pytest.mark.parametrize(
    ("what", "stem", "count"), [(None, "qmnist-test", 10_003), ("test10k", "qmnist-test", 10_000),
                                ("test50k", "qmnist-test", 3), ("nist", "xnist", 10_003)]
)  # fmt: skip
def test_qmnist_has_its_parts_and_its_labels_of_eight_columns(tmp_path, what, stem, count):
    folder, labels = tmp_path / "QMNIST/raw", np.zeros((10_003, 8), np.int64)
    labels[:, 0], labels[:, 1] = np.arange(10_003) % 10, 300
    write_idx(folder / f"{stem}-images-idx3-ubyte", np.zeros((10_003, 28, 28)))
    write_idx(folder / f"{stem}-labels-idx2-int", labels, kind=0x0C)
    opened = load_vision("QMNIST", root=str(tmp_path), what=what, train=False)
    assert len(opened) == count
    assert opened.values["label"][-3:].tolist() == ([7, 8, 9] if what == "test10k" else [0, 1, 2])


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


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>"])
def test_a_file_of_another_kind_is_named(mnist, data):
    (mnist / "MNIST/raw/t10k-labels-idx1-ubyte").write_bytes(data)
    with pytest.raises(RunError, match=r"t10k-labels-idx1-ubyte is no IDX file"):
        load_vision("MNIST", root=str(mnist), train=False)


def test_a_file_of_no_items_is_named(mnist):
    write_idx(mnist / "MNIST/raw/train-images-idx3-ubyte", np.zeros((0, 28, 28)))
    with pytest.raises(RunError, match=r"train-images-idx3-ubyte holds no items"):
        load_vision("MNIST", root=str(mnist))


def test_files_that_do_not_belong_together_are_named(mnist):
    write_idx(mnist / "MNIST" / "raw" / "train-labels-idx1-ubyte", np.zeros(11))
    with pytest.raises(RunError, match=r"do not belong together.* holds 12 .* holds 11"):
        load_vision("MNIST", root=str(mnist))


def test_labels_beyond_the_classes_are_named(mnist):
    write_idx(mnist / "MNIST" / "raw" / "train-labels-idx1-ubyte", np.arange(12))
    with pytest.raises(
        RunError, match=r"sample 10 of .*train-labels-idx1-ubyte holds 10 in the column `label`"
    ):
        prepare(load_vision("MNIST", root=str(mnist)), LABELLED, CPU)


def test_a_flipped_bit_beside_the_published_archive_is_noticed(mnist, monkeypatch):
    path = mnist / "MNIST/raw/train-images-idx3-ubyte"
    archive = path.with_name(path.name + ".gz")
    archive.write_bytes(gzip.compress(path.read_bytes()))
    load_vision("MNIST", root=str(mnist))
    md5 = hashlib.md5(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(datasets.MNIST, "resources", [(archive.name, md5), *datasets.MNIST.resources[1:]])
    load_vision("MNIST", root=str(mnist))
    for position in (40, 5000, -1):
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[position] ^= 16
        path.write_bytes(damaged)
        with pytest.raises(RunError, match=r"train-images-idx3-ubyte is damaged: .* published .*\.gz"):
            load_vision("MNIST", root=str(mnist))
        path.write_bytes(whole)


def test_a_download_that_fails_is_said_so(tmp_path, monkeypatch):
    from torchvision.datasets import mnist as module

    def no_network(*args, **kwargs):
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr(module, "download_and_extract_archive", no_network)
    with pytest.raises(RunError, match=r"(?s)MNIST cannot be downloaded to .*\nCheck the network"):
        load_vision("MNIST", root=str(tmp_path), download=True)


def md5_of(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.fixture(params=["CIFAR10", "CIFAR100"])
def cifar(tmp_path, monkeypatch, request):
    """A small CIFAR of pickled batches, whose checksums torchvision takes for the published ones."""
    made = getattr(datasets, request.param)
    folder = tmp_path / made.base_folder
    folder.mkdir()
    key = "labels" if request.param == "CIFAR10" else "fine_labels"
    for name, _ in made.train_list + made.test_list:
        pixels = np.random.default_rng(len(name)).integers(0, 256, (4, 3072), dtype=np.uint8)
        (folder / name).write_bytes(pickle.dumps({"data": pixels, key: [3, 9, 0, 1]}))
    meta = folder / made.meta["filename"]
    meta.write_bytes(pickle.dumps({made.meta["key"]: [f"class {i}" for i in range(10)]}))
    for listed in ("train_list", "test_list"):
        monkeypatch.setattr(
            made, listed, [[name, md5_of(folder / name)] for name, _ in getattr(made, listed)]
        )
    monkeypatch.setattr(made, "meta", made.meta | {"md5": md5_of(meta)})
    return request.param, tmp_path


def test_cifar_images_become_channels_first(cifar):
    name, root = cifar
    opened = load_vision(name, root=str(root), train=False)
    (path,) = opened.files
    pixels = pickle.loads(path.read_bytes())["data"]
    assert torch.equal(opened.values["image"].reshape(4, 3072), torch.from_numpy(pixels))
    assert opened.values["label"].tolist() == [3, 9, 0, 1]
    assert opened.columns["label"].names[9] == "class 9"
    check_agrees(opened, name, train=False)
    train = load_vision(name, root=str(root))
    assert len(train) == 4 * len(train.files) == 4 * (5 if name == "CIFAR10" else 1)


@pytest.mark.parametrize("how", ["flipped", "cut", "gone"])
def test_a_cifar_file_that_is_not_the_published_one_is_named(cifar, how):
    name, root = cifar
    path = load_vision(name, root=str(root)).files[-1]
    data = path.read_bytes()
    match how:
        case "flipped":
            path.write_bytes(data[:900] + bytes([data[900] ^ 1]) + data[901:])
        case "cut":
            path.write_bytes(data[:-10])
        case "gone":
            path.unlink()
    message = "cannot be read" if how == "gone" else "is truncated or damaged: its .* bytes have the MD5"
    with pytest.raises(RunError, match=rf"(?s){path.name} {message}.*\nGive the folder .*`download: true`"):
        load_vision(name, root=str(root))


def test_cifar_without_its_files_says_what_to_do(tmp_path):
    with pytest.raises(RunError, match=r"data_batch_1 cannot be read .*\nGive the folder .*`download: true`"):
        load_vision("CIFAR10", root=str(tmp_path))


def test_stl10_is_read_from_its_binary_files(tmp_path, monkeypatch):
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, 96, 96), dtype=np.uint8)
    for part in ("train", "test", "unlabeled"):
        pixels.tofile(folder / f"{part}_X.bin")
        np.array([1, 10, 4], np.uint8).tofile(folder / f"{part}_y.bin")
    (folder / "class_names.txt").write_text("\n".join("abcdefghij"))
    for listed in ("train_list", "test_list"):
        names = [name for name, _ in getattr(datasets.STL10, listed)]
        monkeypatch.setattr(datasets.STL10, listed, [[name, md5_of(folder / name)] for name in names])
    opened = load_vision("STL10", root=str(tmp_path), split="test")
    # The file has its pixels column by column.
    assert torch.equal(opened.values["image"], torch.from_numpy(pixels).transpose(2, 3))
    assert opened.values["label"].tolist() == [0, 9, 3]
    assert [path.name for path in opened.files] == ["test_X.bin", "test_y.bin"]
    check_agrees(opened, "STL10", split="test")
    (folder / "test_y.bin").unlink()
    with pytest.raises(RunError, match=r"test_y\.bin cannot be read"):
        load_vision("STL10", root=str(tmp_path), split="test")


def test_usps_is_read_from_its_packed_text(tmp_path):
    lines = [f"{label} " + " ".join(f"{i + 1}:{i / 128 - 1:.4f}" for i in range(256)) for label in (1, 10)]
    path = tmp_path / "usps.t.bz2"
    path.write_bytes(bz2.compress("\n".join(lines).encode()))
    opened = load_vision("USPS", root=str(tmp_path), train=False)
    assert opened.values["image"].shape == (2, 1, 16, 16)
    assert opened.values["image"][0, 0, 0, :5].tolist() == [0, 0, 1, 2, 3]
    assert opened.values["label"].tolist() == [0, 9]
    check_agrees(opened, "USPS", train=False)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError, match=r"usps\.t\.bz2 is truncated or damaged"):
        load_vision("USPS", root=str(tmp_path), train=False)


def test_svhn_is_read_through_scipy(tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 4), dtype=np.uint8)
    path = tmp_path / "test_32x32.mat"
    arrays = {"X": pixels, "y": np.array([[10], [1], [9], [2]], np.uint8)}
    if find_spec("scipy") is None:
        # scipy is large and no part of the development install; what it would read is handed over.
        stand_in = types.ModuleType("scipy.io")
        stand_in.loadmat = lambda file: arrays if file == str(path) else None
        monkeypatch.setitem(sys.modules, "scipy", types.ModuleType("scipy"))
        monkeypatch.setitem(sys.modules, "scipy.io", stand_in)
        monkeypatch.setattr(vision, "find_spec", lambda name: True)
        path.write_bytes(b"MATLAB 5.0 MAT-file")
    else:
        importlib.import_module("scipy.io").savemat(path, arrays)
    split = {"test": ["", path.name, md5_of(path)]}
    monkeypatch.setattr(datasets.SVHN, "split_list", datasets.SVHN.split_list | split)
    opened = load_vision("SVHN", root=str(tmp_path), split="test")
    assert torch.equal(opened.values["image"], torch.from_numpy(pixels).permute(3, 2, 0, 1))
    assert opened.values["label"].tolist() == [0, 1, 9, 2]
    check_agrees(opened, "SVHN", split="test")
    path.write_bytes(b"MATLAB")
    with pytest.raises(RunError, match=r"test_32x32\.mat is truncated or damaged"):
        load_vision("SVHN", root=str(tmp_path), split="test")


def test_without_scipy_svhn_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(vision, "find_spec", lambda name: None)
    with pytest.raises(RunError, match=r"SVHN needs the package `scipy`, .*: pip install scipy"):
        load_vision("SVHN", root=str(tmp_path))


@pytest.mark.parametrize("channels", [1, 3])
def test_fake_data_are_torchvision_s(channels):
    arguments = {"size": 5, "image_size": (channels, 9, 7), "num_classes": 4, "random_offset": 3}
    opened = load_vision("FakeData", **arguments)
    expected = datasets.FakeData(**arguments)
    for index in range(5):
        picture, label = expected[index]
        pixels = torch.from_numpy(np.array(picture)).reshape(9, 7, channels).permute(2, 0, 1)
        assert torch.equal(opened.read(index)["image"], pixels)
        assert int(opened.read(index)["label"]) == int(label)
    check_agrees(opened, "FakeData", **arguments)
    with pytest.raises(RunError, match="FakeData makes pictures of 1 to 4 channels, not 5"):
        load_vision("FakeData", image_size=(5, 4, 4))
