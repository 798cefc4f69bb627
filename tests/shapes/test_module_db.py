"""Shape rules of modules against PyTorch's own samples: `module_db` of its test suite.

For every sample: the rule answers the shape and dtype that PyTorch computes on CPU. Then dimension 0
becomes a symbol N: where the rule still answers, PyTorch agrees for other sizes too; where it reports,
PyTorch refuses some size. For every error sample, the catalog, the check or the rule reports.
"""

import warnings
from collections import Counter

import pytest

pytestmark = pytest.mark.torch

torch = pytest.importorskip("torch")

from netspec.catalog.bind import bind  # noqa: E402
from netspec.catalog.load import ops  # noqa: E402
from netspec.shapes.call import Call, Fault  # noqa: E402
from netspec.shapes.dims import const, symbol  # noqa: E402
from netspec.shapes.rules.modules import MODULE_CHECKS, MODULE_RULES  # noqa: E402
from netspec.shapes.values import Nothing, Tensor, TupleOf  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_modules import module_db

BY_VALUE = ("out of range", "to have value at most")
"""Words of PyTorch's refusals that hang on the values in a tensor: no shape rule can know them."""

_OP = "some samples give a Python callable as the activation, which a spec names as an op"
OUT_OF_SCOPE = {
    "TransformerDecoderLayer": _OP,
    "TransformerEncoder": _OP,
    "TransformerEncoderLayer": _OP,
}
"""Modules of which some samples cannot be written in a spec, and why."""


class OutOfScope(Exception):
    """A sample that a spec cannot express."""


def name_of(dtype):
    return str(dtype).removeprefix("torch.")


def to_value(given, symbolic=None):
    """A forward argument as rules see it; `symbolic` is the size that N stands for in dimension 0."""
    if isinstance(given, torch.Tensor):
        shape = [const(size) for size in given.shape]
        if symbolic is not None and shape and given.shape[0] == symbolic:
            shape[0] = symbol("N")
        return Tensor(tuple(shape), name_of(given.dtype))
    if isinstance(given, tuple) and any(isinstance(item, torch.Tensor) for item in given):
        return TupleOf(tuple(to_value(item, symbolic) for item in given))
    if isinstance(given, list | torch.Size):
        return tuple(given)
    return given


def settings_of(op, sample, dtype, *, without_tensors=True):
    """Constructor arguments bound by the catalog; a Fault for what it reports.

    A tensor among them (class weights) is left out: it does not change a result's shape. Nor do the
    options of LinearCrossEntropyLoss, a Python object.
    """
    given = sample.constructor_input
    keywords = {k: v for k, v in given.kwargs.items() if k not in ("device", "dtype")}
    keywords.pop("options", None)
    if without_tensors:
        keywords = {k: v for k, v in keywords.items() if not isinstance(v, torch.Tensor)}
    keywords = {name: as_written(each) for name, each in keywords.items()}
    bound = bind(op.name, op.signatures, list(map(as_written, given.args)), keywords)
    if bound.problems:
        raise Fault(bound.problems[0].code, bound.problems[0].message)
    return {**bound.arguments, "dtype": name_of(dtype)}


def as_written(value):
    """An argument as a spec has it: a transformer layer is an op."""
    if isinstance(value, torch.nn.TransformerEncoderLayer):
        arguments = {
            "d_model": value.self_attn.embed_dim,
            "nhead": value.self_attn.num_heads,
            "dim_feedforward": value.linear1.out_features,
            "batch_first": value.self_attn.batch_first,
        }
        return {"TransformerEncoderLayer": arguments}
    if isinstance(value, torch.Tensor | torch.nn.Module) or callable(value):
        raise OutOfScope
    return value


def inputs_of(op, args, kwargs, symbolic=None):
    names = [param.name for param in op.call]
    inputs = {param.name: param.default for param in op.call if not param.required}
    inputs.update(zip(names, (to_value(value, symbolic) for value in args), strict=False))
    inputs.update((name, to_value(value, symbolic)) for name, value in kwargs.items())
    return inputs


def answer(op, settings, inputs, training):
    check = MODULE_CHECKS.get(op.name)
    if check is not None:
        check(Call(op.name, "layer", settings, {}, training))
    return MODULE_RULES[op.name](Call(op.name, "layer", settings, inputs, training))


def described(result, sizes=None):
    """A result, of PyTorch or of a rule, as plain data."""
    if isinstance(result, torch.Tensor):
        return (tuple(result.shape), name_of(result.dtype))
    if isinstance(result, Tensor):
        return (
            None if result.shape is None else tuple(d.evaluate(sizes or {}) for d in result.shape),
            result.dtype,
        )
    if isinstance(result, TupleOf):
        return [described(item, sizes) for item in result.items]
    if isinstance(result, tuple):
        return [described(item) for item in result]
    return "none" if result is None or isinstance(result, Nothing) else repr(result)


def resized(given, old, new):
    """The argument with dimension 0 of size `old` made `new` long."""
    if isinstance(given, torch.Tensor) and given.dim() and given.shape[0] == old:
        return given[torch.arange(new) % old]
    if isinstance(given, tuple):
        return tuple(resized(item, old, new) for item in given)
    return given


def run(info, sample, dtype, training, args, kwargs):
    """What PyTorch returns, or the exception it raises."""
    given = sample.constructor_input
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            module = info.module_cls(*given.args, **given.kwargs).to(dtype).train(training)
            return module(*args, **kwargs)
        except Exception as error:
            return error


