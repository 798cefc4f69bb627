"""`netspec train RECIPE`: trains, and says where the weights lie and how to use them."""

from __future__ import annotations

import argparse
import sys

from netspec.api import train
from netspec.cli.terminal import say, use_color, warn
from netspec.runner.errors import Terminated

_TERMINATED = 128 + 15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = """\
examples:
  netspec train specs/recipes/digits.yaml --device cpu --epochs 3
  netspec train --resume runs/digits-20260101-120000"""
    parser.add_argument("recipe", metavar="RECIPE", nargs="?", help="a recipe file")
    parser.add_argument("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1, mps, xpu, ...")
    parser.add_argument("--epochs", type=int, metavar="N", help="so many passes over the training data")
    parser.add_argument("--output", metavar="FOLDER", help="the run folder; a new one under runs/ by default")
    parser.add_argument("--resume", metavar="RUN", help="go on with the run in this folder, to the same bits")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="override a value of the recipe, such as optimizer.AdamW.lr=3e-4; may be repeated",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress, only the final table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        result = train(
            options.recipe,
            device=options.device,
            epochs=options.epochs,
            set=options.set,
            output=options.output,
            resume=options.resume,
            progress=not options.quiet,
        )
    except Terminated as stop:
        warn(f"netspec: {stop}")
        return _TERMINATED
    # A recipe with errors has not come this far: what is left to say are warnings.
    if result.report.diagnostics:
        warn(result.report.render(color=use_color(sys.stderr)))
    from netspec.runner.table import final_text
    from netspec.runner.world import is_first

    if is_first():
        say(final_text(result))
    return 0
