"""docs/mutation.md: what the study does, its table, and how near the goals are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.mutation.outcome import Outcome
from benchmarks.mutation.table import counted, judged, share, table

_HEAD = """\
# The mutation study

How well does netspec find mistakes? The study makes one mistake at a time in the specs of `specs/`: {kinds}
kinds, {mutants:,} mutants, the same in every run. For each, it asks a judge whether the mutant is wrong,
and netspec, without PyTorch, what it says.
`python -m benchmarks.mutation --every {every}` runs it and writes this page{part}.

## The judge

The judge (`benchmarks/mutation/judge/`) holds no line of netspec and no rule about shapes. PyYAML's parser
reads the text, Python evaluates the expressions, and PyTorch builds the layers and runs the steps, on
tensors without data, in training and in evaluation and for two choices of the sizes that are names; with
data, too, where netspec reports an error, or the mistake concerns a dtype or an axis. Of seven
builders of torchvision the judge must build the very network: a test compares the names and shapes of all
weights. Its verdicts on the mutants:

| verdict | mutants |
|---|---:|
{verdicts}

A file of blocks is judged with its own defaults. Where netspec reports an error and the judge has none, the
variants of the zoo that use the file are judged as well, since the defaults may leave a block out.

## The result

| of the wrong mutants | goal | found |
|---|---:|---:|
{goals}

"At the line": an error has its place on the line of the mistake (of a removed line, on a line beside the
gap). Where a name is misspelled where it is declared, or a size changed, the mistake may show elsewhere:
"or labelled" counts a label of the report on that line, too. "One finding" counts findings of every
severity. "Mended": what the first error says, done word for word, gives a text that netspec accepts and the
judge finds right: the report's fix, if it has one; else, from its help, one of the first three texts in
backticks, or what stands behind `set ... to`, in place of what is marked; or, where the help says "remove
it", the text without what is marked, or without its line.

{table}

## What no report can tell

Of some mistakes, the text does not say where they were made:

- One declaration and one use that disagree (`as misspelled`, `layer renamed`, a size that one layer gives
  and one takes): either may be the slip. What decides is which spelling is a word, and which number stands
  elsewhere in the same place; where that says nothing, the finding stays at the use, with both changes.
- `as dropped`, `layer removed`, `step removed`, `section removed`: what is missing shows where it is needed.
  Any of several steps could have had the name.
- A stride, a kernel or a padding in one of many layers shows where sizes meet: in `cat`, in a residual
  connection, in the last layer. The search finds it where other layers have another number in the same
  place, as far as the number of trials goes; that gets smaller with the network, since a report is to take
  a fraction of a second.
- A number of a variant (`model value changed`) means what the file that it uses makes of it.
"""
VERDICTS = {
    "yaml": "wrong: no YAML, or a key twice",
    "language": "wrong: breaks a rule of the language (a name that is nowhere, an unknown key)",
    "types": "wrong: contradicts PyTorch's own annotations",
    "torch": "wrong: PyTorch raises while the network is built or run",
    "right": "not wrong",
}
GOALS = (
    ("reported", "reported", 99), ("at its line", "at the line of the mistake", 90),
    ("or labelled", "at the line, or labelled", None), ("one finding", "with one finding", 90),
    ("mended", "mended by fix or help", 60),
)  # fmt: skip


def page(outcomes: Sequence[Outcome], every: int = 1) -> str:
    """The page for these outcomes, of every so many of the mutants."""
    counts, verdicts = counted(outcomes), judged(outcomes)
    goals = [
        f"| {words} | {f'{goal} %' if goal else '-'} | {share(counts[name], counts['wrong'])} |"
        for name, words, goal in GOALS
    ]
    goals.append(f"| false alarms: not wrong, and called an error | 0 | {counts['false alarms']} |")
    return _HEAD.format(
        kinds=len({each.mutant.kind for each in outcomes}),
        mutants=len(outcomes),
        every=every,
        part="" if every == 1 else f", for one mutant of {every}; `--every 1` runs all",
        verdicts="\n".join(f"| {words} | {verdicts[kind]} |" for kind, words in VERDICTS.items()),
        goals="\n".join(goals),
        table=table(outcomes),
    )


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
