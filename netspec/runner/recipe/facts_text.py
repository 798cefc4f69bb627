"""Facts of a text: how many windows it has, and how many numbers its tokenizer knows.

A tokenizer is `bytes` (256 numbers), `characters` (those of the text, in the order of their code points), or
the path of a `tokenizer.json` as Hugging Face's tokenizers write it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netspec.runner.recipe.facts import ColumnFacts, Damaged, SetFacts
from netspec.runner.recipe.parts import part_of, windows
from netspec.runner.recipe.records import Component

TOKENS, NEXT = "tokens", "next"
# Reading a larger text takes longer than checking should.
_MOST_BYTES = 64 * 2**20


def text_facts(data: Component) -> SetFacts:
    """Where the text or its tokenizer is not there to look at, neither size is known."""
    arguments = data.arguments
    path, context = Path(arguments["path"]), arguments["context"]
    size, count = _vocabulary(data, path)
    if count is not None:
        part = part_of(count, arguments["split"], arguments["held_out"])
        count = windows(len(part), context, arguments["stride"])
        if count == 0:
            raise Damaged(
                f"this part of `{path}` holds {len(part):,} tokens, too few for one window of {context:,} "
                "and the next token",
                "give a smaller `context`",
                "context",
            )
    column = ColumnFacts("tokens", (context,), size)
    return SetFacts({TOKENS: column, NEXT: column}, TOKENS, NEXT, count)


def _vocabulary(data: Component, path: Path) -> tuple[int | None, int | None]:
    """How many numbers there are, and how many of them the text is."""
    try:
        size = path.stat().st_size
    except OSError:
        size = None
    match data.arguments["tokenizer"]:
        case "bytes":
            return 256, size
        case "characters":
            return _characters(path) if size is not None and size <= _MOST_BYTES else (None, None)
    file = Path(data.arguments["tokenizer"])
    try:
        found = json.loads(file.read_bytes())
    except OSError:
        return None, None
    except ValueError:
        found = None
    numbers = _numbers(found)
    if not numbers:
        raise Damaged(
            f"`{file}` is no tokenizer",
            "write `bytes`, `characters`, or the path of a `tokenizer.json`",
            "tokenizer",
        )
    return max(numbers) + 1, None


def _characters(path: Path) -> tuple[int, int]:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise Damaged(
            f"`{path}` is no UTF-8 text: byte {error.start} is not", "use `tokenizer: bytes`", "path"
        ) from None
    return len(set(text)), len(text)


def _numbers(found: Any) -> list[int]:
    """All numbers that a tokenizer's file gives to a token."""
    if not isinstance(found, dict) or not isinstance(found.get("model"), dict):
        return []
    vocabulary = found["model"].get("vocab")
    # A unigram model lists its tokens; the others number them.
    numbers = list(vocabulary.values()) if isinstance(vocabulary, dict) else [*range(len(vocabulary or ()))]
    added = [each.get("id") for each in found.get("added_tokens") or () if isinstance(each, dict)]
    return [each for each in (*numbers, *added) if type(each) is int]
