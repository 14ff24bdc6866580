"""The names of one turn: each surface has a word of its own, and all of them are one id."""

import re

from agent_memory.ids import TurnId

_NAME = re.compile(r"(?:turn_|resp_|msg_|chatcmpl-)([A-Za-z0-9]{1,120})", re.ASCII)


def response_id(turn: TurnId) -> str:
    """What OpenAI's Responses API calls the turn."""
    return f"resp_{bare_id(turn)}"


def message_id(turn: TurnId) -> str:
    """What Anthropic's Messages API calls the turn."""
    return f"msg_{bare_id(turn)}"


def completion_id(turn: TurnId) -> str:
    """What OpenAI's Chat Completions API calls the turn."""
    return f"chatcmpl-{bare_id(turn)}"


def bare_id(turn: TurnId) -> str:
    """The id without any surface's word."""
    return turn.removeprefix("turn_")


def turn_of(name: str) -> TurnId | None:
    """The turn of any of its names; None for what is no name of a turn."""
    match = _NAME.fullmatch(name)
    return None if match is None else TurnId(f"turn_{match[1]}")
