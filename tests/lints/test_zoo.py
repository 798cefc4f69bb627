"""What lints find in specs/, by name: three findings, each true, each with an ignore that says why.

That no other is found, and that these ignores are needed, `tests/zoo/test_specs_validate.py` shows.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netspec

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"
KNOWN = {
    ("mnist", "dropout2", "NS503"),
    ("torchvision/blocks/videoresnet", "between", "NS504"),
}


def test_the_ignores_of_the_repository_are_these() -> None:
    found = {}
    for path in sorted(SPECS.rglob("*.yaml")):
        for code, why in re.findall(r"# netspec: ignore\[(\w+)\] (\w+)", path.read_text(encoding="utf-8")):
            name = str(path.relative_to(SPECS).with_suffix(""))
            found[name, why, code] = found.get((name, why, code), 0) + 1
    assert set(found) == KNOWN
    assert sum(found.values()) == 3


# Changes to a spec of the zoo, and what is found then: lints are not merely silent there.
MISTAKES = [
    ("mnist", {"  - relu\n  - conv2\n": "  - relu\n  - relu\n  - conv2\n"}, "NS509"),
    ("mnist", {"[N, 1, 28, 28]": "[N, 1, 29, 28]", "[9216, 128]": "[auto, 128]"}, "NS513"),
    ("mnist", {"  fc2:": "  fc3: {Linear: [4, 4]}\n  fc2:"}, "NS501"),
    ("torchvision/alexnet", {"  - classifier\n": "  - classifier\n  - {view: [8, -1]}\n"}, "NS511"),
    ("torchvision/alexnet", {"  dropout: 0.5\n": "  dropout: 0.5\n  width: 1\n"}, "NS504"),
    ("torchvision/alexnet", {"  dropout: 0.5\n": "  dropout: 1.0\n"}, None),
    ("torchvision/alexnet", {"{Dropout: $dropout}": "{Dropout: 1.0}"}, "NS515"),
]


@pytest.mark.parametrize(("name", "changes", "code"), MISTAKES)
def test_a_mistake_in_a_spec_of_the_zoo_is_found(
    name: str, changes: dict[str, str], code: str | None
) -> None:
    path = SPECS / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    found = netspec.validate_text(text, path=str(path)).diagnostics
    assert [each.code for each in found] == ([code] if code else [])
