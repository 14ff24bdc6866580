"""Which program a file is from: by what stands in it, for names tell little."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

import orjson

from agent_memory.memory.importing import (
    chatgpt,
    claude_code,
    claude_export,
    codex,
    discord,
    whatsapp,
)
from agent_memory.memory.importing.dialogue import Dialogue
from agent_memory.memory.importing.encodings import decoded
from agent_memory.memory.importing.json_objects import objects
from agent_memory.memory.importing.lines import lines_of

Open = Callable[[], BinaryIO]
"""Opens the file from its begin."""

_BY_LINE = (claude_code, codex)
_BY_ENTRY = (chatgpt, claude_export)
_LOOKED_AT = 20
_BEGINNING = 256 * 1024
_IN_LIST, _IN_OBJECT = 2, 3
_DIFF = re.compile(r"^(?:diff --(?:git|cc|combined) |Index: |--- \S.*\n\+\+\+ )", re.MULTILINE)
KINDS = frozenset({*(one.KIND for one in (*_BY_LINE, *_BY_ENTRY)), whatsapp.KIND, discord.KIND})
NO_JSON = "lines that are no objects of JSON"
NOT_OF_THE_KIND = "entries of another kind"


def kind_of(opened: Open, suffix: str) -> str | None:
    """The kind of a file that another program wrote; None where it is none of them. suffix: of its
    name; without one, all kinds come into question."""
    begin = beginning(opened)
    if suffix in {".jsonl", ""} and (kind := _kind_of_lines(begin)):
        return kind
    if suffix in {".json", ""} and (kind := _kind_of_json(opened, begin)):
        return kind
    return whatsapp.KIND if suffix in {".txt", ""} and whatsapp.is_chat(begin) else None


def plain_kind_of(begin: str) -> str:
    """What a text is that no other program wrote and no name tells."""
    if _DIFF.search(begin):
        return "diffs"
    return "jsonl" if _first_objects(begin) else "text"


def beginning(opened: Open) -> str:
    with opened() as file:
        return decoded(file.read(_BEGINNING)).replace("\r\n", "\n")


def dialogues_in(kind: str, opened: Open, name: str, skipped: Counter[str]) -> Iterator[Dialogue]:
    """The conversations of a file of that kind. skipped: what was left out is counted there."""
    with opened() as file:
        for module in _BY_LINE:
            if kind == module.KIND:
                yield from module.dialogues(_objects(lines_of(file), skipped))
        for entries in _BY_ENTRY:
            if kind == entries.KIND:
                found = _read(objects(file, _IN_LIST), skipped)
                yield from entries.dialogues(_ours(found, entries.is_ours, skipped))
        if kind == discord.KIND:
            found = _read(objects(file, _IN_OBJECT), skipped)
            sent = _ours(found, discord.is_ours, skipped)
            yield from discord.dialogues(sent, _channel(opened) or name)
        if kind == whatsapp.KIND:
            yield from whatsapp.dialogues("".join(lines_of(file)), name)


def dialogues_of(kind: str, text: str, name: str) -> Iterator[Dialogue]:
    """The conversations of lines of that kind, as a client that runs has written them so far."""
    del name
    for module in _BY_LINE:
        if kind == module.KIND:
            yield from module.dialogues(_objects(text.split("\n"), Counter()))


def _kind_of_lines(begin: str) -> str | None:
    for line in _objects(begin.split("\n")[:_LOOKED_AT], Counter()):
        for module in _BY_LINE:
            if module.is_ours(line):
                return str(module.KIND)
    return None


def _kind_of_json(opened: Open, begin: str) -> str | None:
    match begin.lstrip()[:1]:
        case "[":
            found = _first(opened, _IN_LIST)
            kinds = (one.KIND for one in _BY_ENTRY if any(map(one.is_ours, found)))
            return next(kinds, None)
        case "{" if any(map(discord.is_ours, _first(opened, _IN_OBJECT))):
            return discord.KIND
    return None


def _channel(opened: Open) -> str | None:
    heads = filter(discord.is_channel, _first(opened, _IN_LIST))
    return next((str(head["name"]) for head in heads), None)


def _first(opened: Open, depth: int) -> list[Mapping[str, Any]]:
    with opened() as file:
        return list(islice(_read(objects(file, depth), Counter()), 5))


def _first_objects(begin: str) -> bool:
    first = next((line for line in begin.split("\n") if line.strip()), "")
    return next(_objects([first], Counter()), None) is not None


def _ours(
    found: Iterable[Mapping[str, Any]],
    is_ours: Callable[[Mapping[str, Any]], bool],
    skipped: Counter[str],
) -> Iterator[Mapping[str, Any]]:
    for entry in found:
        if is_ours(entry):
            yield entry
        else:
            skipped[NOT_OF_THE_KIND] += 1


def _read(found: Iterable[bytes], skipped: Counter[str]) -> Iterator[Mapping[str, Any]]:
    """A lone surrogate becomes U+FFFD, as everywhere."""
    for raw in found:
        try:
            yield orjson.loads(raw)
        except orjson.JSONDecodeError:
            skipped[NOT_OF_THE_KIND] += 1


def _objects(lines: Iterable[str], skipped: Counter[str]) -> Iterator[Mapping[str, Any]]:
    """A line that is cut off, as the last one of a running session may be, is left out."""
    for line in lines:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            value = None
        if isinstance(value, Mapping):
            yield value
        elif line.strip():
            skipped[NO_JSON] += 1
