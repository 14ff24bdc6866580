"""Halves of characters in JSON: JavaScript that cuts an emoji in two writes `\\ud83d` alone."""

import re

_ESCAPE = re.compile(
    rb"\\(?:(?P<half>u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2}))|"
    rb"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|"
    rb"(?P<other>u[dD][c-fC-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def without_halves(raw: bytes) -> bytes:
    """The same JSON text with U+FFFD in place of every half of a character."""
    return _ESCAPE.sub(lambda match: rb"\ufffd" if match.lastgroup else match.group(), raw)


def count_halves(raw: bytes) -> int:
    """How many there are."""
    if b"\\ud" not in raw and b"\\uD" not in raw:
        return 0
    return sum(match.lastgroup is not None for match in _ESCAPE.finditer(raw))
