"""The whole study: prints its table and writes docs/mutation.md.

Run: python -m benchmarks.mutation, with --each N for another number of mutants of a kind, --kind NAME
for one kind, --misses to print each mutant that falls short, and --verdicts FILE to keep what the judge says
from one run to the next.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.mutation.mutants import KINDS, ROOT, mutants
from benchmarks.mutation.outcome import Outcome
from benchmarks.mutation.page import page, write
from benchmarks.mutation.study import study

EACH = 40


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("--each", type=int, default=EACH, help="mutants of each kind")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="these kinds alone")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one mutant of N")
    parser.add_argument("--misses", action="store_true", help="print what falls short, and write no page")
    parser.add_argument("--processes", type=int, help="how many at a time; else one for each core")
    parser.add_argument("--verdicts", type=Path, metavar="FILE", help="keeps what the judge says")
    given = parser.parse_args()
    chosen = [
        each for each in mutants(given.each)[:: given.every] if not given.kind or each.kind in given.kind
    ]
    start = time.perf_counter()
    outcomes = study(chosen, processes=given.processes, verdicts=given.verdicts)
    text = page(outcomes, given.every)
    print(text)
    print(f"{len(chosen)} mutants in {time.perf_counter() - start:.0f} s")
    if given.misses:
        _print_misses(outcomes)
    elif not given.kind and given.each == EACH:
        write(ROOT / "docs" / "mutation.md", text)


def _print_misses(outcomes: Sequence[Outcome]) -> None:
    for each in outcomes:
        if each.shortcomings:
            lines = sorted(each.mutant.lines)
            print(f"\n{', '.join(each.shortcomings)}: {each.mutant.kind}, {each.mutant.path.name} {lines}")
            print(f"  judge: {each.verdict.kind} {each.verdict.why[:160]}")
            for line in lines[:2]:
                print("  " + "".join(each.mutant.text.splitlines()[line - 1 : line]))
            for found in each.findings[:4]:
                place = found.span.start_position
                print(
                    f"    {found.code} {place.line}:{place.column} {found.message[:160]}; help: {found.help}"
                )


if __name__ == "__main__":
    main()
