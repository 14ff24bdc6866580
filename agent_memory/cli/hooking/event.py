"""What a client tells its hooks, on their standard input."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from agent_memory.errors import InvalidRequest


class HookName(StrEnum):
    SESSION_START = "SessionStart"
    SESSION_END = "SessionEnd"
    PRE_COMPACT = "PreCompact"
    STOP = "Stop"
    TOOL_FAILED = "PostToolUseFailure"
    TOOL_USED = "PostToolUse"
    """Of Codex, which has none for failures alone."""


@dataclass(frozen=True, slots=True)
class HookEvent:
    """`transcript` is None where the client keeps none."""

    name: HookName
    session_id: str
    folder: Path
    transcript: Path | None
    told: dict[str, Any] = field(default_factory=dict)


def read_event(raw: bytes) -> HookEvent:
    """`InvalidRequest` for what is no event that we know."""
    try:
        told = orjson.loads(raw)
        name = HookName(told["hook_event_name"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise InvalidRequest("Standard input holds no event of a hook that is known.") from error
    path = told.get("transcript_path")
    return HookEvent(
        name,
        str(told.get("session_id") or ""),
        Path(str(told.get("cwd") or ".")),
        Path(str(path)).expanduser() if path else None,
        told,
    )
