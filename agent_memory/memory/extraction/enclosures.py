"""Parts of a message that are pasted and no speech: code, diffs, logs, stack traces."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from agent_memory.memory.dates.written import begins_with_timestamp
from agent_memory.memory.extraction.failures.finder import find_failures
from agent_memory.memory.extraction.lines import Lines, cut_lines
from agent_memory.memory.extraction.own_words import CLIENT_TAGS
from agent_memory.memory.extraction.patch import cut_patch

_FENCE = re.compile(r"(?P<ticks>`{3,})|^[ \t]{0,3}(?P<tildes>~{3,})", re.MULTILINE)
_TAGGED = re.compile(
    rf"<(?P<tag>pre|code|samp|kbd|{CLIENT_TAGS})\b[^>\n]*>(?P<body>.*?)</(?P=tag)>", re.S | re.I
)
_INDENTED = re.compile(r"(?:\A|\n[ \t]*\n)(?P<body>(?:(?: {4}|\t)[^\n]*\S[^\n]*(?:\n|\Z))+)")
_LIST_ABOVE = re.compile(r"(?:^|\n)[ \t]*(?:[-*+\u2022]|\d{1,2}[.)])[ \t][^\n]*\n\s*\Z")
_LOOKS_LIKE_CODE = re.compile(r"[(){}=;]|^\s*(?:#|//)", re.MULTILINE)
_PASTED = re.compile(
    r"^(?:Traceback \(most recent|\s+at \S|thread '.* panicked at |goroutine \d+ \[|panic: |--- \S|"
    r"---- \S|@@ -\d|FAILED \S|E {3,}\S|\s*\u25cf |(?:FAIL|ERROR): \w+ \(|<testcase|"
    r".{0,100}<<< (?:FAILURE|ERROR)!|.{0,200} FAILED$)|\+ Exception Group Traceback",
    re.MULTILINE,
)
_STAMPED = re.compile(
    r"^[\[(<]?(?:\d{4}[-/]\d\d|\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:|\d{10}\.)", re.M
)
_MIN_STAMPED = 3


class EnclosureKind(Enum):
    CODE = auto()
    DIFF = auto()
    LOG = auto()
    TRACE = auto()


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Characters [begin, end) of the message hold it; the outer ones count its fences in."""

    kind: EnclosureKind
    begin: int
    end: int
    outer_begin: int
    outer_end: int


def find_enclosures(text: str) -> tuple[Enclosure, ...]:
    """In their order, none within another."""
    has_fence = "```" in text or "~~~" in text
    if "\n" not in text and not has_fence and "</" not in text:
        return ()
    found = _find_fenced(text) if has_fence else []
    found = _with_others(text, found)
    place = 0
    bare: list[Enclosure] = []
    for begin, end in [*((one.outer_begin, one.outer_end) for one in found), (len(text), 0)]:
        bare.extend(_find_bare(text, place, begin))
        place = end
    return tuple(sorted((*found, *bare), key=lambda one: one.begin))


def _find_fenced(text: str) -> list[Enclosure]:
    """A fence that is never closed goes to the end."""
    found: list[Enclosure] = []
    fence = _FENCE.search(text)
    while fence is not None:
        mark = fence.group("tildes") or fence.group("ticks")
        opening = fence.end() - len(fence.group().lstrip())
        begin = opening + len(mark)
        line_end = text.find("\n", opening)
        closing = text.find(mark, begin)
        info = ""
        if line_end >= 0 and not 0 <= closing < line_end:
            info = text[begin:line_end].strip("`~ \t").lower()
            begin = line_end + 1
        end = closing if closing >= 0 else len(text)
        outer_end = min(end + len(mark), len(text))
        begin = min(begin, end)
        found.append(Enclosure(_kind(info, text[begin:end]), begin, end, opening, outer_end))
        fence = _FENCE.search(text, outer_end) if closing >= 0 else None
    return found


def _with_others(text: str, fenced: list[Enclosure]) -> list[Enclosure]:
    """And code between HTML's tags, what clients say between tags of their own, and what Markdown
    takes for code by its indent."""
    found = list(fenced)
    for match in _TAGGED.finditer(text) if "</" in text else ():
        _add(found, match, text)
    for match in _INDENTED.finditer(text):
        is_list = _LIST_ABOVE.search(text[: match.start("body")]) is not None
        if not is_list and _LOOKS_LIKE_CODE.search(match.group("body")) is not None:
            _add(found, match, text)
    return sorted(found, key=lambda one: one.begin)


def _add(found: list[Enclosure], match: re.Match[str], text: str) -> None:
    """Where it lies in nothing that was found before."""
    begin, end = match.span("body")
    if any(one.outer_begin < match.end() and match.start() < one.outer_end for one in found):
        return
    kind = _kind("", text[begin:end])
    found.append(Enclosure(kind, begin, end, match.start(), match.end()))


def _kind(info: str, text: str) -> EnclosureKind:
    if info in {"diff", "patch"} or ("@@ -" in text and cut_patch(text).files):
        return EnclosureKind.DIFF
    if info in {"log", "logs"} or len(_STAMPED.findall(text)) >= _MIN_STAMPED:
        return EnclosureKind.LOG
    if _PASTED.search(text) is not None:
        return EnclosureKind.TRACE
    return EnclosureKind.CODE


def _find_bare(text: str, begin: int, end: int) -> list[Enclosure]:
    part = text[begin:end]
    if part.count("\n") < _MIN_STAMPED - 1:
        return []
    is_pasted = _PASTED.search(part) is not None
    if is_pasted and "@@ -" in part and (diff := _bare_diff(part, begin)) is not None:
        return [
            *_find_bare(text, begin, diff.begin), diff, *_find_bare(text, diff.end, end)
        ]  # fmt: skip
    if len(_STAMPED.findall(part)) >= _MIN_STAMPED:
        return _bare_log(part, begin)
    return _bare_traces(part, begin) if is_pasted else []


def _bare_diff(part: str, offset: int) -> Enclosure | None:
    """From the first file's head to the last file's end."""
    patch = cut_patch(part)
    files = [file for file in patch.files if file.hunks]
    if not files:
        return None
    lines = Lines(patch.lines, _begins(part))
    begin, end = lines.extent(files[0].begin, files[-1].end)
    return _bare(EnclosureKind.DIFF, offset + begin, offset + end)


def _bare_log(part: str, offset: int) -> list[Enclosure]:
    lines = cut_lines(part)
    stamped = [place for place, text in enumerate(lines.texts) if begins_with_timestamp(text)]
    if len(stamped) < _MIN_STAMPED:
        return []
    last = stamped[-1] + 1
    while last < len(lines) and lines.texts[last].strip() and lines.texts[last][:1].isspace():
        last += 1
    begin, end = lines.extent(stamped[0], last)
    return [_bare(EnclosureKind.LOG, offset + begin, offset + end)]


def _bare_traces(part: str, offset: int) -> list[Enclosure]:
    lines = cut_lines(part)
    found: list[Enclosure] = []
    for failure in find_failures(part, lines):
        begin, end = lines.extent(failure.begin, failure.end)
        if not found or offset + begin >= found[-1].end:
            found.append(_bare(EnclosureKind.TRACE, offset + begin, offset + end))
    return found


def _bare(kind: EnclosureKind, begin: int, end: int) -> Enclosure:
    return Enclosure(kind, begin, end, begin, end)


def _begins(text: str) -> list[int]:
    begins, place = [], 0
    for line in text.split("\n"):
        begins.append(place)
        place += len(line) + 1
    return [*begins, len(text)]
