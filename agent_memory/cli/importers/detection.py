"""Which program a file is from: by what stands in it, for names tell little."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from agent_memory.cli.encodings import decoded
from agent_memory.cli.importers import chatgpt, claude_code, claude_export, codex, whatsapp
from agent_memory.cli.importers.dialogue import Dialogue

_BY_LINE = (claude_code, codex)
_BY_ENTRY = (chatgpt, claude_export)
_LINES_LOOKED_AT = 20
_BEGINNING = 256 * 1024
KINDS = frozenset({*(one.KIND for one in (*_BY_LINE, *_BY_ENTRY)), whatsapp.KIND})


def kind_of(path: Path) -> str | None:
    """The kind of a file that another program wrote; None where it is none of them."""
    match path.suffix:
        case ".jsonl":
            with path.open("rb") as file:
                return _kind_of_lines(decoded(file.read(_BEGINNING)))
        case ".json":
            kinds: Iterator[str] = (one.KIND for one in _BY_ENTRY if _is_list_of(path, one))
            return next(kinds, None)
        case ".txt":
            with path.open("rb") as file:
                return whatsapp.KIND if whatsapp.is_chat(decoded(file.read(_BEGINNING))) else None
    return None


def dialogues_of(kind: str, text: str, name: str) -> Iterator[Dialogue]:
    """The conversations of a file of that kind."""
    for module in _BY_LINE:
        if kind == module.KIND:
            yield from module.dialogues(_objects(text.split("\n")))
    for entries in _BY_ENTRY:
        if kind == entries.KIND:
            read = orjson.loads(text)
            yield from entries.dialogues(entry for entry in read if entries.is_ours(entry))
    if kind == whatsapp.KIND:
        yield from whatsapp.dialogues(text, name)


def _kind_of_lines(text: str) -> str | None:
    for line in _objects(text.split("\n")[:_LINES_LOOKED_AT]):
        for module in _BY_LINE:
            if module.is_ours(line):
                return str(module.KIND)
    return None


def _is_list_of(path: Path, module: Any) -> bool:
    try:
        entries = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        return False
    return isinstance(entries, list) and any(
        isinstance(entry, Mapping) and module.is_ours(entry) for entry in entries[:5]
    )


def _objects(lines: list[str]) -> Iterator[Mapping[str, Any]]:
    """A line that is cut off, as the last one of a running session may be, is left out."""
    for line in lines:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(value, Mapping):
            yield value
