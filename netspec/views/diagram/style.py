"""The look of the SVG and of the page: one style sheet, for a light ground and a dark one."""

from __future__ import annotations

from netspec.views.diagram.palette import FAMILIES
from netspec.views.svg import MONO, SANS

_LIGHT = {
    "paper": "#fbfcfd", "ink": "#1c2128", "soft": "#5c6673", "line": "#8a94a1", "edge": "#c9d1da",
    "deep0": "#ffffff", "deep1": "#f5f7fa", "label": "#46505c", "accent": "#1f6feb",
}  # fmt: skip
_DARK = {
    "paper": "#0f1319", "ink": "#e8ecf1", "soft": "#9ba7b4", "line": "#717d8b", "edge": "#39424e",
    "deep0": "#151a22", "deep1": "#1b222c", "label": "#bac4cf", "accent": "#6ea8fe",
}  # fmt: skip
_RULES = f"""\
text{{font-family:{SANS};fill:var(--ink)}}
.paper{{fill:var(--paper)}}
.name{{font-size:13px;font-weight:600}}
.text{{font-family:{MONO};font-size:11px;fill:var(--soft)}}
.count{{font-size:10.5px;fill:var(--soft);text-anchor:end}}
.label{{font-family:{MONO};font-size:10.5px;fill:var(--label);text-anchor:middle}}
.back{{fill:var(--ground)}}
.way{{fill:none;stroke:var(--line);stroke-width:1.3}}
.tip{{fill:var(--line)}}
.sign{{stroke:var(--soft);stroke-width:1.5;fill:none}}
.even{{--ground:var(--deep0)}}
.odd{{--ground:var(--deep1)}}
.folded>.behind{{opacity:.55}}
"""


def style(selector: str = "svg") -> str:
    """The rules of a diagram, and its colours, which are set on what `selector` names."""
    families = "".join(
        f".{name}>.frame,.{name}>.behind{{fill:var(--{name}-fill);stroke:var(--{name}-line)}}\n"
        for name in FAMILIES
    )
    opened = ".open>.frame{fill:var(--ground);stroke:var(--edge);stroke-width:1.2}\n"
    return f"{colours(selector)}{_RULES}{families}{opened}"


def colours(selector: str) -> str:
    """The colours alone, as variables for what `selector` names, on a light ground and on a dark one."""
    light, dark = dict(_LIGHT), dict(_DARK)
    for name, family in FAMILIES.items():
        light |= {f"{name}-fill": family.fill, f"{name}-line": family.line}
        dark |= {f"{name}-fill": family.dark_fill, f"{name}-line": family.dark_line}
    return (
        f"{selector}{{color-scheme:light dark;--ground:var(--paper);{_set(light)}}}\n"
        f"@media(prefers-color-scheme:dark){{{selector}{{{_set(dark)}}}}}\n"
    )


def _set(colours: dict[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())
