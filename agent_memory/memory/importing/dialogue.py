"""A conversation as another program kept it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from agent_memory.memory.extraction import own_words as words
from agent_memory.memory.importing.text_pieces import pieces

Message = dict[str, Any]
"""As `materials.chat` of `POST /v1/ingest` takes it."""

MAX_MESSAGES = 500
"""Of one body. A file that grows at its end gives the same bodies again, but for the last."""
_UNFIT = re.compile(r"[^A-Za-z0-9._:-]+")
_LONGEST_NAME = 128
_COMMAND = re.compile(
    r"\s*<(?:command-(?:name|message|args)|local-command-(?:stdout|stderr|caveat)"
    r"|environment_context|user_instructions|INSTRUCTIONS|turn_aborted)>"
)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Messages in their order; the thread bears a name that a server takes."""

    thread: str
    messages: tuple[Message, ...]


def in_parts(thread: str, messages: Iterable[Message]) -> Iterator[Dialogue]:
    """A conversation of any length, as many messages at a time as a body has."""
    rest = iter(messages)
    while part := tuple(islice(rest, MAX_MESSAGES)):
        yield Dialogue(thread, part)


def thread_name(*parts: str) -> str:
    """Such as `claude-code.3f9c…`, of letters, digits and `._:-`."""
    name = ".".join(_UNFIT.sub("-", part).strip("-.") for part in parts if part)
    return name[:_LONGEST_NAME] or "import"


def own_words(text: str) -> str:
    """What a person typed, without what the client put around it; empty where it is all of it."""
    return "" if _COMMAND.match(text) else words.own_words(text)


def said(
    role: str, text: str, occurred_at: str | None, speaker: str | None = None
) -> Iterator[Message]:
    """A message, in several where it is too long for one; none where it says nothing."""
    for piece in pieces(text):
        if piece.strip():
            message: Message = {"role": role, "content": piece}
            if occurred_at is not None:
                message["occurred_at"] = occurred_at
            if speaker:
                message["speaker"] = speaker[:200]
            yield message


def from_epoch(seconds: object) -> str | None:
    """ISO 8601 of Unix time, as a number or as digits in a string."""
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
