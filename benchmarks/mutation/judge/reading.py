"""Text -> plain Python values, by PyYAML's parser and the core rules of YAML 1.2.

>>> parsed("a: [1, 1e-3, on]")
{'a': [1, 0.001, 'on']}
"""

from __future__ import annotations

import re
from typing import Any

import yaml


class Malformed(Exception):
    """The text is no YAML, or no YAML that the language allows."""


class Breach(Exception):
    """The text is YAML, but breaks a rule of the language."""


_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def parsed(text: str) -> Any:
    """The content of a text with one document; Malformed where it has none."""
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise Malformed(str(error)) from None
    if len(nodes) != 1:
        raise Malformed(f"{len(nodes)} documents")
    return _value(nodes[0])


def _value(node: yaml.Node) -> Any:
    match node:
        case yaml.ScalarNode():
            return node.value if node.style else _plain(node.value)
        case yaml.SequenceNode():
            return [_value(item) for item in node.value]
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise Malformed("a collection as a key")
        if key.value in found:
            # YAML 1.2.2, 3.2.1.1: keys of a mapping are unique. PyYAML lets it pass.
            raise Malformed(f"the key {key.value} twice")
        found[key.value] = _value(value)
    return found


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0 if text[:2] in ("0o", "0x") else 10)
    return float(text) if _FLOAT.fullmatch(text) else text
