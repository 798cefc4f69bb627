"""All mutants, judged in several processes."""

from __future__ import annotations

import functools
import gc
import multiprocessing
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.mutation.mutants import Mutant
from benchmarks.mutation.outcome import Outcome, outcome
from benchmarks.mutation.verdicts import Verdicts


def study(
    mutants: Sequence[Mutant], *, processes: int | None = None, verdicts: Path | None = None
) -> list[Outcome]:
    """The outcome of each mutant, in order; `verdicts` is a file that keeps what the judge says."""
    count = processes or os.cpu_count() or 1
    if count == 1:
        judge = Verdicts(verdicts)
        return [outcome(mutant, judge) for mutant in mutants]
    context = multiprocessing.get_context("spawn")
    with context.Pool(count, _quiet) as pool:
        return pool.map(functools.partial(_outcome, verdicts), mutants, chunksize=16)


def _outcome(verdicts: Path | None, mutant: Mutant) -> Outcome:
    return outcome(mutant, _shared(verdicts))


@functools.cache
def _shared(verdicts: Path | None) -> Verdicts:
    return Verdicts(verdicts)


def _quiet() -> None:
    torch.set_num_threads(1)
    # PyTorch's own objects, which live for ever, need not be looked through again and again.
    gc.freeze()
    gc.set_threshold(100_000)
    # PyTorch warns of what it goes on with, such as initialising a tensor without elements.
    warnings.simplefilter("ignore")
