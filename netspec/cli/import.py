"""`netspec import TARGET [-o FILE.yaml]`: the spec of a model that is written in Python."""

from __future__ import annotations

import argparse

from netspec.api import _need_torch as need_torch
from netspec.api import register, save
from netspec.cli.compile import write_new
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say, warn


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n"
        "  netspec import torchvision:resnet50 -o resnet50.yaml\n"
        "  netspec import timm:convnext_atto -o convnext.yaml\n"
        "  netspec import mypkg.models:Net --set num_classes=10 --input 1,3,32,32"
    )
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="torchvision:NAME, timm:NAME, transformers:CLASS, or package.module:callable; it is called, "
        "so name only code that you trust",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write the spec there; an existing file stays")
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="SIZES",
        help="the sizes of an example input, 1,3,224,224, or 2,16:int64<1000 for tokens; once for each input",
    )
    parser.add_argument(
        "--example", metavar="TARGET", help="package.module:callable that gives example inputs instead"
    )
    parser.add_argument(
        "--partial", action="store_true", help="make what cannot be expressed an op of the application"
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="write the weights there, with the spec (.safetensors)"
    )
    add_set(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    need_torch("import")
    from netspec.importer.importing import import_module
    from netspec.importer.targets import load_target

    target = load_target(options.target, settings(options.set), options.input, options.example)
    found = import_module(
        target.module, target.args, target.kwargs, register=register if options.partial else None
    )
    checked = found.proven(options.target)
    if options.output is None:
        say(found.text.removesuffix("\n"))
    else:
        write_new(options.output, found.text, force=options.force)
        warn(f"wrote {options.output}")
    assert found.proof is not None
    warn(f"proven against the original: {', '.join(found.proof.compared)}")
    for each in found.opaque:
        warn(f"an op of the application: {each}")
    if options.weights is not None:
        from netspec.build.instantiate import instantiate

        net = instantiate(checked, {})
        net.load_state_dict(target.module.state_dict())
        save(net, options.weights)
        warn(f"wrote {options.weights}")
    return 0
