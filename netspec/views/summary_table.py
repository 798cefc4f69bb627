"""A summary as people read it: a table of text, in Markdown, or in HTML.

Blocks are indented by what is around them; below a depth, one line stands for all that a block has. In a
block's own line its amounts are sums, and its output is what it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from netspec.shapes.dims import Dim, dim, shown
from netspec.shapes.saved import BYTES
from netspec.shapes.values import Value
from netspec.views.amounts import amount, bytes_text, scaled, size
from netspec.views.diagram.style import colours
from netspec.views.spelling import label_text, output_text, sized_text
from netspec.views.summary import WEIGHTS, Part, Summary
from netspec.views.table import table

HEAD = ("step", "op", "output", "parameters", "FLOPs", "activations")
RIGHT = (3, 4, 5)
_WIDEST = 60
"""Characters of a formula."""
_MOST_COLUMNS = 116
"""Of a table in HTML, in characters."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: how deep it lies, and whether it is a block."""

    level: int
    block: bool
    cells: tuple[str, ...]


class _Cells:
    """Spells the amounts of one summary: as formulas, or (`valued`) as what they are for its sizes."""

    def __init__(self, summary: Summary, *, valued: bool) -> None:
        self.summary = summary
        self.valued = valued or summary.given

    def lines(self, depth: int | None) -> Iterator[Line]:
        yield from self._parts(self.summary.parts, 0, depth)

    def _parts(self, parts: Sequence[Part], level: int, depth: int | None) -> Iterator[Line]:
        for part in parts:
            yield Line(level, bool(part.parts), self._part(part))
            if depth is None or level + 1 < depth:
                yield from self._parts(part.parts, level + 1, depth)

    def _part(self, part: Part) -> tuple[str, ...]:
        if part.op == "input":
            return (part.name, part.op, self.output(part.output), "", "", "")
        count = f"{part.parameters:,}" if part.parameters else "-"
        amounts = (count, self.flops(part.flops), self.memory(part.memory))
        return (part.name, part.op, self.output(part.output), *amounts)

    @property
    def total(self) -> tuple[str, ...]:
        whole = self.summary
        return ("total", "", "", f"{whole.parameters:,}", self.flops(whole.flops), self.memory(whole.memory))

    def output(self, value: Value) -> str:
        if self.summary.given:
            return sized_text(value, self.summary.typical)
        return label_text(value, self.summary.typical) if self.valued else output_text(value)

    def flops(self, count: Dim | None) -> str:
        return self._spelled(count, amount, lambda number: scaled(number, 1000).strip())

    def memory(self, count: Dim | None) -> str:
        return self._spelled(count, bytes_text, size)

    def _spelled(
        self, count: Dim | None, formula: Callable[[Dim | None], str], value: Callable[[int], str]
    ) -> str:
        """A formula; where that is too long to read, its value for the typical sizes."""
        text = formula(count)
        if count is None or text == "-":
            return text
        number = count.evaluate(self.summary.typical)
        if self.summary.given:
            return value(number)
        if self.valued:
            return value(number) if count.value is not None else f"~{value(number)}"
        return text if len(text) <= _WIDEST else f"~{formula(dim(number))}"


def as_text(summary: Summary, depth: int | None, width: int | None = None) -> str:
    """The table and what is to be said of it."""
    text = _text(_Cells(summary, valued=False), depth)
    if width is not None and max(map(len, text.splitlines())) > width:
        text = _text(_Cells(summary, valued=True), depth)
    return "\n".join([text, "", *notes(summary, approximate="~" in text)])


def _text(cells: _Cells, depth: int | None) -> str:
    rows = [("  " * line.level + line.cells[0], *line.cells[1:]) for line in cells.lines(depth)]
    return table(HEAD, rows, cells.total, right=RIGHT)


def as_markdown(summary: Summary, depth: int | None) -> str:
    """A table as GitHub and others draw it."""
    cells = _Cells(summary, valued=False)
    rules = [("---:" if column in RIGHT else "---") for column in range(len(HEAD))]
    rows = [
        ("&nbsp;&nbsp;" * line.level + _plain(line.cells[0]), *map(_plain, line.cells[1:]))
        for line in cells.lines(depth)
    ]
    total = tuple(f"**{_plain(cell)}**" if cell else "" for cell in cells.total)
    lines = [f"| {' | '.join(row)} |" for row in (HEAD, rules, *rows, total)]
    remarks = notes(summary, approximate=any("~" in line for line in lines))
    return "\n".join([*lines, "", *(f"{_plain(note)}  " for note in remarks)]).rstrip()


def _plain(text: str) -> str:
    """A text in which nothing is markup."""
    return "".join(f"&#{ord(char)};" if char in "\\`*_{}[]<>|~#&" else char for char in text)


def as_page(summary: Summary, depth: int | None) -> str:
    name = escape(summary.name)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n</head>\n"
        f'<body style="margin:0">\n{as_fragment(summary, depth)}\n</body>\n</html>\n'
    )


