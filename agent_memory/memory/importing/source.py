"""A file that is to be remembered, as bodies of `POST /v1/ingest`.

jsonl            one object a line: a message (`role`, `content`, …), a conversation (`messages`),
                 a whole body (`thread_id`, `materials`), or {"diff": …}, {"log": …}
diffs            a unified diff, cut between files, or between hunks where a file is long
logs             a log, cut between records
text             one message for each paragraph group that fits, of the day that its front matter or
                 its name says

What other programs wrote is known by what stands in it (`detection`, `slack`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, BinaryIO

import orjson

from agent_memory.errors import InvalidRequest
from agent_memory.memory.importing import detection, slack
from agent_memory.memory.importing.detection import Open
from agent_memory.memory.importing.dialogue import MAX_MESSAGES, Dialogue
from agent_memory.memory.importing.lines import lines_of, segments
from agent_memory.memory.importing.note_date import note_date
from agent_memory.memory.importing.slack import Folder
from agent_memory.memory.importing.text_pieces import diff_pieces, log_pieces, pieces

DEFAULT_THREAD = "cli"
PLAIN_KINDS = frozenset({"jsonl", "diffs", "logs", "text"})
KINDS = PLAIN_KINDS | detection.KINDS | {slack.KIND}
_READABLE = ("content", "messages", "materials", "diff", "log")

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """One file, or the folder of an export. name: it is shown, and named in errors. skipped: what
    was left out, counted while `bodies` is read. file: stands with what is read of plain text, so
    that what is recalled leads back to it. date: ISO 8601, of plain text, diffs and logs that have
    no time of their own."""

    name: str
    kind: str
    open: Open | None = None
    folder: Folder | None = None
    file: str | None = None
    date: str | None = None
    skipped: Counter[str] = field(default_factory=Counter)


def bodies(source: Source, thread: str | None) -> Iterator[Body]:
    """The bodies that hold all of `source`; `InvalidRequest` names the line that cannot be read.

    thread: where all of it belongs; None leaves the conversations of other programs apart.
    """
    if source.kind not in PLAIN_KINDS:
        for dialogue in _dialogues(source):
            yield from _chat_bodies(thread or dialogue.thread, list(dialogue.messages))
        return
    if source.open is not None:
        with source.open() as file:
            for body in _plain_bodies(source, file, thread or DEFAULT_THREAD):
                yield body if source.file is None else {**body, "metadata": {"file": source.file}}


def _plain_bodies(source: Source, file: BinaryIO, thread: str) -> Iterator[Body]:
    dated = {} if source.date is None else {"occurred_at": source.date}
    is_dated = False
    match source.kind:
        case "jsonl":
            yield from _jsonl_bodies(source, lines_of(file), thread)
        case "diffs" | "logs":
            cut = diff_pieces if source.kind == "diffs" else log_pieces
            for segment in segments(file, of_diffs=source.kind == "diffs"):
                for piece in cut(segment):
                    yield {"thread_id": thread, "materials": {source.kind: [piece]}, **dated}
        case _:
            for segment in segments(file):
                if (day := note_date(source.name, segment)) is not None and not is_dated:
                    dated, is_dated = {"occurred_at": day}, True
                messages = [
                    {"role": "user", "content": piece, **dated} for piece in pieces(segment)
                ]
                yield from _chat_bodies(thread, messages)


def _dialogues(source: Source) -> Iterator[Dialogue]:
    if source.folder is not None:
        yield from slack.dialogues(source.folder)
    elif source.open is not None:
        stem = PurePath(source.name).stem
        yield from detection.dialogues_in(source.kind, source.open, stem, source.skipped)


def _jsonl_bodies(source: Source, lines: Iterator[str], thread: str) -> Iterator[Body]:
    waiting: dict[str, list[Body]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = _entry(source, number, line)
        if "materials" in entry:
            yield {"thread_id": thread, **entry}
            continue
        name = str(entry.pop("thread_id", None) or entry.pop("conversation_id", None) or thread)
        if "diff" in entry or "log" in entry:
            kind = "diff" if "diff" in entry else "log"
            dated = {key: entry[key] for key in ("occurred_at",) if key in entry}
            yield {"thread_id": name, "materials": {f"{kind}s": [entry[kind]]}, **dated}
            continue
        if "messages" in entry:
            yield {"thread_id": name, "materials": {"chat": entry}}
            continue
        waiting.setdefault(name, []).append(entry)
        if len(waiting[name]) == MAX_MESSAGES:
            yield from _chat_bodies(name, waiting.pop(name))
    for name, messages in waiting.items():
        yield from _chat_bodies(name, messages)


def _entry(source: Source, number: int, line: str) -> Body:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"{source.name}, line {number}: {error}.") from error
    if not isinstance(entry, dict) or not _is_readable(entry):
        message = "an object with 'content', 'messages', 'materials', 'diff' or 'log' was expected"
        raise InvalidRequest(f"{source.name}, line {number}: {message}.")
    return entry


def _is_readable(entry: Mapping[str, Any]) -> bool:
    return any(name in entry for name in _READABLE)


def _chat_bodies(thread: str, messages: list[Body]) -> Iterator[Body]:
    for begin in range(0, len(messages), MAX_MESSAGES):
        batch = messages[begin : begin + MAX_MESSAGES]
        yield {"thread_id": thread, "materials": {"chat": batch}}
