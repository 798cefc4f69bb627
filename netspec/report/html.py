"""A report in HTML, as notebooks show it: the text for people, with its colours, on a ground of its own."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from netspec.report.full import render_full

if TYPE_CHECKING:
    from netspec.report.model import Report

_STYLE = """\
.netspec-report{--error:#c4262e;--warning:#925f00;--info:#0b6e86;--mark:#1f5fbf;color-scheme:light dark;\
background:#fbfcfd;color:#1c2128;padding:12px 16px;margin:0;overflow-x:auto;white-space:pre;\
font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media(prefers-color-scheme:dark){.netspec-report{--error:#ff7b72;--warning:#e3b341;--info:#56d4dd;\
--mark:#79b8ff;background:#0f1319;color:#e8ecf1}}
.netspec-report .c31{color:var(--error)}
.netspec-report .c33{color:var(--warning)}
.netspec-report .c36{color:var(--info)}
.netspec-report .c34{color:var(--mark)}
.netspec-report b{font-weight:600}
"""
_PAINTED = re.compile("\x1b\\[1(?:;(\\d\\d))?m(.*?)\x1b\\[0m", re.DOTALL)


def report_html(report: Report) -> str:
    """An element with its style. The text for terminals holds no escape but its own colours, so that these
    are all there is to translate."""
    text = escape(render_full(report, color=True))
    return f'<pre class="netspec-report"><style>{_STYLE}</style>{_PAINTED.sub(_element, text)}</pre>'


def _element(painted: re.Match[str]) -> str:
    colour = f' class="c{painted[1]}"' if painted[1] else ""
    return f"<b{colour}>{painted[2]}</b>"