def as_fragment(summary: Summary, depth: int | None, caption: str = "") -> str:
    """The table with its style, to stand in a page or a notebook; `caption` is HTML, beside the name.
    Where formulas are long, their values stand for them, and a pointer over a cell shows the formula."""
    formulas = _Cells(summary, valued=False)
    wide = len(_text(formulas, depth).partition("\n")[0]) > _MOST_COLUMNS
    cells = _Cells(summary, valued=wide)
    head = "".join(f"<th{_side(column)}>{escape(word)}</th>" for column, word in enumerate(HEAD))
    both = zip(cells.lines(depth), formulas.lines(depth), strict=True)
    body = "".join(_row(line, formula.cells) for line, formula in both)
    foot = "".join(map(_cell, range(len(HEAD)), cells.total, formulas.total))
    remarks = notes(summary, approximate="~" in body)
    return (
        f'<div class="netspec-summary"><style>{colours(".netspec-summary")}{_STYLE}</style>'
        f"<table><caption>{escape(summary.name)} {caption}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody><tfoot><tr>{foot}</tr></tfoot></table>"
        f"<p>{'<br>'.join(map(escape, remarks))}</p></div>"
    )


def _row(line: Line, formulas: Sequence[str]) -> str:
    first, *others = line.cells
    indent = f' style="padding-left:{10 + 16 * line.level}px"'
    cells = "".join(map(_cell, range(1, len(HEAD)), others, formulas[1:]))
    return f"<tr{_BLOCK if line.block else ''}><td{indent}>{escape(first)}</td>{cells}</tr>"


def _cell(column: int, text: str, formula: str) -> str:
    title = f' title="{escape(formula)}"' if formula != text else ""
    return f"<td{_side(column)}{title}>{escape(text)}</td>"


def _side(column: int) -> str:
    return ' class="n"' if column in RIGHT else ""


_BLOCK = ' class="block"'
_STYLE = """\
.netspec-summary{background:var(--paper);color:var(--ink);padding:14px 18px;overflow-x:auto;\
font:13px/1.45 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.netspec-summary table{border-collapse:collapse;background:none}
.netspec-summary caption{text-align:left;font-size:15px;font-weight:600;padding:2px 10px 8px;color:var(--ink)}
.netspec-summary caption small{font-weight:400;font-size:12.5px;color:var(--soft)}
.netspec-summary :is(td,th){padding:3px 10px;text-align:left;white-space:nowrap;border:0;\
border-bottom:1px solid var(--edge);color:var(--ink)}
.netspec-summary tr{background:none}
.netspec-summary tbody tr:hover{background:var(--deep1)}
.netspec-summary th{color:var(--soft);font-weight:600}
.netspec-summary td:nth-child(n+3){font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,\
"DejaVu Sans Mono",monospace}
.netspec-summary .n{text-align:right;font-variant-numeric:tabular-nums}
.netspec-summary .block td:first-child{font-weight:600}
.netspec-summary .block td{background:var(--deep1)}
.netspec-summary tfoot td{font-weight:600;border-top:2px solid var(--line);border-bottom:0}
.netspec-summary p{color:var(--soft);margin:10px 10px 2px}
"""


def notes(summary: Summary, *, approximate: bool) -> list[str]:
    """The totals in words."""
    sizes = ", ".join(f"{size(BYTES[dtype] * summary.parameters)} as {dtype}" for dtype in WEIGHTS)
    lines = [f"parameters: {summary.parameters:,} ({sizes})"]
    if summary.uncounted:
        lines.append(f"not counted: what {', '.join(summary.uncounted)} of an application may hold")
    if summary.buffers:
        lines.append(f"buffers: {summary.buffers:,} values")
    if summary.flops is not None and summary.memory is not None:
        named = sorted((name, each) for name, each in summary.typical.items() if shown(name) != "_")
        where = f"for {', '.join(f'{name} = {each}' for name, each in named)}: " if named else ""
        flops, memory = summary.flops.evaluate(summary.typical), summary.memory.evaluate(summary.typical)
        lines.append(f"{where}{scaled(flops, 1000)}FLOPs, {size(memory)} of activations")
    lines.append(_memory(summary))
    lines.append("FLOPs: two for each multiply-add of matrix products, convolutions and attention")
    if approximate:
        lines.append("~: the value for these sizes, where the formula is long")
    return lines


def _memory(summary: Summary) -> str:
    """What training keeps and inference holds, for the typical sizes."""
    if summary.kept is not None:
        training = f"training keeps {size(summary.kept.evaluate(summary.typical))} for backward"
    else:
        training = f"what training keeps is not known ({', '.join(summary.unknown) or 'a size is unknown'})"
    if summary.peak is None:
        return training
    return f"{training}; inference holds at most {size(summary.peak.evaluate(summary.typical))} at once"
