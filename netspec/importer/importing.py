"""A module and example inputs -> a spec that is proven to be the same module."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import nn

from netspec.build.instantiate import instantiate
from netspec.diagnostics import Source
from netspec.errors import NetspecError
from netspec.importer.blocks import Block, Grouping
from netspec.importer.describe import Describer
from netspec.importer.opaque import Register
from netspec.importer.plain import Plain, Plainer
from netspec.importer.prove import Proof, prove
from netspec.importer.refusal import Refused
from netspec.importer.text import block_text
from netspec.importer.variations import Study, resized, study
from netspec.pipeline import Checked, check

Example = tuple[tuple[Any, ...], Mapping[str, Any]]


class ImportRefused(NetspecError):
    """A module that no spec is proven to equal. `refused` says which parts cannot be expressed, and why."""

    def __init__(self, text: str, refused: tuple[Refused, ...]) -> None:
        super().__init__(text)
        self.refused = refused


@dataclass(slots=True)
class Imported:
    """What came of an import. `checked` is there if the spec is valid, and `proof` if it could be run.

    `refused` says what cannot be expressed, `opaque` what became an op of the application, `notes` what
    a reader of the spec should know, `problem` why there is no proof.
    """

    text: str
    checked: Checked | None = None
    proof: Proof | None = None
    refused: list[Refused] = field(default_factory=list)
    opaque: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problem: str | None = None

    @property
    def ok(self) -> bool:
        return self.proof is not None and self.proof.ok

    def proven(self, name: str) -> Checked:
        """The checked spec; ImportRefused, which says all that is known, where it is not proven."""
        if self.ok and self.checked is not None:
            return self.checked
        if self.refused:
            parts = "\n".join(f"- {each}" for each in self.refused)
            raise ImportRefused(f"{name} cannot be expressed as a spec:\n{parts}", tuple(self.refused))
        raise ImportRefused(f"no spec of {name} could be proven: {self.problem}", ())


def import_module(
    module: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None = None,
    *,
    register: Register | None = None,
) -> Imported:
    """The spec of a module, with as many sizes open as can be proven.

    With `register`, submodules that cannot be expressed become ops that are registered by it. NetspecError
    where the module fails with the example.
    """
    kwargs = kwargs or {}
    modes = {each: each.training for each in module.modules()}
    try:
        # Random numbers of the caller's are not used up.
        with torch.random.fork_rng(devices=[]):
            return _best(module, args, kwargs, register)
    finally:
        for each, mode in modes.items():
            each.training = mode


def _best(
    module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], register: Register | None
) -> Imported:
    """With sizes open where they can be, else with those of the example."""
    found = _attempt(module, args, kwargs, _studied(module, args, kwargs, vary=None), register)
    for vary, which in (("N", "all sizes but the batch"), ("", "all sizes")):
        if found.ok or found.refused:
            break
        note = f"{which} are those of the example: with open ones, {found.problem}"
        again = _attempt(module, args, kwargs, _studied(module, args, kwargs, vary=vary), register, note)
        if again.ok:
            return again
    return found


def _studied(
    module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, vary: str | None
) -> Study:
    try:
        return study(module, args, kwargs, vary=vary)
    except Exception as error:  # the module of someone else may raise anything
        raise NetspecError(
            f"{type(module).__name__} fails with the example: {type(error).__name__}: {error}"
        ) from error


def _attempt(
    module: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    studied: Study,
    register: Register | None,
    note: str | None = None,
) -> Imported:
    describer = Describer(module, studied, register)
    describer.run()
    if describer.refused or "" not in describer.bodies:
        return Imported("", refused=describer.refused, opaque=describer.reasons)
    blocks = Grouping(describer).run()
    notes = [note] if note is not None else []
    notes += [str(each) for each in studied.fixed]
    notes += [
        f"needs netspec.register({name}): it cannot be expressed"
        for name in sorted({each.op for each in describer.opaque.values()})
    ]
    text, checked = _bounded(spec_text(type(module).__name__, describer, blocks, notes))
    found = Imported(text, notes=notes, opaque=describer.reasons)
    if not checked.report.ok or checked.program is None:
        first = next(iter(checked.report.errors))
        found.problem = f"the spec does not validate: {first.code} {first.message}"
        return found
    found.checked = checked
    examples: list[Example] = [(args, kwargs)]
    if studied.dimensions:
        examples.append(resized(args, kwargs, studied.dimensions))
    apart: list[Example] = [
        resized(args, kwargs, [each.at(size)]) for each in studied.dimensions for size in sorted(each.apart)
    ]
    found.proof = prove(module, instantiate(checked, {}), examples, apart)
    found.problem = found.proof.difference
    return found


_FAILS = re.compile(r"for (\w+) = (\d+)")
_MOST_BOUNDS = 4


def _bounded(text: str) -> tuple[str, Checked]:
    """The spec with bounds for sizes, where a check says which size is the first to fail."""
    checked = check(Source("<import>", text), {})
    for _ in range(_MOST_BOUNDS):
        failing = (_FAILS.search(each.message) for each in checked.report.errors)
        name, size = next((match.groups() for match in failing if match is not None), ("", "0"))
        new = re.sub(rf"\b({name}=(\d+))(?=[],])", partial(_bound, size=int(size)), text, count=1)
        if not name or new == text:
            break
        text, checked = new, check(Source("<import>", new), {})
    return text, checked


def _bound(match: re.Match[str], size: int) -> str:
    return f"{match[1]}<={size - 1}" if size > int(match[2]) else match[0]


def spec_text(name: str, describer: Describer, blocks: list[Block], notes: list[str]) -> str:
    plainer = Plainer({each.name: each for each in blocks})
    body = describer.bodies[""]
    lines = ["netspec: 1", f"name: {name}"]
    lines += [line for note in notes for line in (f"# {note}",)]
    for key, value in plainer.body(body).items():
        lines += ["", *block_text(key, value)]
    ties = shared_parameters(describer.root)
    if ties:
        lines += ["", *block_text("tie", ties)]
    if blocks:
        lines += ["", "blocks:"]
        for block in reversed(blocks):
            lines += [*_block_lines(block, plainer), ""]
    return "\n".join(lines).rstrip() + "\n"


def shared_parameters(module: nn.Module) -> dict[str, str]:
    """Each further name of a parameter, and its first."""
    first: dict[int, str] = {}
    found = {}
    for name, each in module.named_parameters(remove_duplicate=False):
        if first.setdefault(id(each), name) != name:
            found[name] = first[id(each)]
    return found


def _block_lines(block: Block, plainer: Plainer) -> list[str]:
    assert block.body is not None
    keys: dict[str, Plain] = {}
    if block.body.class_name != block.name:
        keys["class"] = block.body.class_name
    if block.params:
        keys["params"] = {each.name: _param(each, plainer) for each in block.params}
    keys |= plainer.body(block.body)
    if not keys:
        keys["forward"] = []
    return [f"  {block.name}:", *(line for key, value in keys.items() for line in block_text(key, value, 4))]


def _param(param: Any, plainer: Plainer) -> Plain:
    if not param.has_default:
        return param.type
    default = list(param.default) if isinstance(param.default, tuple) else param.default
    return {"type": param.type, "default": default} if param.type in ("shape", "list") else default
