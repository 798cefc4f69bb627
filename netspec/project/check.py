"""Check one file, unless the outcome is known: reading, then the cache, then the stages."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import Literal

from netspec.diagnostics import Collector, Diagnostic, Source
from netspec.files import carried_params, decoded, is_recipe, project_root
from netspec.project.cache import Store
from netspec.project.cache_entry import Entry
from netspec.reads import UNREADABLE, digest, recorded

# These may depend on files that were looked for and not read.
_NEVER_KEPT = frozenset(("NS212", "NS703"))


@dataclass(slots=True)
class Checker:
    """Checks the files of one run. What `--set` gives is text here: a recipe reads it in its own way."""

    store: Store | None = None
    oracle: Literal["torch"] | None = None
    asked: frozenset[str] = frozenset()
    """The codes to report that are reported only where they are asked for."""
    used: dict[str, set[str]] = field(default_factory=dict)
    """For each file that was checked, the others that were read for it."""
    _digests: dict[str, str] = field(default_factory=dict)
    _roots: dict[str, str] = field(default_factory=dict)

    def check(self, shown: str, data: bytes, given: tuple[str, ...] = ()) -> tuple[Diagnostic, ...]:
        """What is found in a file, whose reports call it `shown`, for the params given."""
        collector = Collector()
        source = decoded(shown, data, collector)
        if source is None:
            return collector.diagnostics
        store = self.store if self.oracle is None else None
        key = self._key(source, given) if store is not None else ""
        entry = store.get(key, source) if store is not None else None
        if entry is None or not all(self._is_current(*read) for read in entry.reads.items()):
            # Not imported where every outcome is known.
            from netspec.catalog import registered

            asked = registered.questions()
            entry = _checked(source, given, self.oracle, self.asked)
            # Which ops applications have registered, and what is installed, no digest knows.
            if store is not None and _may_be_kept(entry) and registered.questions() == asked:
                store.put(key, source, entry)
        self.used.setdefault(shown, set()).update(entry.reads)
        return entry.diagnostics

    def _key(self, source: Source, given: tuple[str, ...]) -> str:
        folder = os.path.dirname(source.path)
        if folder not in self._roots:
            self._roots[folder] = repr((os.path.realpath(folder or "."), project_root(source.path)))
        facts = (source.path, self._roots[folder], given, carried_params(source.path), source.text)
        return hashlib.sha256(repr((*facts, *sorted(self.asked))).encode()).hexdigest()

    def _is_current(self, path: str, known: str) -> bool:
        if path not in self._digests:
            try:
                with open(path, "rb") as file:
                    self._digests[path] = digest(path, file.read())
            except OSError:
                self._digests[path] = UNREADABLE
        return self._digests[path] == known


def _checked(
    source: Source, given: tuple[str, ...], oracle: Literal["torch"] | None, asked: frozenset[str]
) -> Entry:
    # Nothing of this is needed, nor imported, where every outcome is known.
    from netspec.api import validate_text
    from netspec.project.settings import settings

    with recorded() as reads:
        if is_recipe(source.text):
            from netspec.runner.recipe.load import check_source

            found = check_source(source, tuple(("--set", text) for text in given)).report.diagnostics
        else:
            params = settings(given)
            found = validate_text(source.text, path=source.path, oracle=oracle, **params).diagnostics
            if asked:
                from netspec.project.asked import asked_findings

                found = (*found, *asked_findings(source, params, asked))
    return Entry(found, reads)


def _may_be_kept(entry: Entry) -> bool:
    return UNREADABLE not in entry.reads.values() and not any(
        found.code in _NEVER_KEPT for found in entry.diagnostics
    )
