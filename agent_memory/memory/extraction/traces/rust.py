"""Rust's panics, with a backtrace or without."""

import re

from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.trace import Frame, Language, Trace

MARK = " panicked at "
_HEAD = re.compile(r"\s*thread '([^']*)'(?: \(\d+\))? panicked at (.*)$")
_OLD = re.compile(r"'(.*)', ([^',]+):(\d+):\d+$")
_PLACE = re.compile(r"(\S.*?):(\d+):\d+:?$")
_CALL = re.compile(r"\s*\d+: (?:0x[0-9a-f]+ - )?(\S.*)$")
_AT = re.compile(r"\s+at (\S.*?):(\d+)(?::\d+)?$")
_HASH = re.compile(r"::h[0-9a-f]{16}$")
_LIBRARY_CRATES = (
    "std::", "core::", "alloc::", "test::", "tokio::", "<alloc::", "<core::", "<std::", "__rust",
)  # fmt: skip
_ENTRY = frozenset({"rust_begin_unwind", "_start", "main", "__libc_start_main", "start_thread"})
_LIBRARY_FILES = ("/rustc/", "/.cargo/registry/", "/rust/library/", "/lib/rustlib/")
_MAX_MESSAGE_LINES = 20
_ENDS = ("note:", "stack backtrace:", "----", "failures:", "thread '", "test ")


def parse(lines: Lines, at: int, end: int) -> Trace | None:
    head = _HEAD.match(lines.texts[at])
    if head is None:
        return None
    old, new = _OLD.match(head.group(2)), _PLACE.match(head.group(2))
    if old is not None:
        message, file, line = old.groups()
        place = at + 1
    elif new is not None:
        file, line = new.groups()
        message, place = _read_message(lines, at + 1, end)
    else:
        message, file, line, place = head.group(2), "", "", at + 1
    frames, place = _read_backtrace(lines, place, end)
    if not frames and file:
        is_project = not any(mark in file for mark in _LIBRARY_FILES)
        frames = [Frame("", file, int(line[:9]), is_project)]
    return Trace(Language.RUST, "panic", message, tuple(frames), at, place)


def _read_message(lines: Lines, place: int, end: int) -> tuple[str, int]:
    message: list[str] = []
    while place < end and len(message) < _MAX_MESSAGE_LINES:
        text = lines.texts[place]
        if not text.strip() or text.startswith(_ENDS):
            break
        message.append(text)
        place += 1
    return "\n".join(message).strip(), place


def _read_backtrace(lines: Lines, place: int, end: int) -> tuple[list[Frame], int]:
    start = place
    while place < min(end, start + 3) and not lines.texts[place].startswith("stack backtrace:"):
        place += 1
    if place >= end or not lines.texts[place].startswith("stack backtrace:"):
        return [], start
    frames: list[Frame] = []
    place += 1
    while place < end and (call := _CALL.match(lines.texts[place])) is not None:
        at = _AT.match(lines.texts[place + 1]) if place + 1 < end else None
        frames.append(_frame(call.group(1), at.group(1) if at else None, at.group(2) if at else ""))
        place += 2 if at is not None else 1
    return frames, place


def _frame(call: str, file: str | None, line: str) -> Frame:
    call = _HASH.sub("", call)
    is_library = call.startswith(_LIBRARY_CRATES) or call in _ENTRY
    is_library = is_library or (file is not None and any(mark in file for mark in _LIBRARY_FILES))
    return Frame(call, file, int(line[:9]) if line else None, not is_library)
