"""Counts as people read them: with separators, with unit prefixes, as formulas.

>>> scaled(25_557_032, 1000), size(4_718_592), grouped("778752*N")
('25.6 M', '4.5 MiB', '778,752*N')
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.shapes.dims import ZERO, Dim


def amount(count: Dim | None) -> str:
    """A formula with separators; `-` for none, `?` for an unknown one."""
    if count is None:
        return "?"
    if count == ZERO:
        return "-"
    return f"{count.value:,}" if count.value is not None else grouped(str(count))


def bytes_text(count: Dim | None) -> str:
    """As `amount`, for bytes."""
    if count is None or count == ZERO:
        return amount(count)
    return size(count.value) if count.value is not None else f"{grouped(str(count))} B"


def size(count: int) -> str:
    """Bytes: `4.5 MiB`."""
    return f"{scaled(count, 1024)}B"


def scaled(count: int, base: int) -> str:
    """A number with a unit prefix, to which a unit can be added: `24.0 M`, `4.6 Mi`, `12 `."""
    prefixes = ("", "k", "M", "G", "T", "P") if base == 1000 else ("", "Ki", "Mi", "Gi", "Ti", "Pi")
    number = float(count)
    for prefix in prefixes[:-1]:
        if number < base:
            return f"{number:.1f} {prefix}" if prefix else f"{count} "
        number /= base
    return f"{number:.1f} {prefixes[-1]}"


def grouped(formula: str) -> str:
    """Thousands separators in a formula."""
    return "".join(f"{int(part):,}" if part.isdecimal() else part for part in _tokens(formula))


def _tokens(formula: str) -> Iterator[str]:
    word = ""
    for char in formula:
        if word and char.isdecimal() != word.isdecimal():
            yield word
            word = ""
        word += char
    yield word
