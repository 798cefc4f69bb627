"""What PyTorch refuses although the catalog lets it pass is reported at its place in the recipe."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from netspec.diagnostics import Collector
from netspec.errors import SpecError
from netspec.report import Report
from netspec.runner.recipe.records import Component


@contextlib.contextmanager
def refusals_of(component: Component) -> Iterator[None]:
    """Turn what PyTorch raises about arguments into a SpecError (NS703) at the component.

    Signatures say little of how values must fit each other: `SGD(nesterov=True)` wants a momentum.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except (ValueError, TypeError, RuntimeError) as error:
        collector = Collector()
        collector.add(
            "NS703",
            f"`{component.name}` cannot be used with these arguments",
            component.span,
            notes=(f"PyTorch says: {error}",),
            help="change the arguments",
        )
        raise SpecError(Report((component.span.source.path,), collector.diagnostics)) from error
