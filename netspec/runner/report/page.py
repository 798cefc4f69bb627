"""The report as one HTML page: `page(about, plots, judged)`. It holds all that it shows, and no script."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from netspec.runner.report.judge import Judgement, Worst
from netspec.views.plots.shapes import Plot
from netspec.views.plots.svg_plot import plot_svg

_MOST_CONFUSIONS = 10


@dataclass(frozen=True, slots=True)
class About:
    """What the page says of a run: its name, a line on it, its figures (heading, value), what warned, the
    summary and the diagram of the network as HTML, the recipe's text, versions and other facts."""

    name: str
    line: str
    figures: tuple[tuple[str, str], ...]
    warnings: str
    network: str
    recipe: str
    facts: Mapping[str, object]


def page(about: About, plots: Sequence[Plot], judged: Sequence[tuple[Judgement, Plot | None]]) -> str:
    """The whole page; `judged` has the plot of each judgement's matrix, where it has one."""
    title = escape(about.name)
    parts = [
        f"<header><h1>{title}</h1><p>{escape(about.line)}</p></header>",
        _figures(about.figures),
        _section("How it went", _row(map(_plot, plots))),
    ]
    parts.extend(_judged(judgement, matrix) for judgement, matrix in judged)
    parts.append(_section("The network", about.network))
    parts.append(_section("The recipe, as run", f"<pre>{escape(about.recipe)}</pre>"))
    if about.warnings:
        parts.append(_section("What the checks said", f"<pre>{escape(about.warnings)}</pre>"))
    parts.append(_section("Versions", _facts(about.facts)))
    style = files("netspec.runner.report").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _heading(judgement: Judgement) -> str:
    return f"Held-out samples, {judgement.name}" if judgement.name else "Held-out samples"


def _section(heading: str, inner: str) -> str:
    return f"<section><h2>{escape(heading)}</h2>\n{inner}</section>" if inner else ""


def _row(parts: Iterable[str]) -> str:
    return f'<div class="row">{"".join(parts)}</div>'


def _plot(plot: Plot) -> str:
    return _image(plot_svg(plot).encode(), "svg+xml", plot.title)


def _image(data: bytes, kind: str, words: str) -> str:
    return f'<img alt="{escape(words)}" src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'


def _figures(figures: Sequence[tuple[str, str]]) -> str:
    cards = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in figures)
    return f'<dl class="cards">{cards}</dl>'


def _judged(judgement: Judgement, matrix: Plot | None) -> str:
    inner = "" if matrix is None else _row((_plot(matrix), _confusions(judgement)))
    worst = "".join(map(_worst, judgement.worst))
    worst = f'<h3>The largest losses</h3><div class="worst">{worst}</div>' if worst else ""
    return _section(_heading(judgement), inner + worst)


def _confusions(judgement: Judgement) -> str:
    """The pairs that were confused most often."""
    pairs = [
        (count, sum(line), judgement.classes[true], judgement.classes[guess])
        for true, line in enumerate(judgement.counts)
        for guess, count in enumerate(line)
        if count and true != guess
    ]
    pairs.sort(key=lambda pair: -pair[0])
    if not pairs:
        return ""
    rows = "".join(
        f"<tr><td>{escape(true)}</td><td>{escape(guess)}</td><td class=n>{count:,} of {total:,}</td></tr>"
        for count, total, true, guess in pairs[:_MOST_CONFUSIONS]
    )
    head = "<tr><th>true</th><th>taken for</th><th class=n>times</th></tr>"
    return f"<table><caption>Confused most often</caption><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _worst(worst: Worst) -> str:
    picture = "" if worst.picture is None else _image(worst.picture, "png", worst.place)
    lines = [f"loss {worst.loss:.3g}"]
    lines += [f"true {worst.truth}"] if worst.truth else []
    lines += [f"predicted {worst.guess}"] if worst.guess else []
    words = "<br>".join(map(escape, lines))
    return f'<figure title="{escape(worst.place)}">{picture}<figcaption>{words}</figcaption></figure>'


def _facts(facts: Mapping[str, object]) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in facts.items()
    )
    return f"<table><tbody>{rows}</tbody></table>"
