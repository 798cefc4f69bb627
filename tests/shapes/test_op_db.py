"""Function rules against PyTorch's own samples (`op_db`): same shapes and dtypes, no false alarm.

Every sample whose arguments a spec can express is bound to the catalog's signature and judged by the
rule, with its sizes as numbers and with each size in turn as a symbol; error samples must be
reported by the binder or the rule.
"""

from __future__ import annotations

import itertools
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from netspec.catalog.bind import bind
from netspec.catalog.fit import Typed
from netspec.catalog.load import ops
from netspec.shapes.call import Call, Fault
from netspec.shapes.dims import const, symbol
from netspec.shapes.rules import rule_for
from netspec.shapes.rules.functions.counted import BY_VALUES
from netspec.shapes.values import ListOf, Tensor, TupleOf, Unknown, Value

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

MOST_SAMPLES = 16
DTYPES = ("float32", "int64", "bool", "float64")
UNTOLD = ("device", "layout", "requires_grad", "memory_format", "pin_memory", "generator")


# The samples of these give the second parameter first.
SWAPPED = ("where", "nn.functional.embedding", "nn.functional.embedding_bag")
# The samples of these are for another function of the same name.
OTHERS = {
    "unfold": "Tensor.unfold, where the catalog has torch.nn.functional.unfold",
    "normal": "Tensor.normal_, where the catalog has torch.normal",
}


ERRORS = (RuntimeError, ValueError, IndexError, TypeError, AssertionError)
"""What PyTorch raises for arguments that it refuses."""


class Inexpressible(Exception):
    """The sample uses what a spec cannot say."""


@dataclass(frozen=True)
class Held(Typed):
    """A tensor on its way through the binder."""

    tensor: Any = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"{name_of(self.tensor.dtype)} {list(self.tensor.shape)}"


