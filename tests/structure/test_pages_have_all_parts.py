"""A new code is seen here first: its page has every part, and the document that all pages make is current.

`tests/diagnostics/test_pages.py` runs what the pages show.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netspec.diagnostics import CODES
from netspec.diagnostics.explain import all_pages, page

DOCUMENT = Path(__file__).parents[2] / "docs" / "diagnostics.md"


@pytest.mark.parametrize("code", CODES)
def test_a_page_says_what_why_how_it_fails_how_it_is_mended_and_silenced(code: str) -> None:
    found = re.findall(r"^## (.+)$", page(code) or "", re.MULTILINE)
    assert found == ["Why it matters", "Fails", "Mended", "Silence"]


def test_the_document_of_all_pages_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == all_pages(), (
        "write it: python -c \"from netspec.diagnostics.explain import write; write('docs/diagnostics.md')\""
    )