MOST = 200
"""Samples of one module, dtype and mode: LinearCrossEntropyLoss alone has 750, of few shapes."""


def samples(info, dtype, training):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return info.module_inputs_func(
            info, device="cpu", dtype=dtype, requires_grad=False, training=training
        )


def cases():
    """Every (info, sample, dtype, training) whose module has a rule."""
    for info in module_db:
        if info.module_cls.__name__ not in MODULE_RULES:
            continue
        for dtype in (torch.float32, torch.float64):
            for training in (True, False):
                for sample in samples(info, dtype, training)[:MOST]:
                    if sample.forward_input is not None:
                        yield info, sample, dtype, training


def label(info, sample, dtype, training):
    given = sample.constructor_input
    shapes = [tuple(a.shape) if isinstance(a, torch.Tensor) else a for a in sample.forward_input.args]
    return f"{info.module_cls.__name__}{given.args} {given.kwargs} on {shapes} {dtype} training={training}"


def test_rules_answer_as_pytorch():
    agreed, reported, skipped, wrong = 0, 0, Counter(), []
    for info, sample, dtype, training in cases():
        op, forward = ops().get(info.module_cls.__name__), sample.forward_input
        truth = run(info, sample, dtype, training, forward.args, forward.kwargs)
        try:
            settings = settings_of(op, sample, dtype)
            found = answer(op, settings, inputs_of(op, forward.args, forward.kwargs), training)
        except OutOfScope:
            skipped[op.name] += 1
            continue
        except Fault as fault:
            if isinstance(truth, Exception):
                reported += 1
            else:
                wrong.append(f"{label(info, sample, dtype, training)}: {fault.code} {fault.message}")
            continue
        if isinstance(truth, Exception) or described(found) != described(truth):
            wrong.append(f"{label(info, sample, dtype, training)}: {found}, PyTorch: {described(truth)}")
        else:
            agreed += 1
    print(
        f"module_db: {agreed} agreed, {reported} reported by both, "
        f"{skipped.total()} not expressible, {len(wrong)} wrong"
    )
    print(f"not expressible: {dict(skipped)}")
    assert wrong == []
    assert set(skipped) <= set(OUT_OF_SCOPE)
    assert agreed > 1000


def test_every_module_has_a_rule():
    names = {info.module_cls.__name__ for info in module_db}
    assert sorted(name for name in names & set(ops().modules) if name not in MODULE_RULES) == []
    assert sorted(set(ops().modules) - set(MODULE_RULES)) == []


def test_rules_hold_for_every_size():
    agreed, reported, wrong = 0, 0, []
    for info, sample, dtype, training in cases():
        op, forward = ops().get(info.module_cls.__name__), sample.forward_input
        sizes = [
            a.shape[0] for a in forward.args if isinstance(a, torch.Tensor) and a.dim() and a.shape[0] > 1
        ]
        if dtype is not torch.float32 or not sizes:
            continue
        old = sizes[0]
        try:
            settings = settings_of(op, sample, dtype, without_tensors=False)
            found = answer(op, settings, inputs_of(op, forward.args, forward.kwargs, old), training)
        except OutOfScope:
            continue
        except Fault as fault:
            found = fault
        for new in (
            (old, old + 1, 2 * old + 1, 7) if not isinstance(found, Fault) else (1, old + 1, 2 * old + 1)
        ):
            args = [resized(a, old, new) for a in forward.args]
            kwargs = {name: resized(a, old, new) for name, a in forward.kwargs.items()}
            truth = run(info, sample, dtype, training, args, kwargs)
            if isinstance(found, Fault):
                if isinstance(truth, Exception):
                    reported += 1
                    break
            elif isinstance(truth, Exception) and any(words in str(truth) for words in BY_VALUE):
                continue
            elif isinstance(truth, Exception) or described(found, {"N": new}) != described(truth):
                wrong.append(
                    f"{label(info, sample, dtype, training)} N={new}: {found}, PyTorch: {described(truth)}"
                )
                break
        else:
            if isinstance(found, Fault):
                wrong.append(f"{label(info, sample, dtype, training)}: {found.code} {found.message}")
            agreed += not isinstance(found, Fault)
    print(f"module_db with N: {agreed} agreed, {reported} rightly reported, {len(wrong)} wrong")
    assert wrong == []
    assert agreed > 200


def test_error_samples_are_reported():
    reported, skipped, missed = 0, 0, []
    for info in module_db:
        name = info.module_cls.__name__
        if info.module_error_inputs_func is None or name not in MODULE_RULES:
            continue
        op = ops().get(name)
        for training in (True, False):
            for error in info.module_error_inputs_func(
                info, device="cpu", dtype=torch.float32, requires_grad=False, training=training
            ):
                sample = error.module_error_input
                if any(words in error.error_regex for words in BY_VALUE):
                    skipped += 1
                    continue
                forward = sample.forward_input
                try:
                    settings = settings_of(op, sample, torch.float32, without_tensors=False)
                    answer(
                        op, settings, inputs_of(op, forward.args, forward.kwargs) if forward else {}, training
                    )
                except OutOfScope:
                    skipped += 1
                except Fault:
                    reported += 1
                else:
                    missed.append(f"{name}: {error.error_regex}")
    print(f"module_db errors: {reported} reported, {skipped} not expressible, {len(missed)} missed")
    assert missed == []
    assert reported > 30
