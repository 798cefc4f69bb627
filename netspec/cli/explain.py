"""`netspec explain CODE/OP`: the page of a diagnostic, or the signature of an op."""

from __future__ import annotations

import argparse

from netspec.catalog.bind import signature_text
from netspec.catalog.load import docs, ops
from netspec.catalog.model import Op
from netspec.cli.ops import has_rule
from netspec.cli.terminal import say
from netspec.diagnostics import CODES, similar
from netspec.diagnostics.explain import page
from netspec.errors import NetspecError
from netspec.views.table import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec explain NS402\n         netspec explain Conv2d"
    parser.add_argument(
        "subject", nargs="?", metavar="CODE/OP", help="e.g. NS402 or Conv2d; all codes if left out"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    subject = options.subject
    if subject is None:
        rows = [(code.code, code.severity, code.name, code.summary) for code in CODES.values()]
        say(table(("code", "severity", "name", "meaning"), rows))
        return 0
    by_name = {code.name: code.code for code in CODES.values()}
    text = page(by_name.get(subject, subject.upper()))
    if text is not None:
        say(text.rstrip())
        return 0
    op = ops().get(subject)
    if op is None:
        near = similar(subject, [*ops().names, *CODES, *by_name])
        hint = f"; similar: {', '.join(near)}" if near else ""
        raise NetspecError(f"no diagnostic or op is called {subject}{hint}")
    say(op_page(op))
    return 0


def op_page(op: Op) -> str:
    """Signature, parameters with what they mean and their ranges, and how a spec writes it."""
    words = docs().get(op.name, {})
    lines = [op.doc, ""] if op.doc else []
    lines += [f"in Python: {op.source}", signature_text(op), ""]
    rows = [
        (
            param.name,
            " | ".join(param.types),
            "required" if param.required else repr(param.default),
            words.get(param.name, ""),
        )
        for param in op.signatures[0]
    ]
    if rows:
        lines += [table(("parameter", "type", "default", "meaning"), rows), ""]
    lines.append(
        "shape rule: " + ("yes" if has_rule(op) else "none; what depends on its result is not checked")
    )
    return "\n".join(lines)
