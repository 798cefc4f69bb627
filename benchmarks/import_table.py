"""Imports models of three libraries, and writes what came of each.

    python benchmarks/import_table.py run torchvision timm transformers   # adds to benchmarks/import.jsonl
    python benchmarks/import_table.py table                               # puts the table into docs/import.md

Each model is imported in a process of its own, so that one that fails, or takes too long, costs only itself.
What is known is not done again; `--again` does. Nothing is downloaded: weights are random.
"""

from __future__ import annotations

import argparse
import inspect
import json
import multiprocessing
import re
import time
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "import.jsonl"
PAGE = ROOT / "docs" / "import.md"
MINUTES = 6
# Classes that are no part of a model itself: PyTorch's, and those that load and generate.
FOREIGN = (
    "torch.",
    "builtins",
    *(f"transformers.{each}" for each in ("modeling_utils", "generation", "utils", "integrations")),
)
SKIPPED = ("rcnn", "retinanet", "fcos", "ssd", "quantized")
# Tiny configurations: what an architecture is called in transformers, and what its configuration is given.
_TEXT = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": 99,
}
_DECODER = {**_TEXT, "num_key_value_heads": 2, "max_position_embeddings": 64}
_IMAGE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "image_size": 32,
    "patch_size": 8,
}
TRANSFORMERS: dict[str, dict[str, Any]] = {
    "BertModel": _TEXT,
    "RobertaModel": _TEXT,
    "ElectraModel": {**_TEXT, "embedding_size": 16},
    "AlbertModel": {**_TEXT, "embedding_size": 16},
    "DistilBertModel": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "vocab_size": 99},
    "MPNetModel": _TEXT,
    "DebertaV2Model": _TEXT,
    "XLMRobertaModel": _TEXT,
    "CamembertModel": _TEXT,
    "FNetModel": {**_TEXT, "use_tpu_fourier_optimizations": False},
    "GPT2Model": {"n_embd": 32, "n_layer": 2, "n_head": 4, "vocab_size": 99, "n_positions": 64},
    "GPTNeoModel": {
        "hidden_size": 32,
        "num_layers": 2,
        "num_heads": 4,
        "attention_types": [[["global", "local"], 1]],
        "vocab_size": 99,
        "max_position_embeddings": 64,
    },
    "GPTNeoXModel": _TEXT,
    "OPTModel": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "ffn_dim": 64,
        "vocab_size": 99,
        "word_embed_proj_dim": 32,
        "max_position_embeddings": 64,
    },
    "BloomModel": {"hidden_size": 32, "n_layer": 2, "n_head": 4, "vocab_size": 99},
    "FalconModel": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 99},
    "LlamaModel": _DECODER,
    "MistralModel": _DECODER,
    "Qwen2Model": _DECODER,
    "Qwen3Model": {**_DECODER, "head_dim": 8},
    "GemmaModel": {**_DECODER, "head_dim": 8},
    "PhiModel": _DECODER,
    "T5Model": {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "vocab_size": 99},
    "BartModel": {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "vocab_size": 99,
    },
    "ViTModel": _IMAGE,
    "DeiTModel": _IMAGE,
    "BeitModel": _IMAGE,
    "Dinov2Model": _IMAGE,
    "SwinModel": {
        "image_size": 32,
        "patch_size": 4,
        "embed_dim": 16,
        "depths": [2, 2],
        "num_heads": [2, 4],
        "window_size": 4,
    },
    "ConvNextModel": {"hidden_sizes": [16, 32], "depths": [2, 2], "num_stages": 2, "image_size": 64},
    "ResNetModel": {"embedding_size": 16, "hidden_sizes": [16, 32], "depths": [1, 2]},
    "SegformerModel": {"image_size": 64, "hidden_sizes": [16, 32, 32, 32], "depths": [1, 1, 1, 1]},
}
SIDES = {"inception_v3": 96}
FULL = ("vit_", "swin", "maxvit", "mvit", "s3d")


def names(source: str) -> list[str]:
    """The models that are imported from a library."""
    if source == "transformers":
        return list(TRANSFORMERS)
    if source == "torchvision":
        from torchvision.models import list_models

        return [name for name in list_models() if not any(each in name for each in SKIPPED)]
    return small_of_timm()


def small_of_timm() -> list[str]:
    """A small variant of each file in `timm.models`, by what small ones are called."""
    import timm

    files = (timm.list_models(module=module) for module in timm.list_modules())
    return sorted(min(variants, key=_size) for variants in files if variants)


_SMALL = (
    "zepto",
    "atto",
    "femto",
    "pico",
    "nano",
    "xxs",
    "xxt",
    "micro",
    "mini",
    "tiny",
    "_xs",
    "_xt",
    "_n0",
    "small",
    "lite",
    "_m0",
    "_t0",
    "_s0",
    "_0",
    "b0",
    "_00",
    "_050",
    "_128s",
    "s12",
    "18",
    "_t_",
    "_s",
    "26",
    "_10",
    "14",
)


def _size(variant: str) -> tuple[int, int, str]:
    rank = next((index for index, word in enumerate(_SMALL) if word in variant), len(_SMALL))
    return rank, len(variant), variant


