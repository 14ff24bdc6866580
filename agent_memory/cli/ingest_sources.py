"""The content of a file, a folder or standard input, as bodies of `POST /v1/ingest`.

*.jsonl          one object a line: a message (`role`, `content`, …), a conversation (`messages`),
                 a whole body (`thread_id`, `materials`), or {"diff": …}, {"log": …}
*.diff *.patch   a unified diff, cut between files, or between hunks where a file is long
*.log            a log, cut between records
anything else    text: one message for each paragraph group that fits

What other programs wrote is known by what stands in it: transcripts of Claude Code and Codex,
exports of ChatGPT, Claude and WhatsApp, and folders that Slack exported (`importers/`).
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from agent_memory.cli.encodings import decoded
from agent_memory.cli.folder_walk import FolderWalk
from agent_memory.cli.importers import detection, slack
from agent_memory.cli.importers.dialogue import Dialogue
from agent_memory.cli.text_pieces import diff_pieces, log_pieces, pieces
from agent_memory.errors import InvalidRequest, NotFound

MAX_MESSAGES = 500
"""Of one body. A file that grows at its end gives the same bodies again, but for the last."""
STANDARD_INPUT = "-"
DEFAULT_THREAD = "cli"
_SUFFIXES = {".jsonl": "jsonl", ".diff": "diffs", ".patch": "diffs", ".log": "logs"}
_READABLE = ("content", "messages", "materials", "diff", "log")
_TEXT_SUFFIXES = frozenset({".txt", ".md", ".rst", ""})

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """One file; `name` is shown, and named in errors."""

    name: str
    kind: str
    path: Path | None

    def read(self) -> str:
        """The whole text, without the mark of its encoding; what is not of it is replaced."""
        raw = sys.stdin.buffer.read() if self.path is None else self.path.read_bytes()
        return decoded(raw).replace("\r\n", "\n").replace("\r", "\n")


def find_sources(
    place: str,
    kind: str | None = None,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    skipped: Counter[str] | None = None,
) -> list[Source]:
    """The files of `place`, in the order of their names. `NotFound` when there are none.

    include, exclude: patterns, see `FolderWalk`; `skipped` counts what a folder has besides.
    """
    if place == STANDARD_INPUT:
        return [Source("standard input", kind or "jsonl", None)]
    path = Path(place)
    if path.is_dir() and slack.is_export(path):
        return [Source(str(path), slack.KIND, path)]
    if path.is_dir():
        walk = FolderWalk(path, _is_known, include, exclude)
        found = walk.files()
        if skipped is not None:
            skipped.update(walk.skipped)
        if not found:
            raise NotFound("file to ingest in", place)
    elif path.is_file():
        found = [path]
    else:
        raise NotFound("file or folder", place)
    return [Source(str(entry), kind or _kind_of(entry), entry) for entry in found]


def bodies(source: Source, thread: str | None) -> Iterator[Body]:
    """The bodies that hold all of `source`; `InvalidRequest` names the line that cannot be read.

    thread: where all of it belongs; None leaves the conversations of other programs apart.
    """
    if source.kind == slack.KIND or source.kind in detection.KINDS:
        for dialogue in _dialogues(source):
            yield from _chat_bodies(thread or dialogue.thread, list(dialogue.messages))
        return
    thread = thread or DEFAULT_THREAD
    if source.kind == "jsonl":
        yield from _jsonl_bodies(source, thread)
        return
    # So that what is recalled leads back to its file.
    origin = {} if source.path is None else {"metadata": {"file": source.name}}
    for body in _text_bodies(source, thread):
        yield {**body, **origin}


def _text_bodies(source: Source, thread: str) -> Iterator[Body]:
    match source.kind:
        case "diffs" | "logs":
            cut = diff_pieces if source.kind == "diffs" else log_pieces
            for piece in cut(source.read()):
                yield {"thread_id": thread, "materials": {source.kind: [piece]}}
        case _:
            messages = [{"role": "user", "content": piece} for piece in pieces(source.read())]
            yield from _chat_bodies(thread, messages)


def _dialogues(source: Source) -> Iterator[Dialogue]:
    if source.kind == slack.KIND and source.path is not None:
        yield from slack.dialogues(source.path)
    else:
        name = "" if source.path is None else source.path.stem
        yield from detection.dialogues_of(source.kind, source.read(), name)


def _is_known(path: Path) -> bool:
    if path.suffix == ".json":
        return detection.kind_of(path) is not None
    return path.suffix in _SUFFIXES or path.suffix in _TEXT_SUFFIXES


def _kind_of(path: Path) -> str:
    return detection.kind_of(path) or _SUFFIXES.get(path.suffix, "text")


def _jsonl_bodies(source: Source, thread: str) -> Iterator[Body]:
    waiting: dict[str, list[Body]] = {}
    for number, line in enumerate(source.read().split("\n"), 1):
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
