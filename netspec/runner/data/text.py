"""Windows of a text as numbers, each with the same window one place further on: what a language model
learns from."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.errors import RunError
from netspec.runner.recipe.parts import part_of, windows


def load_text(
    *,
    path: str,
    context: int,
    tokenizer: str = "bytes",
    stride: int | None = None,
    split: Literal["all", "train", "test"] = "all",
    held_out: float = 0.1,
) -> MemorySet:
    """Columns: `tokens` and `next`, `[context]` each, `stride` (default `context`) apart. `tokenizer` is
    `bytes`, `characters` (numbered by their code points' order in the whole text), or the path of a
    `tokenizer.json`. The test part is the last `held_out` of the text. RunError where a file cannot be read
    or the part is too short."""
    file = Path(path)
    tokens, names = _tokens(file, tokenizer)
    part = part_of(len(tokens), split, held_out)
    tokens = tokens[part.start : part.stop]
    step = stride or context
    if not windows(len(tokens), context, stride):
        raise RunError(
            f"this part of {file} has {len(tokens):,} tokens, too few for a window of {context:,} and the "
            "token behind it: give a smaller `context`"
        )
    column = Column("tokens", classes=len(names), names=names)
    return MemorySet(
        name=f"{file.name} ({split})" if split != "all" else file.name,
        columns={"tokens": column, "next": column},
        # Views of one tensor: overlapping windows take no more memory.
        values={
            "tokens": tokens[:-1].unfold(0, context, step),
            "next": tokens[1:].unfold(0, context, step),
        },
        main="tokens",
        target="next",
        sources=dict.fromkeys(("tokens", "next"), file),
        more=() if tokenizer in ("bytes", "characters") else (Path(tokenizer),),
    )


def _tokens(file: Path, tokenizer: str) -> tuple[Tensor, tuple[str, ...]]:
    """A text's tokens, and what each number stands for."""
    data = _read(file)
    if tokenizer == "bytes":
        return torch.from_numpy(np.frombuffer(data, np.uint8).copy()), tuple(map(chr, range(256)))
    try:
        text = data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise RunError(
            f"{file} is no UTF-8 text: byte {error.start} is not; use `tokenizer: bytes`"
        ) from None
    if tokenizer == "characters":
        points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        known, numbers = np.unique(points, return_inverse=True)
        return torch.from_numpy(numbers.astype(np.int32)), tuple(map(chr, known.tolist()))
    return _encoded(text, Path(tokenizer))


def _encoded(text: str, file: Path) -> tuple[Tensor, tuple[str, ...]]:
    if find_spec("tokenizers") is None:
        raise RunError(f"{file} needs the package `tokenizers`: pip install tokenizers")
    from tokenizers import Tokenizer

    data = _read(file)
    try:
        known = Tokenizer.from_str(data.decode("utf-8"))
        numbers = known.encode(text, add_special_tokens=False).ids
    except Exception as error:
        raise RunError(f"{file} is no tokenizer that can be used ({error})") from None
    size = 1 + max(known.get_vocab(with_added_tokens=True).values())
    names = tuple(known.id_to_token(number) or "" for number in range(size))
    return torch.tensor(numbers, dtype=torch.int32), names


def _read(file: Path) -> bytes:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise RunError(
            f"{file} cannot be read ({error.strerror}): paths of data start where netspec is called"
        ) from None
    if not data:
        raise RunError(f"{file} is empty")
    return data
