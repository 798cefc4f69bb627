"""Which mutants there are: each kind of mistake at places drawn from all specs, the same in every run."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutation.change import Change, applied
from benchmarks.mutation.kinds import arguments, layout, spelling, values
from benchmarks.mutation.original import Original

ROOT = Path(__file__).parents[2]
SEED = 20
# Files with parts of the language that the judge does not know: buffers that steps compute, optional
# inputs, inputs that are integers, files that hold only blocks.
UNREAD = (
    "swin",
    "swin_v2",
    "swin3d",
    "maxvit",
    "maxvit_t",
    "mvit",
    "mvit_v1_b",
    "mvit_v2_s",
    "transformer_seq2seq",
)
# Of a variant (four lines that name a class of another file) there are many, and little to mutate.
VARIANTS = 4

Kind = Callable[[Original], Iterator[Change]]

KINDS: dict[str, Kind] = {
    name.replace("_", " "): function
    for module in (spelling, values, arguments, layout)
    for name, function in vars(module).items()
    if not name.startswith("_")
    and callable(function)
    and getattr(function, "__module__", "") == module.__name__
    and name not in ("misspelled", "step_names")
}


@dataclass(frozen=True)
class Mutant:
    """A spec with one mistake; `lines` are where it can be seen."""

    kind: str
    path: Path
    text: str
    lines: frozenset[int]


@functools.cache
def originals() -> list[Original]:
    """Every spec of the repository; recipes are no specs."""
    paths = [path for path in sorted((ROOT / "specs").rglob("*.yaml")) if path.parent.name != "recipes"]
    files = [Original(path, path.read_text(encoding="utf-8")) for path in paths]
    files = [file for file in files if "\nforward:" in file.text or is_variant(file)]
    return [file for file in files if file.path.stem not in UNREAD and not _uses(file, UNREAD)]


def _uses(file: Original, stems: Collection[str]) -> bool:
    return any(f"/{stem}.yaml" in file.text for stem in stems)


def mutants(each: int, files: Sequence[Original] | None = None) -> list[Mutant]:
    """At most so many of each kind, from as many files as can be."""
    found: list[Mutant] = []
    files = files or originals()
    for name, kind in KINDS.items():
        found += _drawn(name, kind, files, each)
    return found


def _drawn(name: str, kind: Kind, files: Sequence[Original], count: int) -> list[Mutant]:
    rows = [_in_order(file, kind, name) for file in files if not is_variant(file)]
    others = [_in_order(file, kind, name) for file in files if is_variant(file)]
    rows, others = (sorted((row for row in each if row), key=_first, reverse=True) for each in (rows, others))
    found: dict[tuple[Path, str], Mutant] = {}
    while len(found) < count and (rows or others):
        sites = [row.pop() for row in rows]
        sites += [row.pop() for row in others[: len(others) // VARIANTS]]
        others = others[len(others) // VARIANTS :] + others[: len(others) // VARIANTS]
        rows, others = [row for row in rows if row], [row for row in others if row]
        if not sites:
            sites = [row.pop() for row in others]
        for _, file, change in sites[: count - len(found)]:
            text, lines = applied(file.text, change)
            if text != file.text:
                found.setdefault((file.path, text), Mutant(name, file.path, text, lines))
    return list(found.values())


def is_variant(file: Original) -> bool:
    return "\nmodel:" in file.text


Site = tuple[str, Original, Change]


def _in_order(file: Original, kind: Kind, name: str) -> list[Site]:
    """Where a file can be changed, in an order that is drawn for each place by itself: a new spec in the
    repository leaves the mutants of the others as they are."""
    path = file.path.relative_to(ROOT).as_posix()
    sites = ((_drawn_number(name, path, str(change)), file, change) for change in kind(file))
    return sorted(sites, key=lambda site: site[0])


def _drawn_number(*words: str) -> str:
    return hashlib.sha256(" ".join((str(SEED), *words)).encode()).hexdigest()


def _first(sites: list[Site]) -> str:
    return sites[-1][0]
