"""Devices: `auto` takes what there is, and an absent one is refused with what there is."""

import pytest
import torch

from netspec.runner.devices import available_devices, choose_device
from netspec.runner.errors import RunError
from netspec.runner.precision import choose_precision

pytestmark = pytest.mark.torch


@pytest.fixture
def no_accelerator(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available=False: None)


@pytest.fixture
def two_gpus(monkeypatch):
    device = torch.device("cuda")
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available=False: device)
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)


def test_auto_is_the_cpu_where_there_is_no_accelerator(no_accelerator):
    assert choose_device("auto") == torch.device("cpu")
    assert available_devices() == ("cpu",)


def test_auto_is_the_accelerator_where_there_is_one(two_gpus):
    assert choose_device("auto") == torch.device("cuda")
    assert choose_device("cuda:1") == torch.device("cuda:1")
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps", "xpu"])
def test_an_absent_device_is_refused(no_accelerator, name):
    with pytest.raises(RunError, match=f"finds no device `{name}` on this machine; available: `cpu`"):
        choose_device(name)


def test_a_number_beyond_the_devices_is_refused(two_gpus):
    with pytest.raises(
        RunError, match="no device `cuda:2` on this machine; available: `cpu`, `cuda:0`, `cuda:1`"
    ):
        choose_device("cuda:2")


def test_an_unknown_device_is_refused(no_accelerator):
    with pytest.raises(RunError, match="knows no device `gpu`; available: `cpu`"):
        choose_device("gpu")


@pytest.mark.parametrize(
    ("found", "dtype"),
    [({}, None), ({"avx512_bf16": True}, torch.bfloat16), ({"amx_bf16": True}, torch.bfloat16)],
)
def test_precision_is_bf16_where_the_cpu_computes_in_it(monkeypatch, found, dtype):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    assert choose_precision("auto", torch.device("cpu")).dtype is dtype


def test_precision_is_as_asked():
    cpu = torch.device("cpu")
    assert choose_precision("fp32", cpu).dtype is None
    assert choose_precision("bf16", cpu).dtype is torch.bfloat16
    assert choose_precision("fp16", cpu).scaler().is_enabled()
    assert not choose_precision("bf16", cpu).scaler().is_enabled()
    with choose_precision("bf16", cpu).autocast():
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype is torch.bfloat16
