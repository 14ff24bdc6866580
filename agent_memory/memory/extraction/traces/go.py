"""Go's panics and the stacks of its goroutines."""

import re

from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.trace import Frame, Language, Trace

_HEAD = re.compile(r"\s*(panic|fatal error): (.*)")
_GOROUTINE = re.compile(r"\s*goroutine \d+ \[")
_FILE = re.compile(r"\s+(\S[^:]*\.(?:go|s)):(\d+)(?: \+0x[0-9a-f]+)?\s*$")
_CALL = re.compile(
    r"\s*(?:created by )?([\w./*()$-]+?)(?:\([^()]*\)|\(\.\.\.\)| in goroutine \d+)*$"
)
_LIBRARY_FILES = ("/usr/local/go/src/", "/go/pkg/mod/", "/vendor/", "/libexec/src/", "GOROOT")
_LIBRARY_CALLS = ("runtime.", "testing.", "panic(", "reflect.", "net/http.", "sync.")
_MAX_GAP = 12
"""Lines between a panic and the stack of its goroutine."""


def is_head(text: str) -> bool:
    return _HEAD.match(text) is not None or _GOROUTINE.match(text) is not None


def parse(lines: Lines, at: int, end: int) -> Trace | None:
    """The panic of line `at`, or the goroutine's stack that begins there, the first one alone."""
    head = _HEAD.match(lines.texts[at])
    stack = _find_stack(lines, at, end)
    exception, message = head.groups() if head is not None else ("goroutine", "")
    if stack is None:
        return Trace(Language.GO, exception, message, (), at, at + 1) if head is not None else None
    frames, place = _read_frames(lines, stack + 1, end)
    if not frames:
        return None
    own = frames if not _is_panicking(frames) else _below_panic(frames)
    place = _skip_other_goroutines(lines, place, end)
    return Trace(Language.GO, exception, message.strip(), tuple(own), at, place)


def _find_stack(lines: Lines, at: int, end: int) -> int | None:
    places = range(at, min(at + _MAX_GAP, end))
    return next((place for place in places if _GOROUTINE.match(lines.texts[place])), None)


def _read_frames(lines: Lines, place: int, end: int) -> tuple[list[Frame], int]:
    frames: list[Frame] = []
    while place + 1 < end:
        file = _FILE.match(lines.texts[place + 1])
        call = _CALL.match(lines.texts[place])
        if file is None or call is None:
            break
        frames.append(_frame(call.group(1), file.group(1), file.group(2)))
        place += 2
    return frames, place


def _skip_other_goroutines(lines: Lines, place: int, end: int) -> int:
    while place < end:
        following = place + 1 if not lines.texts[place].strip() else place
        if following >= end or _GOROUTINE.match(lines.texts[following]) is None:
            return place
        _, place = _read_frames(lines, following + 1, end)
    return place


def _is_panicking(frames: list[Frame]) -> bool:
    return any(frame.function in {"panic", "runtime.gopanic"} for frame in frames)


def _below_panic(frames: list[Frame]) -> list[Frame]:
    """The function that panicked is called by the frames after the last `panic`."""
    names = [frame.function for frame in frames]
    last = max(index for index, name in enumerate(names) if name in {"panic", "runtime.gopanic"})
    return frames[last + 1 :] or frames


def _frame(call: str, file: str, line: str) -> Frame:
    is_library = call == "panic" or call.startswith(_LIBRARY_CALLS)
    is_library = is_library or any(mark in file for mark in _LIBRARY_FILES)
    return Frame(call, file, int(line[:9]), not is_library)