def name_of(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def told(value: Any) -> Any:
    """A sample's argument as a spec would give it."""
    match value:
        case torch.Tensor():
            if value.layout is not torch.strided:
                raise Inexpressible("layout")
            return Held("tensor", tensor=value)
        case torch.dtype():
            return name_of(value)
        case None | bool() | int() | float() | str() | complex():
            return value
        case tuple() | list():
            return tuple(map(told, value))
    raise Inexpressible(type(value).__name__)


def arguments_of(op: Any, sample: Any) -> tuple[list[Any], dict[str, Any]]:
    positional = [sample.input, *sample.args]
    if op.name == "to" and len(positional) > 2:
        raise Inexpressible("non_blocking and memory_format, by position")
    if "out" in sample.kwargs or any(name.startswith("_") for name in sample.kwargs):
        raise Inexpressible("out, or a private argument")
    if op.name == "arange" and any(isinstance(value, bool) for value in positional):
        raise Inexpressible("booleans as numbers")
    if op.name == "nn.functional.batch_norm" and sample.input.shape == (0,):
        raise Inexpressible("an empty vector has no channels, though PyTorch lets it pass")
    if op.name in SWAPPED and len(positional) > 1:
        positional = [positional[1], positional[0], *positional[2:]]
    keywords = {name: value for name, value in sample.kwargs.items() if name not in UNTOLD}
    return list(map(told, positional)), {name: told(value) for name, value in keywords.items()}


def catalog_name(op: Any) -> str:
    return str(op.name).removeprefix("nn.functional.")


def as_input(value: Any, symbols: dict[int, Any]) -> Any:
    match value:
        case Held(tensor=tensor):
            shape = tuple(symbols.get(size, const(size)) for size in tensor.shape)
            return Tensor(shape, name_of(tensor.dtype))
        case tuple():
            items = tuple(as_input(item, symbols) for item in value)
            return ListOf(items) if any(isinstance(item, Tensor) for item in items) else items
    return value


def judge(name: str, positional: list[Any], keywords: dict[str, Any], sizes: dict[int, Any]) -> Value:
    """The rule's answer; raises Fault, and for the binder's problems too."""
    op = ops().get(name)
    assert op is not None
    binding = bind(name, op.signatures, positional, keywords, variadic=op.variadic)
    if binding.problems:
        problem = binding.problems[0]
        if problem.code == "NS204" and "is the boolean" in problem.message:
            raise Inexpressible("the language keeps booleans and numbers apart")
        raise Fault(problem.code, problem.message)
    inputs = {key: as_input(value, sizes) for key, value in binding.arguments.items()}
    rule = rule_for(name)
    assert rule is not None
    return rule(Call(name, name, {}, inputs, bool(keywords.get("training", True))))


def agrees(value: Value, result: Any, sizes: dict[str, int]) -> bool | None:
    """Whether a rule's answer is PyTorch's; None where neither says anything that can be compared."""
    match value, result:
        case Unknown(), _:
            return None
        case Tensor(), torch.Tensor():
            if value.dtype is not None and value.dtype != name_of(result.dtype):
                return False
            if value.shape is None:
                return None
            return tuple(size.evaluate(sizes) for size in value.shape) == tuple(result.shape)
        case ((TupleOf() | ListOf()), (tuple() | list())):
            if len(value.items) != len(result):
                return False
            parts = [agrees(item, part, sizes) for item, part in zip(value.items, result, strict=True)]
            return False if False in parts else (None if None in parts else True)
    return False


def run(op: Any, sample: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return op.op(sample.input, *sample.args, **sample.kwargs)


def known_ops() -> Iterator[Any]:
    from torch.testing._internal.common_methods_invocations import op_db

    for op in op_db:
        name = catalog_name(op)
        if op.name not in OTHERS and ops().get(name) is not None and rule_for(name) is not None:
            yield op


def samples_of(op: Any) -> Iterator[Any]:
    for dtype in DTYPES:
        if getattr(torch, dtype) not in op.supported_dtypes("cpu"):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = op.sample_inputs("cpu", getattr(torch, dtype), requires_grad=False)
            yield from itertools.islice(found, MOST_SAMPLES if dtype == "float32" else MOST_SAMPLES // 4)


def tensors_in(value: Any) -> Iterator[Any]:
    match value:
        case Held(tensor=tensor):
            yield tensor
        case tuple() | list():
            for item in value:
                yield from tensors_in(item)


def distinct_sizes(positional: list[Any], keywords: dict[str, Any]) -> list[int]:
    found: dict[int, None] = {}
    for tensor in tensors_in([*positional, *keywords.values()]):
        found.update(dict.fromkeys(size for size in tensor.shape if size > 1))
    return list(found)[:3]


def resized(value: Any, old: int, new: int) -> Any:
    """Arguments with every size `old` of a tensor replaced; indices become zero."""
    match value:
        case torch.Tensor():
            if old not in value.shape:
                return value
            shape = [new if size == old else size for size in value.shape]
            if value.dtype.is_floating_point or value.dtype.is_complex:
                return torch.rand(shape).to(value.dtype)
            return torch.zeros(shape, dtype=value.dtype)
        case tuple() | list():
            plain = type(value) in (tuple, list)
            return type(value)(resized(item, old, new) for item in value) if plain else value
        case dict():
            return {key: resized(item, old, new) for key, item in value.items()}
    return value


@dataclass
class Tally:
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)

    def compare(self, op: Any, sample: Any) -> None:
        name = catalog_name(op)
        try:
            positional, keywords = arguments_of(op, sample)
        except Inexpressible:
            self.counts["inexpressible"] += 1
            return
        result = run(op, sample)
        try:
            self._concrete(name, positional, keywords, result)
        except Inexpressible:
            self.counts["inexpressible"] += 1
            return
        for size in distinct_sizes(positional, keywords):
            value = self._symbolic(name, positional, keywords, result, size)
            if isinstance(value, Fault):
                self._breaks(op, sample, value, size)
            else:
                self._resized(op, sample, value, size)

    def _concrete(self, name: str, positional: list[Any], keywords: dict[str, Any], result: Any) -> None:
        try:
            verdict = agrees(value := judge(name, positional, keywords, {}), result, {})
        except Fault as fault:
            self.wrong.append(f"{name}{positional}{keywords}: false alarm {fault.code} {fault.message}")
            return
        if verdict is False:
            self.wrong.append(f"{name}{positional}{keywords}: {value} but {text(result)}")
        self.counts["compared"] += 1
        if verdict is None and (name in BY_VALUES or SIZED_BY_VALUES.get(name, never)(positional, keywords)):
            self.counts["sized by values"] += 1
        else:
            self.counts["agreed" if verdict else "unknown"] += verdict is not False

    def _symbolic(
        self, name: str, positional: list[Any], keywords: dict[str, Any], result: Any, size: int
    ) -> Value | Fault:
        """With a symbol for one size: the answer, or the fault, is judged at other sizes."""
        self.counts["symbolic"] += 1
        try:
            value = judge(name, positional, keywords, {size: symbol("S")})
        except Fault as fault:
            return fault
        verdict = agrees(value, result, {"S": size})
        if verdict is False:
            self.wrong.append(f"{name}{positional}{keywords} at S = {size}: {value} but {text(result)}")
        self.counts["symbolic agreed" if verdict else "symbolic unknown"] += verdict is not False
        return value

    def _breaks(self, op: Any, sample: Any, fault: Fault, size: int) -> None:
        """A fault for a symbol must be true: there is a size that PyTorch refuses."""
        self.counts["symbolic faults"] += 1
        for new in (1, 2, 3, size + 1, size + 3, 7, 2 * size):
            other = resized((sample.input, tuple(sample.args), dict(sample.kwargs)), size, new)
            try:
                op.op(other[0], *other[1], **other[2])
            except ERRORS:
                return
        self.wrong.append(f"{catalog_name(op)} for every {size}: false alarm {fault.code} {fault.message}")

    def _resized(self, op: Any, sample: Any, value: Value, size: int) -> None:
        """The answer for a symbol must be PyTorch's at another size too, where PyTorch has one."""
        other = resized((sample.input, tuple(sample.args), dict(sample.kwargs)), size, size + 3)
        try:
            result = op.op(other[0], *other[1], **other[2])
        except ERRORS as error:
            self.counts["refused at another size"] += 1
            self.refused.setdefault(catalog_name(op), []).append(str(error))
            return
        self.counts["agreed at another size"] += 1
        if agrees(value, result, {"S": size + 3}) is False:
            self.wrong.append(f"{catalog_name(op)} at {size} + 3: {value} but {text(result)}")


def never(positional: list[Any], keywords: dict[str, Any]) -> bool:
    return False


def by_tensor(positional: list[Any], keywords: dict[str, Any]) -> bool:
    """A tensor beside the first operand holds sizes or places."""
    return any(isinstance(each, Held) for each in (*positional[1:], *keywords.values()))


SIZED_BY_VALUES: dict[str, Callable[[list[Any], dict[str, Any]], bool]] = {
    "one_hot": lambda positional, keywords: -1 in (*positional[1:], keywords.get("num_classes")),
    "tensor_split": by_tensor,
    "repeat_interleave": by_tensor,
}
"""Ops beside `BY_VALUES` whose result is as long as the values of these arguments say."""


def text(result: Any) -> str:
    match result:
        case torch.Tensor():
            return f"{name_of(result.dtype)} {list(result.shape)}"
        case tuple() | list():
            return f"({', '.join(map(text, result))})"
    return repr(result)


# What PyTorch says where a rule, for a symbol, asks something of the size or of the values. Such a
# demand is no fault (a kernel fits a large enough input), and nothing but these may be refused.
DEMANDS = (
    r"Kernel size can't be greater",
    r"ZeroDivisionError",
    r"weights sum to zero",
    r"Pivots given to lu_solve",
    r"does not match required size",
    r"divisible by 4 at dimension 0",
    r"size equal to the slice",
)


def test_rules_agree_with_pytorch_on_its_samples() -> None:
    tally = Tally()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for op in known_ops():
            for sample in samples_of(op):
                tally.compare(op, sample)
    print(dict(tally.counts))
    assert not tally.wrong, "\n".join(tally.wrong[:200])
    unasked = [
        f"{name}: {error}"
        for name, errors in tally.refused.items()
        for error in errors
        if not any(re.search(pattern, error) for pattern in DEMANDS)
    ]
    assert not unasked, "\n".join(unasked)
    assert tally.counts["compared"] > 5000
    assert tally.counts["unknown"] == 0
    assert tally.counts["agreed"] + tally.counts["sized by values"] == tally.counts["compared"]
    assert tally.counts["agreed at another size"] > 5000


# Errors of PyTorch that neither shapes nor dtypes nor arguments decide.
BEYOND = {
    r"index -?\d+ is out of bounds": "the values of an index",
    r"weights cannot be negative": "the values of a weight",
    r"probability|invalid multinomial": "the values of probabilities",
    r"same device": "where the tensors are",
    r"cannot exceed 2\^24": "a limit of one kernel",
    r"more than 64|64 dimensions|only tensors with up to 64": "a limit of PyTorch's own on ranks",
    r"max_pool1d: Expected|positive length": "an empty batch, which only some pooling kernels take",
}


def test_error_samples_are_reported() -> None:
    counts: Counter[str] = Counter()
    silent = []
    for op in known_ops():
        if op.error_inputs_func is None:
            continue
        for error in op.error_inputs("cpu"):
            sample, name = error.sample_input, catalog_name(op)
            try:
                positional, keywords = arguments_of(op, sample)
            except Inexpressible:
                counts["inexpressible"] += 1
                continue
            with pytest.raises(ERRORS) as caught:
                run(op, sample)
            counts["raising"] += 1
            try:
                value = judge(name, positional, keywords, {})
            except (Fault, Inexpressible):
                counts["reported"] += 1
                continue
            if any(re.search(pattern, str(caught.value)) for pattern in BEYOND):
                counts["beyond"] += 1
            else:
                silent.append(f"{name}{positional}{keywords}: {value}, but {caught.value}")
    print(dict(counts))
    assert not silent, "\n".join(silent)
    assert counts["reported"] > 350


def test_every_op_has_a_rule() -> None:
    assert [name for name in ops().functions if rule_for(name) is None] == []
