"""Any string in a form that PostgreSQL can hold, and back.

PostgreSQL's text and jsonb hold neither the NUL character nor half a surrogate pair, and models
and clients produce both. They are written as U+001A (SUBSTITUTE) and four hexadecimal digits, and
so is U+001A itself.
"""

import re

_UNSAFE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


def escape(text: str) -> str:
    """`text` as PostgreSQL may have it."""
    return _UNSAFE.sub(lambda match: f"\x1a{ord(match[0]):04x}", text)


def unescape(text: str) -> str:
    """The text that was given to `escape`."""
    if "\x1a" not in text:  # nearly always, and much faster than to look for the whole pattern
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def strip_unsafe(text: str) -> str:
    """`text` without the characters that need escaping: for what is only shown."""
    return _UNSAFE.sub("", text)
