"""The texts of a spec -> checked spec, as whoever has nothing but these texts sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.carry import Bundle
from netspec.carry.place import within
from netspec.carry.read import contents
from netspec.diagnostics import Source
from netspec.errors import SpecError
from netspec.pipeline import Checked, check
from netspec.unsaved import unsaved


def checked_of(bundle: Bundle, params: Mapping[str, Any], path: str) -> Checked:
    """The spec, without errors, as if a safe file at `path` held it; no file is read. SpecError where it has
    some."""
    with unsaved(contents(path, bundle)):
        checked = check(Source(within(path, bundle.main), bundle.text), params)
    if not checked.report.ok or checked.program is None:
        raise SpecError(checked.report)
    return checked
