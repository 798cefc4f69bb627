"""What a training step needs of memory, by the spec's own figures, and which batch size would fit."""

from __future__ import annotations

import os

import torch

from netspec.pipeline import Checked
from netspec.runner.job import Job
from netspec.views.summary import Summary, summarise

# Weights and gradients, in float32; optimizers such as Adam keep two more tensors of the weights' size.
_COPIES, _BYTES = 4, 4


def advice(job: Job, spec: Checked) -> str:
    """What a batch needs, and what to do, as a sentence."""
    size = job.batch_size
    fixed = _COPIES * _BYTES * sum(parameter.numel() for parameter in job.module.parameters())
    kept = bytes_kept(spec, size)
    if kept is None:
        return "use a smaller `batch_size`, with `accumulate` to keep as many samples in a step"
    need = (
        f"by the spec's figures, training keeps {_text(kept)} for a batch of {size}, and {_text(fixed)} "
        "for weights, gradients and optimizer"
    )
    fits = _fitting(spec, size, _total(job.precision.device) - fixed)
    if fits < 1:
        return f"{need}, which is more than the device has for a batch of 1: use a smaller network"
    return (
        f"{need}: use a `batch_size` of at most {fits}, with `accumulate` to keep as many samples in a step"
    )


def bytes_kept(spec: Checked, batch: int) -> int | None:
    """The bytes of activations that training keeps for backward, for so many samples; None where no
    formula knows them. Other named sizes are the declared typical ones."""
    summary = summarise(spec)
    name = batch_dimension(spec)
    return None if summary.kept is None or name is None else _kept(summary, name, batch)


def _kept(summary: Summary, name: str, batch: int) -> int:
    assert summary.kept is not None
    return summary.kept.evaluate({**summary.typical, name: batch})


def batch_dimension(spec: Checked) -> str | None:
    """The name of the dimension that counts samples: the first one of the first input."""
    graph = spec.graph
    assert graph is not None
    shape = graph.inputs[0].shape if graph.inputs else None
    first = next(iter(shape or ()), None)
    names = () if first is None else [symbol.name for symbol in first.symbols]
    return names[0] if len(names) == 1 else None


def _fitting(spec: Checked, batch: int, space: int) -> int:
    """The largest batch, at most half of the one that did not fit, whose activations fill the space."""
    fits = batch // 2
    while fits >= 1 and (bytes_kept(spec, fits) or 0) > space:
        fits //= 2
    return fits


def _total(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 1 << 62


def _text(count: int) -> str:
    for unit, size in (("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
