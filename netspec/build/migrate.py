"""Weights of one network for the next: what fits goes over, by name and by the renames that a diff finds."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.build.carry_over import CarriedOver, carry_over
from netspec.build.weights import drawn, write_safe_file
from netspec.pipeline import Checked
from netspec.report.display import escaped
from netspec.views.diff import Difference


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did: `renames` has the new name of each tensor that has one, `carried` what was
    loaded; everything else was drawn from the `seed`."""

    path: str
    renames: dict[str, str]
    carried: CarriedOver
    seed: int

    def __str__(self) -> str:
        lines = [f"wrote {self.path}", str(self.carried)]
        renamed = [(old, new) for old, new in self.renames.items() if new in self.carried.kept]
        lines += [escaped(f"renamed   {old}: now {new}") for old, new in renamed]
        if not self.carried.complete:
            lines.append(f"what was not loaded was drawn from the seed {self.seed}")
        return "\n".join(lines)


def migrate(old: str, new: Checked, found: Difference, path: str, seed: int) -> Migrated:
    """Write a safe file at `path` for the network `new`, with what fits of the weights in `old`; `found` is
    the difference of the two. SafeFileError where nothing fits."""
    module = drawn(new, seed)
    carried = carry_over(module, old, renames=found.renames)
    write_safe_file(module.state_dict(), new, new.params or {}, path, about={"migrated_from": old})
    return Migrated(path, found.renames, carried, seed)
