"""What tests of module rules share: PyTorch's answer to a sample, and the rule's, in one form."""

import re
import warnings
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def oracle():
    """`oracle.truth(...)` and `oracle.answer(...)`: (shape, dtype) of results, or the refusal."""
    torch = pytest.importorskip("torch")
    import torchvision

    from netspec.catalog.bind import bind
    from netspec.catalog.load import ops
    from netspec.shapes.call import Call, Fault
    from netspec.shapes.dims import const, symbol
    from netspec.shapes.rules.modules import MODULE_CHECKS, MODULE_RULES
    from netspec.shapes.values import Nothing, Tensor, TupleOf
    from netspec.shapes.weights import tensors

    def tensor(spec):
        """`(2, 3)` is a float32 tensor, `("int64", 2, 3)` one of zeros; a list a tuple of them."""
        if isinstance(spec, list):
            return tuple(map(tensor, spec))
        if not isinstance(spec, tuple):
            return spec
        if spec and isinstance(spec[0], str):
            return torch.zeros(spec[1:], dtype=getattr(torch, spec[0]))
        return torch.rand(spec) + 0.1

    def value(spec):
        if isinstance(spec, list):
            return TupleOf(tuple(map(value, spec)))
        if not isinstance(spec, tuple):
            return spec
        dtype, sizes = (spec[0], spec[1:]) if spec and isinstance(spec[0], str) else ("float32", spec)
        return Tensor(tuple(map(const, sizes)), dtype)

    def plain(result):
        if isinstance(result, torch.Tensor):
            return tuple(result.shape), str(result.dtype)[6:]
        if isinstance(result, Tensor):
            shape = None if result.shape is None else tuple(size.value for size in result.shape)
            return shape, result.dtype
        if isinstance(result, TupleOf):
            return [plain(item) for item in result.items]
        if isinstance(result, tuple):
            return [plain(item) for item in result]
        return "none" if result is None or isinstance(result, Nothing) else repr(result)

    def truth(name, positional, keywords, inputs, *, training=True, forward=None):
        """What PyTorch returns; None where it refuses."""
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            try:
                cls = getattr(torch.nn, name, None) or getattr(torchvision.ops, name)
                module = cls(*positional, **keywords).train(training)
                found = module(*map(tensor, inputs), **{k: tensor(v) for k, v in (forward or {}).items()})
            except Exception:
                return None
        return plain(found)

    def answer(name, positional, keywords, inputs, *, training=True, forward=None):
        """What the rule answers; a Fault where the catalog, the check or the rule reports."""
        op = ops().get(name)
        bound = bind(name, op.signatures, list(positional), keywords)
        if bound.problems:
            return Fault(bound.problems[0].code, bound.problems[0].message)
        given = {param.name: param.default for param in op.call if not param.required}
        given.update(zip((param.name for param in op.call), map(value, inputs), strict=False))
        given.update((key, value(each)) for key, each in (forward or {}).items())
        try:
            check = MODULE_CHECKS.get(name)
            if check is not None:
                check(Call(name, "layer", bound.arguments, {}, training))
            return plain(MODULE_RULES[name](Call(name, "layer", bound.arguments, given, training)))
        except Fault as fault:
            return fault

    def agree(name, positional, keywords, inputs, **rest):
        """Assert that both answer the same, or that both refuse."""
        expected = truth(name, positional, keywords, inputs, **rest)
        found = answer(name, positional, keywords, inputs, **rest)
        if expected is None:
            assert isinstance(found, Fault), f"PyTorch refuses, the rule answers {found}"
            assert found.message
            assert not found.code.startswith("NS9")
        elif "0" in re.findall(r"\d+", str(expected)):
            # A result without elements is an error of the spec, though some ops of PyTorch give it.
            assert isinstance(found, Fault)
            assert found.code in ("NS404", "NS205")
        else:
            assert not isinstance(found, Fault), f"PyTorch answers {expected}, the rule: {found.message}"
            assert found == expected
        return found

    def with_symbols(name, positional, keywords, inputs):
        """Check and rule with each integer setting in turn, and with all of them, symbolic."""
        op = ops().get(name)
        arguments = bind(name, op.signatures, list(positional), keywords).arguments
        given = {param.name: param.default for param in op.call if not param.required}
        given.update(zip((param.name for param in op.call), map(value, inputs), strict=False))
        integers = [key for key, each in arguments.items() if type(each) is int]
        for chosen in [[key] for key in integers] + [integers]:
            settings = {**arguments, **{key: symbol(key, 0) for key in chosen}}
            try:
                if name in MODULE_CHECKS:
                    MODULE_CHECKS[name](Call(name, "layer", settings))
                MODULE_RULES[name](Call(name, "layer", settings, given))
                tensors(name, settings)
            except Fault:
                continue

    return SimpleNamespace(truth=truth, answer=answer, agree=agree, with_symbols=with_symbols, Fault=Fault)
