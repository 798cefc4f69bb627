"""The proof: the compiled spec against the module that it came from."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from netspec.importer.constructor import printed
from netspec.importer.structures import mapped, parts


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared, and the first difference (None where there is none)."""

    compared: tuple[str, ...]
    difference: str | None

    @property
    def ok(self) -> bool:
        return self.difference is None


Example = tuple[tuple[Any, ...], Mapping[str, Any]]


def prove(
    module: nn.Module, made: nn.Module, examples: list[Example], apart: list[Example], *, seed: int = 0
) -> Proof:
    """Compare print, state dict and outputs, in evaluation and in training from one seed.

    `made` gets the module's weights. `apart` are examples that the module may not take: those are left out.
    """
    compared: list[str] = []
    taken = [each for each in apart if _takes(module, *each)]
    for what, found in _comparisons(module, made, [*examples, *taken], seed):
        if found is not None:
            return Proof(tuple(compared), f"{what}: {found}")
        compared.append(what)
    return Proof(tuple(compared), None)


def _comparisons(module: nn.Module, made: nn.Module, examples: list[Example], seed: int) -> Any:
    yield "print", _prints(module, made)
    yield "state_dict", _states(module, made)
    made.load_state_dict(module.state_dict())
    for index, (args, kwargs) in enumerate(examples):
        sizes = f" with {_shapes(args, kwargs)}" if index else ""
        yield f"eval{sizes}", _outputs(module, made, args, kwargs, False, seed)
        yield f"train{sizes}", _outputs(module, made, args, kwargs, True, seed)
    yield "gradients", _gradients(module, made, *examples[0], seed)


def _takes(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether a module runs with an example in both modes."""
    for training in (False, True):
        given, more = _copied(args, kwargs, False)
        try:
            with torch.no_grad():
                copy.deepcopy(module).train(training)(*given, **more)
        except Exception:  # the module of someone else may raise anything
            return False
    return True


def _prints(module: nn.Module, made: nn.Module) -> str | None:
    mine, theirs = printed(module).splitlines(), printed(made).splitlines()
    for a, b in zip(mine, theirs, strict=False):
        if a != b:
            return f"`{a.strip()}` against `{b.strip()}`"
    return None if len(mine) == len(theirs) else f"{len(mine)} lines against {len(theirs)}"


def _states(module: nn.Module, made: nn.Module) -> str | None:
    mine = [(name, tuple(each.shape), each.dtype) for name, each in module.state_dict().items()]
    theirs = [(name, tuple(each.shape), each.dtype) for name, each in made.state_dict().items()]
    for a, b in zip(mine, theirs, strict=False):
        if a != b:
            return f"{a} against {b}"
    if len(mine) != len(theirs):
        return f"{len(mine)} entries against {len(theirs)}"
    shared = [_aliases(each) for each in (module, made)]
    return None if shared[0] == shared[1] else "other parameters are shared"


def _aliases(module: nn.Module) -> set[tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for name, each in module.named_parameters(remove_duplicate=False):
        found.setdefault(id(each), []).append(name)
    return {tuple(names) for names in found.values() if len(names) > 1}


def _outputs(
    module: nn.Module,
    made: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    training: bool,
    seed: int,
) -> str | None:
    results = []
    for each in (module, made):
        # Training moves the running statistics: each mode runs on a copy.
        run = copy.deepcopy(each).train(training)
        torch.manual_seed(seed)
        with torch.no_grad():
            given, more = _copied(args, kwargs, each is made)
            results.append((run(*given, **more), torch.get_rng_state(), run.state_dict()))
    (mine, rng, state), (theirs, other_rng, other_state) = results
    if (found := _unequal(mine, theirs)) is not None:
        return found
    if not torch.equal(rng, other_rng):
        return "they draw different numbers of random numbers"
    return next(
        (
            f"`{name}` differs afterwards"
            for name, each in state.items()
            if not _same(each, other_state[name])
        ),
        None,
    )


def _copied(
    args: tuple[Any, ...], kwargs: Mapping[str, Any], positional: bool
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The example, in copies; the compiled class takes its tensors in order, and nothing else."""

    def copied(_: str, each: Any) -> Any:
        return each.clone() if isinstance(each, Tensor) else each

    given = tuple(mapped(each, copied) for each in args)
    more = {name: mapped(each, copied) for name, each in kwargs.items()}
    if not positional:
        return given, more
    return tuple(_given_tensors([*given, *more.values()])), {}


def _given_tensors(things: list[Any]) -> list[Any]:
    found: list[Any] = []
    for each in things:
        inner = parts(each)
        if isinstance(each, Tensor) or (
            type(each) is list and each and all(isinstance(x, Tensor) for x in each)
        ):
            found.append(each)
        elif inner is not None:
            found += _given_tensors([one for _, one in inner])
    return found


def _unequal(mine: Any, theirs: Any, where: str = "output") -> str | None:
    """The first difference of two results; a part that is None may be missing."""
    if isinstance(mine, Tensor) and isinstance(theirs, Tensor):
        if _same(mine, theirs):
            return None
        if mine.shape != theirs.shape:
            return f"{where} has the shape {tuple(mine.shape)} against {tuple(theirs.shape)}"
        if mine.dtype != theirs.dtype:
            return f"{where} is {mine.dtype} against {theirs.dtype}"
        return f"{where} differs by up to {(mine.double() - theirs.double()).abs().max().item():.3g}"
    a, b = parts(mine), parts(theirs)
    if a is None or b is None:
        return (
            None
            if type(mine) is type(theirs) and mine == theirs
            else f"{where} is {type(mine).__name__} against {type(theirs).__name__}"
        )
    left = {name: each for name, each in a if each is not None}
    right = {name: each for name, each in b if each is not None}
    if list(left) != list(right):
        return f"{where} has the parts {', '.join(left)} against {', '.join(right)}"
    return next(
        (
            found
            for name in left
            if (found := _unequal(left[name], right[name], f"{where}.{name}")) is not None
        ),
        None,
    )


def _same(a: Tensor, b: Tensor) -> bool:
    """Bit for bit; NaNs are equal to themselves."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return torch.equal(a, b) or bool(torch.all((a == b) | ((a != a) & (b != b))))


def _gradients(
    module: nn.Module, made: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], seed: int
) -> str | None:
    """Whether the same parameters get gradients, equal but for the order in which sums were taken."""
    found = []
    for each in (module, made):
        run = copy.deepcopy(each).train()
        torch.manual_seed(seed)
        given, more = _copied(args, kwargs, each is made)
        leaves = [
            x for x in _given_tensors([run(*given, **more)]) if isinstance(x, Tensor) and x.requires_grad
        ]
        if not leaves:
            return None
        sum(x.float().square().mean() for x in leaves).backward()  # type: ignore[union-attr]
        found.append({name: x.grad for name, x in run.named_parameters() if x.requires_grad})
    mine, theirs = found
    for name, grad in mine.items():
        other = theirs[name]
        if (grad is None) != (other is None):
            return f"`{name}` gets a gradient in one of the two only"
        if (
            grad is not None
            and other is not None
            and not torch.allclose(
                grad, other, rtol=1e-3, atol=1e-5 + 1e-4 * float(grad.abs().max()), equal_nan=True
            )
        ):
            return f"that of `{name}` differs by {(grad - other).abs().max().item():.3g}"
    return None


def _shapes(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    return ", ".join(
        "x".join(map(str, x.shape))
        for x in _given_tensors([*args, *kwargs.values()])
        if isinstance(x, Tensor)
    )
