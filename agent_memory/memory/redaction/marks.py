"""The marks that stand in a text where something was removed."""

import re

_MARK = re.compile(r"\[redacted:[a-z][a-z0-9_]{0,39}\]")


def mark_of(kind: str) -> str:
    return f"[redacted:{kind}]"


def between_marks(text: str) -> list[tuple[int, int]]:
    """The stretches [begin, end) of a text that are not marks; there is always one."""
    stretches = []
    begin = 0
    for mark in _MARK.finditer(text):
        stretches.append((begin, mark.start()))
        begin = mark.end()
    stretches.append((begin, len(text)))
    return stretches
