"""Private keys in PEM, as files have them, as strings in JSON have them, and cut off at either end.

A block that begins and ends is removed from the first dash to the last. Of one that was cut off, as
many lines are removed as look like the body of a key.
"""

import re
from collections.abc import Iterator

from agent_memory.memory.items.item import Span
from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.rule import Rule, pattern_rule

_MAX_BLOCK = 20_000
_LABEL = r"-----(?:BEGIN|END) (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
_MARK = re.compile(_LABEL)
_GAP = r"(?:\s|\\{1,4}[nrt]|[\"'`+,>|#*]){0,16}"
_HEADER = r"(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash):[^\r\n\\]{0,120})"
_BODY_AFTER = re.compile(
    rf"(?:{_GAP}(?:{_HEADER}|[A-Za-z0-9+/=]{{16,}}+))*+(?:{_GAP}[A-Za-z0-9+/]{{1,76}}={{1,2}})?"
)
_LINE = re.compile(r"[A-Za-z0-9+/=]{1,120}")
_MIN_LINE = 24


def find_private_keys(text: str, _folded: str) -> Iterator[Span]:
    """Blocks between marks, and what is left of those that lack one."""
    reached = 0
    marks = list(_MARK.finditer(text))
    for index, mark in enumerate(marks):
        if mark.start() < reached:
            continue
        after = marks[index + 1] if index + 1 < len(marks) else None
        if _is_end(mark):
            span = Span(_begin_of_body_before(text, mark.start(), reached), mark.end())
        elif after and _is_end(after) and after.end() - mark.start() <= _MAX_BLOCK:
            span = Span(mark.start(), after.end())
        else:
            body = _BODY_AFTER.match(text, mark.end(), mark.end() + _MAX_BLOCK)
            span = Span(mark.start(), body.end() if body else mark.end())
        reached = span.end
        yield span


def _is_end(mark: re.Match[str]) -> bool:
    return mark[0].startswith("-----END")


def _begin_of_body_before(text: str, end: int, reached: int) -> int:
    """Where the lines of base64 above an END begin; never before what was removed already."""
    begin = end
    lowest = max(reached, end - _MAX_BLOCK)
    is_last = True
    while begin > lowest:
        line_end = begin - 1 if text[begin - 1] == "\n" else begin
        line_begin = max(text.rfind("\n", lowest, line_end) + 1, lowest)
        line = text[line_begin:line_end].strip(" \t\r>+|#\"'")
        if not _LINE.fullmatch(line) or (len(line) < _MIN_LINE and not is_last):
            break
        begin, is_last = line_begin, False
    return begin


PRIVATE_KEYS = (
    Rule(RedactionKind.PRIVATE_KEY, find_private_keys, ("private key",)),
    pattern_rule(
        RedactionKind.PRIVATE_KEY,
        r"PuTTY-User-Key-File-\d[\s\S]{0,800}?Private-Lines: \d{1,3}\s{1,4}"
        r"(?P<secret>(?:[A-Za-z0-9+/=]{1,64}\s{1,3}){1,100}+)",
        "private-lines",
    ),
)
