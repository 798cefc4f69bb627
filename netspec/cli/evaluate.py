"""`netspec evaluate RUN_OR_FILE`: the figures of trained weights on held-out data."""

from __future__ import annotations

import argparse
import json

from netspec.api import evaluate
from netspec.cli.terminal import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = """\
examples:
  netspec evaluate runs/digits-20260101-120000
  netspec evaluate net.safetensors --data specs/recipes/digits.yaml --format json"""
    parser.add_argument("run_or_file", metavar="RUN_OR_FILE", help="a run folder, or a file of weights")
    parser.add_argument("--data", metavar="RECIPE", help="measure on the test set of this recipe")
    parser.add_argument("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1, mps, xpu, ...")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default) or json")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="override a value of the recipe, such as data.test.ImageFolder.root=photos; may be repeated",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    found = evaluate(options.run_or_file, data=options.data, device=options.device, set=options.set)
    if options.format == "json":
        say(json.dumps(found.as_dict(), indent=2))
        return 0
    figures = ", ".join(f"{name} {value:.6g}" for name, value in found.metrics.items())
    say(f"{figures} on {found.samples:,} samples of {found.data}, with {found.weights} on {found.device}")
    return 0
