"""The sizes that a report names make PyTorch raise; where nothing is reported, no sizes do.

Random steps over random named sizes: netspec judges them for every size, PyTorch runs them with numbers. The
calls are written out here, once as a step of a spec and once in Python.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import netspec

torch = pytest.importorskip("torch")
F = torch.nn.functional

pytestmark = pytest.mark.torch

Sizes = dict[str, int]
Size = str | int
Run = Callable[..., Any]

SYMBOLS = ("T", "S", "K<=6", "H=8")
SIZE = st.sampled_from((*SYMBOLS, 1, 2, 4, 6))


def name(size: Size) -> Size:
    return re.sub("[<=].*", "", size) if isinstance(size, str) else size


def number(size: Size, sizes: Sizes) -> int:
    return sizes[str(name(size))] if isinstance(size, str) else size


def expression(size: Size) -> Size:
    return f"${name(size)}" if isinstance(size, str) else size


@st.composite
def steps(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[list[list[Size]], dict[str, Any], Any, Run]:
    """Shapes of inputs, layers, a step, and the call in Python, which takes the inputs and the sizes."""
    a, b, c, d = (draw(SIZE) for _ in range(4))
    k = draw(st.sampled_from((2, 3, 4)))
    view = [expression(c), expression(d)]
    linear = torch.nn.Linear(k, 2, device="meta")
    conv = torch.nn.Conv1d(k, 2, 1, device="meta")
    norm = torch.nn.LayerNorm([k], device="meta")
    groups = torch.nn.GroupNorm(k, 12, device="meta")
    return draw(st.sampled_from((
        ([[a, b], [c, d]], {}, {"add": None, "from": ["x0", "x1"]}, lambda x, y, s: x + y),
        ([[a, b, 3], [c, d]], {}, {"mul": None, "from": ["x0", "x1"]}, lambda x, y, s: x * y),
        ([[a, b], [c, d]], {}, {"cat": {"dim": 1}, "from": ["x0", "x1"]},
         lambda x, y, s: torch.cat((x, y), 1)),
        ([[a, b], [c, d]], {}, {"stack": {"dim": 0}, "from": ["x0", "x1"]},
         lambda x, y, s: torch.stack((x, y))),
        ([[a, b], [c, d]], {}, {"matmul": None, "from": ["x0", "x1"]}, lambda x, y, s: x @ y),
        ([[a, b, 3], [c, 3, d]], {}, {"bmm": None, "from": ["x0", "x1"]}, lambda x, y, s: torch.bmm(x, y)),
        ([[a, b], [c, d]], {}, {"einsum": "ab,bc->ac", "from": ["x0", "x1"]},
         lambda x, y, s: torch.einsum("ab,bc->ac", x, y)),
        ([[a, b], [c, d]], {}, {"where": None, "from": [[{"gt": 0, "from": "x0"}], "x0", "x1"]},
         lambda x, y, s: torch.where(x > 0, x, y)),
        ([[a, b], [c, d]], {}, {"mse_loss": None, "from": ["x0", "x1"]}, lambda x, y, s: x.sub(y)),
        ([[a, b, 2]], {}, {"view": [*view, 2]}, lambda x, s: x.view(number(c, s), number(d, s), 2)),
        ([[a, b, 2]], {}, {"reshape": [expression(c), -1]}, lambda x, s: x.reshape(number(c, s), -1)),
        ([[a, b]], {}, {"reshape": [-1, k]}, lambda x, s: x.reshape(-1, k)),
        ([[a, b]], {}, {"expand": view}, lambda x, s: x.expand(number(c, s), number(d, s))),
        ([[a, b]], {}, {"unflatten": [1, [k, -1]]}, lambda x, s: x.unflatten(1, (k, -1))),
        ([[a, b]], {}, {"split": [[k, 2], {"dim": 1}], "as": ["y", "_"]}, lambda x, s: x.split([k, 2], 1)),
        ([[a, 3, b, c]], {}, {"pixel_unshuffle": k}, lambda x, s: F.pixel_unshuffle(x, k)),
        ([[a, b, 3, 3]], {}, {"pixel_shuffle": 2}, lambda x, s: F.pixel_shuffle(x, 2)),
        ([[a, b, 3, 3]], {}, {"channel_shuffle": k}, lambda x, s: F.channel_shuffle(x, k)),
        ([[a, b]], {}, "glu", lambda x, s: F.glu(x)),
        ([[a, b]], {"f": {"Linear": [k, 2]}}, "f", lambda x, s: linear(x)),
        ([[a, b, c]], {"f": {"Conv1d": [k, 2, 1]}}, "f", lambda x, s: conv(x)),
        ([[a, b, c]], {"f": {"LayerNorm": [k]}}, "f", lambda x, s: norm(x)),
        ([[a, b, 5]], {"f": {"GroupNorm": [k, 12]}}, "f", lambda x, s: groups(x)),
    )))  # fmt: skip


def raises(run: Run, shapes: list[list[Size]], sizes: Sizes) -> bool:
    tensors = [torch.zeros([number(size, sizes) for size in shape], device="meta") for shape in shapes]
    try:
        run(*tensors, sizes)
    except (RuntimeError, ValueError):
        return True
    return False


# A wider search: NETSPEC_EXAMPLES=4000.
EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "200"))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps(), st.lists(st.integers(1, 8), min_size=4, max_size=4))
def test_what_is_reported_fails_and_nothing_else_does(
    made: tuple[list[list[Size]], dict[str, Any], Any, Run], numbers: list[int]
) -> None:
    shapes, layers, step, run = made
    spec = {
        "netspec": 1,
        "name": "Net",
        "inputs": {f"x{index}": shape for index, shape in enumerate(shapes)} | {"unused": list(SYMBOLS)},
        "layers": layers,
        "forward": [step, *(["sum"] if "split" not in str(step) else [])],
    }
    report = netspec.validate_text(yaml.safe_dump(spec, sort_keys=False))
    errors = [each for each in report.diagnostics if each.severity == "error"]
    sizes = dict(zip(("T", "S", "K", "H"), numbers, strict=True))
    sizes["K"] = min(sizes["K"], 6)
    if not errors:
        assert not raises(run, shapes, sizes), sizes
        return
    (found,) = errors
    assert found.code in ("NS402", "NS403", "NS407"), found
    failing = re.search(r"which fails for ([^:]*)", found.message)
    # Where no sizes are named, all fail.
    named = re.findall(r"(\w+) = (\d+)", failing[1]) if failing else []
    sizes |= {key: int(size) for key, size in named}
    assert sizes["K"] <= 6
    assert raises(run, shapes, sizes), (sizes, found.message)
