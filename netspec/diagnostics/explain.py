"""The page of each code: what it means, why it matters, a spec that fails with it, and the same spec mended.

`page("NS402")` is what `netspec explain NS402` shows; `write("docs/diagnostics.md")` puts all pages
in one file, where `docs/diagnostics.md#ns402` leads to one of them.

>>> page("NS402").splitlines()[0]
'# NS402 size-mismatch'
"""

from __future__ import annotations

import re
from pathlib import Path

from netspec.diagnostics.codes import CODES, Code

_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_INTRODUCTION = """# Diagnostics

Everything that netspec reports has a code, which never changes its meaning. An error keeps a spec
from being compiled; a warning or an info does not. `netspec explain CODE` shows the same pages.

A comment silences a warning or an info on its own line, or on the line below it if it stands alone:

```yaml
layers:
  head: {Linear: [64, 10]}  # netspec: ignore[NS501] kept for old checkpoints
```

Several codes are parted by commas, and words after the bracket say why. Errors cannot be silenced.
"""


def page(code: str) -> str | None:
    """The page of a code in Markdown; None for an unknown code. Letter case does not count."""
    if code.upper() not in CODES:
        return None
    # A report without pages needs no reader of resources, which is slow to import.
    from importlib.resources import files

    return files("netspec.diagnostics").joinpath("pages", f"{code.upper()}.md").read_text(encoding="utf-8")


def section(code: str, title: str) -> str:
    """The text under `## title` of a code's page; empty where there is none."""
    parts = re.split(r"^## (.+)\n", page(code) or "", flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(title, "").strip()


def examples(code: str) -> tuple[str, str] | None:
    """The YAML that fails with a code, and the same mended; None where no YAML alone produces it."""
    found = [_FENCE.search(section(code, title)) for title in ("Fails", "Mended")]
    texts = [match["text"] for match in found if match is not None and match["language"] == "yaml"]
    return (texts[0], texts[1]) if len(texts) == 2 else None


def all_pages() -> str:
    """One Markdown document: a table of the codes, then every page under an anchor of its own."""
    rows = [f"| [{each.code}](#{each.code.lower()}) | {each.name} | {_kind(each)} | {each.summary} |"
            for each in CODES.values()]  # fmt: skip
    table = "\n".join(["| code | name | kind | what it says |", "|---|---|---|---|", *rows])
    return "\n".join([_INTRODUCTION, table, "", *(_entry(each) for each in CODES.values())])


def write(path: str) -> None:
    """Write all pages to a file."""
    Path(path).write_text(all_pages(), encoding="utf-8", newline="\n")


def _kind(code: Code) -> str:
    return f"{code.severity}, where asked for" if code.asked else code.severity


def _entry(code: Code) -> str:
    text = page(code.code) or ""
    lowered = re.sub(r"^(# NS|## (?:Why it matters|Fails|Mended|Silence)$)", r"#\1", text, flags=re.MULTILINE)
    return f'<a id="{code.code.lower()}"></a>\n\n{lowered}'
