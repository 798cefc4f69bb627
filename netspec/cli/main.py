"""Parses the command line, runs one command, and turns what it raises into an exit status."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence

from netspec.cli.terminal import show_every_character, use_color, warn
from netspec.errors import NetspecError, SpecError

COMMANDS = {
    "validate": "check specs and recipes, and report every mistake",
    "show": "print the structure, as print(net) does",
    "compile": "print the Python source",
    "summary": "shapes, parameters, FLOPs and memory of every step",
    "graph": "draw the network: Mermaid, DOT, SVG, or a page that folds",
    "diff": "what changed between two networks, and what becomes of a checkpoint",
    "migrate": "carry weights over to a changed network",
    "export": "write the network for other programs: ONNX, torch.export, its plain state",
    "import": "write the spec of a model that is written in Python",
    "train": "train a network as a recipe says",
    "evaluate": "measure trained weights on held-out data",
    "predict": "what a trained network says of pictures",
    "init": "write a commented starter spec",
    "ops": "list the ops that a spec may name",
    "explain": "explain a diagnostic or an op",
    "schema": "print the JSON Schema for editors",
    "doctor": "versions, devices, and what is installed",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `netspec ARGUMENTS` and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    show_every_character()
    # What the stages make lives until the end: looking for garbage that often only costs time.
    gc.set_threshold(100_000, 50, 50)
    try:
        parsed = _parser(given).parse_args(given)
        return int(parsed.run(parsed))
    except SpecError as error:
        warn(error.report.render(color=use_color(sys.stderr)))
        return 1
    except NetspecError as error:
        warn(f"netspec: {error}")
        return 2
    except KeyboardInterrupt as interrupt:
        # A training run says where it saved its weights.
        warn(f"netspec: {interrupt}" if str(interrupt) else "netspec: interrupted")
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`netspec ops | head`): nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="netspec",
        description="Compile neural-network specs to plain PyTorch, and prove their shapes first.",
        epilog="example: netspec validate specs/mnist.yaml",
    )
    parser.add_argument("--version", action="version", version=_version() if "--version" in given else "")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    named = next((word for word in given if word in COMMANDS), None)
    for name, help in COMMANDS.items():
        each = commands.add_parser(
            name, help=help, description=f"{help[:1].upper()}{help[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        # Only the command that runs is imported: `train` alone would cost as much as all others.
        if name == named:
            importlib.import_module(f"netspec.cli.{name}").add_arguments(each)
    return parser


def _version() -> str:
    # Reading the metadata of the distribution costs as much as starting Python.
    from netspec.version import VERSION

    return f"netspec {VERSION}"
