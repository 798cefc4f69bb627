"""What netspec adds to a file of weights: the spec's files, the params, versions, ties, and two hashes.

All of it is one JSON text in the metadata, beside two SHA-256: `data_sha256` of the bytes of the tensors,
and `sha256` of the whole header, the other hash included; its own digits count as zeros there. So that
one is the identity of the file, and what the header says can be verified without reading the tensors.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.carry.header import MOST_HEADER, Header, fail
from netspec.diagnostics import Source
from netspec.errors import SafeFileError

FORMAT = 1
RECORD, HASH, DATA_HASH = "netspec", "sha256", "data_sha256"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_BLANK = "0" * 64
# Half of a pair, which JSON can write and UTF-8 cannot.
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Bundle:
    """The texts that a network is made of, by their paths as seen from one folder; `main` is the spec."""

    main: str
    files: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return dict(self.files)[self.main]


def _version() -> str:
    # Reading the metadata of the distribution costs as much as starting Python.
    from netspec.version import VERSION

    return VERSION


@dataclass(frozen=True, slots=True)
class Record:
    """All that a safe file says beside its tensors. `tied` has, for each name that has no tensor of its
    own, the name of the tensor that it shares; `about` is the writer's own, such as an epoch."""

    bundle: Bundle
    params: Mapping[str, Any]
    torch: str
    netspec: str = field(default_factory=_version)
    tied: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)


def bundle_of(main: Source, used: Iterable[Source]) -> Bundle:
    """The texts of a spec and of the files that it uses."""
    others = {os.path.abspath(each.path): each.text for each in used}
    own = os.path.abspath(main.path)
    if main.path.startswith("<"):
        # Standard input, a dict, a text: there is no file, and paths start at the working directory.
        own = _free(os.path.join(os.path.dirname(own), "spec.yaml"), others)
    texts = {own: main.text} | others
    folder = os.path.commonpath([os.path.dirname(path) for path in texts])
    names = {path: os.path.relpath(path, folder).replace(os.sep, "/") for path in texts}
    return Bundle(names[own], tuple((names[path], text) for path, text in texts.items()))


def _free(path: str, taken: Mapping[str, str]) -> str:
    """The path, or one like it that is not taken."""
    folder, name = os.path.split(path)
    while path in taken:
        name = f"_{name}"
        path = os.path.join(folder, name)
    return path


def encode(record: Record) -> str:
    """A record as text; SafeFileError where the params are no plain data."""
    content = {
        "format_version": FORMAT,
        "netspec": record.netspec,
        "torch": record.torch,
        "main": record.bundle.main,
        "files": dict(record.bundle.files),
        "params": dict(record.params),
        "tied": dict(record.tied),
        "about": dict(record.about),
    }
    try:
        return json.dumps(content, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise SafeFileError(f"the params of the network cannot be stored: {error}") from None


def decode(header: Header, shown: str) -> Record | None:
    """The record of a file, verified by its hash; None for a file that netspec did not write."""
    text = header.metadata.get(RECORD)
    if text is None:
        return None
    known = _digest(header, HASH, shown)
    if _hash_of_header(header.raw, known) != known:
        fail(shown, "is damaged: its header is not the one that was written", "use another copy of it")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        fail(shown, "is damaged: its record is not JSON")
    version = content.get("format_version") if isinstance(content, dict) else None
    if type(version) is int and version > FORMAT:
        fail(
            shown, f"was written by a newer netspec ({content.get('netspec')})", "upgrade netspec to read it"
        )
    return _checked(content, header, shown)


def data_hash(header: Header, shown: str) -> str:
    """The SHA-256 that the bytes of the tensors must have."""
    return _digest(header, DATA_HASH, shown)


def sealed(tensors: bytes, record: str) -> tuple[bytes, memoryview]:
    """A file as safetensors writes it, with a record (`encode`) and hashes put into its header: the new
    beginning, and the bytes of the tensors."""
    length = int.from_bytes(tensors[:8], "little")
    data = memoryview(tensors)[8 + length :]
    content: dict[str, Any] = json.loads(tensors[8 : 8 + length])
    content.pop("__metadata__", None)
    metadata = {
        "format": "pt",
        RECORD: record,
        DATA_HASH: hashlib.sha256(data).hexdigest(),
        HASH: _BLANK,
    }
    text = json.dumps({"__metadata__": metadata, **content}, ensure_ascii=False, separators=(",", ":"))
    raw = text.encode()
    raw += b" " * (-len(raw) % 8)
    if len(raw) > MOST_HEADER:
        raise SafeFileError(
            f"the spec is too long for a safe file: the header may have {MOST_HEADER:,} bytes"
        )
    digest = hashlib.sha256(raw).hexdigest()
    place = raw.index(f'"{HASH}":"{_BLANK}"'.encode()) + len(HASH) + 4
    raw = raw[:place] + digest.encode() + raw[place + 64 :]
    return len(raw).to_bytes(8, "little") + raw, data


def _hash_of_header(raw: bytes, digest: str) -> str:
    return hashlib.sha256(raw.replace(digest.encode(), _BLANK.encode(), 1)).hexdigest()


def _digest(header: Header, key: str, shown: str) -> str:
    found = header.metadata.get(key, "")
    if not _DIGEST.fullmatch(found):
        fail(shown, f"is damaged: it has no `{key}`")
    return found


def _checked(content: Any, header: Header, shown: str) -> Record:
    """The record, if every part of it is of its kind."""
    kinds: dict[str, Callable[[Any], bool]] = {
        "format_version": lambda value: type(value) is int and value == FORMAT,
        "netspec": _is_text,
        "torch": _is_text,
        "main": _is_text,
        "files": _is_texts,
        "params": lambda value: isinstance(value, dict),
        "tied": _is_texts,
        "about": _is_texts,
    }
    if not isinstance(content, dict) or not all(
        key in content and fits(content[key]) for key, fits in kinds.items()
    ):
        fail(shown, "is damaged: its record lacks a part")
    files, tied = content["files"], content["tied"]
    if content["main"] not in files or not all(map(_is_plain, files)):
        fail(shown, "is damaged: its record names files that it does not hold")
    if not all(name not in header.tensors and other in header.tensors for name, other in tied.items()):
        fail(shown, "is damaged: its record ties tensors that are not there")
    bundle = Bundle(content["main"], tuple(files.items()))
    return Record(
        bundle, content["params"], content["torch"], content["netspec"], tied, content["about"]
    )  # fmt: skip


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not _SURROGATE.search(value)


def _is_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, (*value, *value.values())))


def _is_plain(name: str) -> bool:
    """Whether a name stays in the folder that it starts from."""
    return bool(name) and not name.startswith("/") and not {"", ".", ".."}.intersection(name.split("/"))
