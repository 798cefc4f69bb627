"""All mutants, judged in several processes."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Sequence

import torch

from benchmarks.mutation.mutants import Mutant
from benchmarks.mutation.outcome import Outcome, outcome


def study(mutants: Sequence[Mutant], *, processes: int | None = None) -> list[Outcome]:
    """The outcome of each mutant, in order."""
    count = processes or os.cpu_count() or 1
    if count == 1:
        return [outcome(mutant) for mutant in mutants]
    context = multiprocessing.get_context("spawn")
    with context.Pool(count, _quiet) as pool:
        return pool.map(outcome, mutants, chunksize=16)


def _quiet() -> None:
    torch.set_num_threads(1)
    # PyTorch warns of what it goes on with, such as initialising a tensor without elements.
    warnings.simplefilter("ignore")
