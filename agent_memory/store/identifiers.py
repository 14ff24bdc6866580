"""Ids that clients choose."""

import re

from agent_memory.errors import InvalidRequest

_PATTERN = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


def check_id(kind: str, value: str) -> None:
    """`InvalidRequest` unless `value` may name a session, turn or workspace."""
    if _PATTERN.fullmatch(value) is None:
        message = f"A {kind} id has 1 to 128 letters, digits or any of '._:-'."
        raise InvalidRequest(message, f"{kind}_id")
