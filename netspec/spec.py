"""`Spec`: a spec that was read and is free of errors, as `netspec.load` returns it."""

from __future__ import annotations

from typing import Any

from netspec.pipeline import Checked
from netspec.report import Report


class Spec:
    """A spec without errors, for certain values of its params.

    `path` is where it was read (or `<text>`), `name` its class name, `params` the values of its
    params, `report` what was found (warnings at most).
    """

    def __init__(self, checked: Checked) -> None:
        self._checked = checked

    @property
    def path(self) -> str:
        return self._checked.source.path

    @property
    def text(self) -> str:
        """The YAML text."""
        return self._checked.source.text

    @property
    def name(self) -> str:
        assert self._checked.program is not None
        return self._checked.program.main.name

    @property
    def params(self) -> dict[str, Any]:
        return dict(self._checked.params or {})

    @property
    def report(self) -> Report:
        return self._checked.report

    @property
    def checked(self) -> Checked:
        """What every stage of the pipeline made of it; for tools, and not a stable interface."""
        return self._checked

    def _repr_html_(self) -> str:
        """What a notebook shows: the summary and the diagram."""
        from netspec.views.notebook import spec_html

        return spec_html(self._checked)

    def __repr__(self) -> str:
        return f"<Spec {self.name} from {self.path}>"
