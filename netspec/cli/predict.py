"""`netspec predict RUN_OR_FILE PICTURE...`: what a trained network says of pictures, one JSON line each."""

from __future__ import annotations

import argparse
import json

from netspec.api import predict
from netspec.cli.terminal import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = """\
examples:
  netspec predict runs/digits-20260101-120000 three.png
  netspec predict net.safetensors scans/ --top 3"""
    parser.add_argument("run_or_file", metavar="RUN_OR_FILE", help="a run folder, or a file of weights")
    parser.add_argument("pictures", metavar="PICTURE", nargs="+", help="a picture, or a folder of them")
    parser.add_argument("--top", type=_positive, default=1, metavar="K", help="the K likeliest classes")
    parser.add_argument("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1, mps, xpu, ...")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes that read pictures")
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number from 1 on, but is {text}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    found = predict(
        options.run_or_file,
        options.pictures,
        top=options.top,
        device=options.device,
        workers=max(0, options.workers),
    )
    for each in found:
        say(json.dumps(each, ensure_ascii=False))
    return 0
