"""Which names a context may have."""

import unicodedata

from agent_memory.errors import InvalidRequest
from agent_memory.ids import ContextKey

MAX_KEY_LENGTH = 512
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories of characters that cannot be seen: two keys must not look the same."""


def check_key(text: str, param: str = "key") -> ContextKey:
    """`text` in Unicode's form NFC; `InvalidRequest` for a key that may not be.

    A key has 1 to 512 characters, none of them invisible, and is made of segments with `/` between
    them: none is empty, `.` or `..`, for clients and proxies rewrite such paths.
    """
    key = unicodedata.normalize("NFC", text)
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise InvalidRequest(f"A key has 1 to {MAX_KEY_LENGTH} characters.", param)
    _check_characters(key, param)
    if any(segment in {"", ".", ".."} for segment in key.split("/")):
        message = "Between the slashes of a key stands something other than nothing, '.' or '..'."
        raise InvalidRequest(message, param)
    return ContextKey(key)


def check_prefix(text: str, param: str = "prefix") -> str:
    """The beginning of keys, in NFC; empty for all of them."""
    prefix = unicodedata.normalize("NFC", text)
    if len(prefix) > MAX_KEY_LENGTH:
        raise InvalidRequest(f"A prefix has at most {MAX_KEY_LENGTH} characters.", param)
    _check_characters(prefix, param)
    return prefix


def _check_characters(text: str, param: str) -> None:
    if any(unicodedata.category(character) in _UNSEEN for character in text):
        raise InvalidRequest("Control and other invisible characters cannot stand in a key.", param)