def target_of(source: str, name: str) -> Any:
    """A module with the arguments that it is tried with."""
    import torch

    from netspec.importer.targets import Target, load_target

    if source == "transformers":
        return load_target(f"transformers:{name}", TRANSFORMERS[name], [], None)
    if source == "timm":
        found = load_target(f"timm:{name}", {}, [], None)
        # The small size says as much, and takes less time; some models take one size alone.
        small = torch.randn(2, 3, 64, 64)
        try:
            with torch.no_grad():
                found.module(small)
        except Exception:  # they may raise anything
            return found
        return Target(found.module, (small,), {})
    found = load_target(f"torchvision:{name}", {}, [], None)
    (x, *_) = found.args
    if x.dim() == 4 and x.shape[-1] == 224 and not name.startswith(FULL):
        # The small size says as much, and takes less time.
        return Target(found.module, (torch.randn(2, 3, 64, 64),), {})
    return found


def python_lines(module: Any) -> int:
    """Lines of code of the classes that a model is made of, but for PyTorch's own."""
    classes = {type(each) for each in module.modules()}
    total = 0
    for cls in {base for each in classes for base in each.__mro__ if not base.__module__.startswith(FOREIGN)}:
        try:
            text = inspect.getsource(cls)
        except (OSError, TypeError):
            continue
        text = re.sub(r'"""(?:.|\n)*?"""', "", text)
        total += sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines())
    return total


def import_one(source: str, name: str) -> dict[str, Any]:
    import torch

    from netspec.api import register
    from netspec.errors import NetspecError
    from netspec.importer.importing import import_module

    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    begun = time.perf_counter()
    target = target_of(source, name)
    row: dict[str, Any] = {"source": source, "name": name, "python": python_lines(target.module)}
    try:
        found = import_module(target.module, target.args, target.kwargs)
        if not found.ok and found.refused:
            row["why"] = [str(each) for each in found.refused]
            part = import_module(target.module, target.args, target.kwargs, register=register)
            found = part if part.ok else found
            row["result"] = "partial" if part.ok else "refused"
        elif found.ok:
            row["result"] = "proven"
        else:
            row["result"], row["why"] = "refused", [found.problem]
    except NetspecError as error:
        row["result"], row["why"] = "refused", [str(error)]
        found = None
    if found is not None:
        row["spec"] = sum(
            bool(line.strip()) and not line.strip().startswith("#") for line in found.text.splitlines()
        )
        row["notes"] = found.notes
    row["seconds"] = round(time.perf_counter() - begun, 1)
    return row


def run(sources: list[str], only: list[str], *, again: bool) -> None:
    known = {(each["source"], each["name"]) for each in results()} if not again else set()
    import torch  # noqa: F401  # once, for all that are forked off

    for source in sources:
        for name in only or names(source):
            if (source, name) in known:
                continue
            row = in_a_process(source, name)
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(source, name, row["result"], row.get("spec"), *(row.get("why") or ())[:2], flush=True)


def in_a_process(source: str, name: str) -> dict[str, Any]:
    """The result of one model, or that there is none."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()
    process = context.Process(target=_send, args=(theirs, source, name))
    process.start()
    theirs.close()
    try:
        found: dict[str, Any] | str = (
            mine.recv() if mine.poll(60 * MINUTES) else f"takes over {MINUTES} minutes"
        )
    except EOFError:
        found = "the process ended"
    process.kill()
    process.join()
    return (
        found
        if isinstance(found, dict)
        else {"source": source, "name": name, "result": "failed", "why": [found]}
    )


def _send(pipe: Any, source: str, name: str) -> None:
    try:
        pipe.send(import_one(source, name))
    except Exception as error:  # whatever it is, it is this model's result
        pipe.send(f"{type(error).__name__}: {error}")


def results() -> list[dict[str, Any]]:
    """The newest result of each model."""
    if not RESULTS.is_file():
        return []
    rows = [json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()]
    return list({(each["source"], each["name"]): each for each in rows}.values())


def table() -> str:
    """The results in Markdown: totals, then a row for each model."""
    rows = results()
    lines = [
        "| library | models | proven | partial | refused | spec lines by Python lines |",
        "|---|---|---|---|---|---|",
    ]
    sources = ("torchvision", "timm", "transformers")
    for source in sources:
        mine = [each for each in rows if each["source"] == source]
        if not mine:
            continue
        count = {state: sum(each["result"] == state for each in mine) for state in ("proven", "partial")}
        left = len(mine) - sum(count.values())
        proven = [each for each in mine if each["result"] == "proven" and each.get("python")]
        ratio = sum(each["spec"] for each in proven) / max(1, sum(each["python"] for each in proven))
        lines.append(
            f"| {source} | {len(mine)} | {count['proven']} | {count['partial']} | {left} | {ratio:.2f} |"
        )
    for source in sources:
        mine = sorted((each for each in rows if each["source"] == source), key=lambda each: each["name"])
        if mine:
            lines += [
                "",
                f"### {source}",
                "",
                "| model | result | spec | Python | why |",
                "|---|---|---|---|---|",
            ]
        for each in mine:
            why = "; ".join(_short(text) for text in (each.get("why") or ())[:2])
            cells = (each["name"], each["result"], each.get("spec") or "-", each.get("python", "-"), why)
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def _short(text: str) -> str:
    text = " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
    return text if len(text) <= 160 else f"{text[:157]}..."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("run", "one", "table"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--only", action="append", default=[], help="these models alone")
    parser.add_argument("--again", action="store_true", help="also what has a result")
    options = parser.parse_args()
    match options.what:
        case "one":
            print(json.dumps(import_one(*options.names)))
        case "run":
            run(options.names, options.only, again=options.again)
        case _:
            head, mark, _ = PAGE.read_text("utf-8").partition("<!-- table -->\n")
            PAGE.write_text(f"{head}{mark}\n{table()}\n", "utf-8")


if __name__ == "__main__":
    main()
