"""A module and example inputs -> a spec that is proven to be the same module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from netspec.build.instantiate import instantiate
from netspec.diagnostics import Source
from netspec.importer.blocks import Block, Grouping
from netspec.importer.describe import Describer
from netspec.importer.plain import NOTHING, Plain, Plainer
from netspec.importer.prove import Proof, prove
from netspec.importer.refusal import Refused
from netspec.importer.sketch import Tree
from netspec.importer.text import block_text
from netspec.importer.variations import Study, resized, study
from netspec.pipeline import Checked, check

Example = tuple[tuple[Any, ...], Mapping[str, Any]]


@dataclass(slots=True)
class Imported:
    """What came of an import. `checked` is there if the spec is valid, and `proof` if it could be run.

    `refused` says what cannot be expressed, `notes` what a reader of the spec should know.
    """

    text: str
    checked: Checked | None = None
    proof: Proof | None = None
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problem: str | None = None

    @property
    def ok(self) -> bool:
        return self.proof is not None and self.proof.ok


def import_module(
    module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None, *, name: str | None = None
) -> Imported:
    """The spec of a module, with as many sizes open as can be proven."""
    kwargs = kwargs or {}
    training = module.training
    try:
        found = _attempt(module, args, kwargs, study(module, args, kwargs))
        if not found.ok and not found.refused:
            again = _attempt(module, args, kwargs, study(module, args, kwargs, vary=False))
            if again.ok:
                again.notes.insert(0, f"all sizes are those of the example: with open ones, {found.problem}")
                return again
    finally:
        module.train(training)
    return found


def _attempt(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], studied: Study) -> Imported:
    describer = Describer(module, studied)
    describer.run()
    if describer.refused or "" not in describer.bodies:
        return Imported("", refused=describer.refused, problem="it has parts that cannot be expressed")
    blocks = Grouping(describer).run()
    notes = [str(each) for each in studied.fixed]
    text = spec_text(module._get_name(), describer, blocks, studied, notes)
    found = Imported(text, notes=notes)
    checked = check(Source("<import>", text), {})
    if not checked.report.ok or checked.program is None:
        found.problem = "the spec does not validate: " + checked.report.render("concise").splitlines()[0]
        return found
    found.checked = checked
    examples = [(args, kwargs)]
    if studied.dimensions:
        examples.append(resized(args, kwargs, studied.dimensions))
    found.proof = prove(module, instantiate(checked, {}), examples)
    found.problem = found.proof.difference
    return found


def spec_text(name: str, describer: Describer, blocks: list[Block], studied: Study, notes: list[str]) -> str:
    plainer = Plainer({each.name: each for each in blocks})
    body = describer.bodies[""]
    _typical(body.inputs, studied)
    lines = ["netspec: 1", f"name: {name}"]
    lines += [line for note in notes for line in (f"# {note}",)]
    for key, value in plainer.body(body).items():
        lines += ["", *block_text(key, value)]
    if blocks:
        lines += ["", "blocks:"]
        for block in reversed(blocks):
            lines += [*_block_lines(block, plainer), ""]
    return "\n".join(lines).rstrip() + "\n"


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


def _typical(inputs: dict[str, Tree], studied: Study) -> None:
    """Open sizes of the spec's own inputs show what they were in the example."""
    sizes = {each.name: each.size for each in studied.dimensions}
    for name, tree in inputs.items():
        dims = tree if isinstance(tree, list) else tree.get("shape", []) if isinstance(tree, dict) else []
        new = [f"{dim}={sizes[dim]}" if isinstance(dim, str) and dim in sizes and dim != "N" else dim for dim in dims]
        if isinstance(tree, list):
            inputs[name] = new
        elif isinstance(tree, dict) and "shape" in tree:
            tree["shape"] = new


__all__ = ["NOTHING", "Imported", "import_module"]
