"""Rules against PyTorch on CPU over generated calls: right and wrong arguments, shapes and dtypes.

Where PyTorch succeeds, the rule gives the same shapes and dtypes and does not report; where it raises, the
rule reports. The counts are printed (`pytest -s`); NETSPEC_CALLS is how many calls of each kind are drawn.
"""

from __future__ import annotations

import os
import runpy
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings

from netspec.catalog.bind import bind
from netspec.catalog.fit import Typed
from netspec.catalog.load import ops
from netspec.shapes.call import Call, Fault
from netspec.shapes.dims import const
from netspec.shapes.rules import check_for, rule_for
from netspec.shapes.values import ListOf, Tensor, Value

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from netspec.build.evaluation import namespace  # noqa: E402
from netspec.build.promised import agrees, described  # noqa: E402

generated = runpy.run_path(str(Path(__file__).with_name("generated_calls.py")))
Shaped, calls = generated["Shaped"], generated["calls"]
MOST = int(os.environ.get("NETSPEC_CALLS", "1500"))

BY_VALUE = ("ZeroDivisionError", "Class values must be", "index out of range", "singular")
"""Words of PyTorch's refusals that hang on the values in a tensor (here zeros): no rule can know them."""


@dataclass(frozen=True)
class Held(Typed):
    """A tensor on its way through the binder."""

    shaped: Any = field(default=None, compare=False)


def held(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(held, value))
    return Held("tensor", value) if isinstance(value, Shaped) else value


def as_value(value: Any) -> Any:
    match value:
        case Held(shaped=shaped):
            return Tensor(tuple(map(const, shaped.sizes)), shaped.dtype)
        case tuple() if any(isinstance(item, Held) for item in value):
            return ListOf(tuple(map(as_value, value)))
    return value


def real(value: Any) -> Any:
    if isinstance(value, Shaped):
        return torch.zeros(value.sizes, dtype=getattr(torch, value.dtype))
    if isinstance(value, tuple) and any(isinstance(item, Shaped) for item in value):
        return list(map(real, value))
    return value


def judged(made: Any) -> Value | Fault:
    """The rule's answer, or what is reported."""
    op = ops().get(made.op)
    assert op is not None
    own = made.settings if op.kind == "module" else made.inputs
    binding = bind(op.name, op.signatures, [], {key: held(v) for key, v in own}, variadic=op.variadic)
    if binding.problems:
        return Fault(binding.problems[0].code, binding.problems[0].message)
    rule, check = rule_for(op.name), check_for(op.name)
    assert rule is not None
    try:
        if op.kind != "module":
            inputs = {key: as_value(value) for key, value in binding.arguments.items()}
            return rule(Call(op.name, op.name, {}, inputs))
        if check is not None:
            check(Call(op.name, op.name, binding.arguments))
        given = {param.name: param.default for param in op.call if not param.required}
        given.update((key, as_value(held(value))) for key, value in made.inputs)
        return rule(Call(op.name, op.name, binding.arguments, given))
    except Fault as fault:
        return fault


def ran(made: Any) -> Any:
    """What PyTorch returns, or the exception it raises."""
    op = ops().get(made.op)
    assert op is not None
    inputs = {key: real(value) for key, value in made.inputs}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            if op.kind == "module":
                return getattr(torch.nn, op.name)(**dict(made.settings))(**inputs)
            space, _, name = op.source.rpartition(".")
            function = getattr(inputs.pop("input") if space == "Tensor" else namespace(space), name)
            several = inputs.pop(op.variadic) if op.variadic in inputs else ()
            return function(*(several if isinstance(several, tuple | list) else (several,)), **inputs)
        except Exception as error:
            return error


def stricter(made: Any, fault: Fault, result: Any) -> bool:
    """What the language refuses on purpose: results without elements, and ranks that no documentation has."""
    if fault.code in ("NS205", "NS404") and isinstance(result, torch.Tensor) and result.numel() == 0:
        return True
    return made.op.startswith("AdaptiveAvgPool") and fault.code == "NS401"


@pytest.mark.parametrize("kind", ["MODULES", "FUNCTIONS"])
def test_rules_answer_and_report_as_pytorch(kind: str) -> None:
    counts: Counter[str] = Counter()
    wrong: list[str] = []

    @seed(4)
    @settings(max_examples=MOST, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(calls(tuple(generated[kind])))
    def compare(made: Any) -> None:
        found, truth = judged(made), ran(made)
        counts["compared"] += 1
        if isinstance(truth, Exception):
            if any(words in str(truth) for words in BY_VALUE):
                counts["decided by values"] += 1
                return
            counts["refused by PyTorch"] += 1
            counts["reported"] += isinstance(found, Fault)
            if not isinstance(found, Fault):
                wrong.append(f"{made}: {found}, PyTorch: {truth}")
        elif isinstance(found, Fault) and stricter(made, found, truth):
            counts["stricter"] += 1
        elif isinstance(found, Fault):
            counts["false alarms"] += 1
            wrong.append(f"{made}: {found.code} {found.message}, PyTorch: {described(truth)}")
        elif agrees(found, truth, {}):
            counts["agreed"] += 1
        else:
            wrong.append(f"{made}: {found}, PyTorch: {described(truth)}")

    compare()
    print(kind.lower(), dict(counts))
    assert not wrong, "\n".join(wrong[:20])
    assert counts["agreed"] > MOST // 10
    assert counts["reported"] > MOST // 4
