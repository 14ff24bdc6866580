"""Message threads: a client continues an answer by its id and sends only what is new.

A thread is a session. What the protocol keeps besides the conversation, the tools, is kept with
each of its turns, so that any of them can be continued, after any restart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from agent_memory.api.schemas.anthropic import MessagesBody, Tool
from agent_memory.api.translators.messages_tools import referenced_names
from agent_memory.errors import InvalidRequest, TurnNotFound
from agent_memory.ids import TurnId
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.names import turn_of

_TOOLS = TypeAdapter(list[Tool])
_NAMES = TypeAdapter(list[str])


@dataclass(frozen=True, slots=True)
class ThreadTurn:
    """A turn of a thread. continues: the turn before it, None for the first one.

    loaded: the deferred tools that the conversation has loaded. kept: JSON text of what the next
    turn needs to know.
    """

    continues: TurnId | None
    loaded: frozenset[str]
    kept: str


def continued_turn(body: MessagesBody) -> TurnId | None:
    """The turn that `body` continues, if it does. Raises `TurnNotFound` for what is no id."""
    if body.thread is None or body.thread.type == "create":
        return None
    _check_delta(body)
    name = body.thread.previous_message_id
    if name is None:
        param = "thread.previous_message_id"
        raise InvalidRequest(f"{param}: Field required", param)
    if (turn := turn_of(name)) is None:
        raise TurnNotFound(name)
    return turn


def in_thread(
    body: MessagesBody, before: AnsweredTurn | None
) -> tuple[MessagesBody, ThreadTurn | None]:
    """The request as if its tools had been sent with it, and its place in a thread, if any.
    before: the turn that it continues."""
    if body.thread is None:
        return body, None
    tools, loaded = ([], []) if before is None else _kept(before.kept)
    if before is not None:
        body = body.model_copy(update={"tools": tools or None})
    all_loaded = frozenset((*loaded, *referenced_names(body)))
    kept = _kept_text(body.tools or (), all_loaded)
    return body, ThreadTurn(before.turn_id if before else None, all_loaded, kept)


def _check_delta(body: MessagesBody) -> None:
    for name, value in (("system", body.system), ("tools", body.tools)):
        if value:
            raise InvalidRequest(
                f"A thread keeps the {name} that it was created with: leave '{name}' out, or send "
                'the whole conversation with thread: {"type": "create"} to change it.',
                name,
            )


def _kept(text: str | None) -> tuple[list[Tool], list[str]]:
    """The tools of a turn and those that were loaded; none where another surface has taken it."""
    fields = orjson.loads(text) if text else None
    thread = fields.get("thread") if isinstance(fields, dict) else None
    if not isinstance(thread, dict):
        return [], []
    try:
        tools = _TOOLS.validate_python(thread.get("tools"))
        return tools, _NAMES.validate_python(thread.get("loaded"))
    except ValidationError:
        return [], []


def _kept_text(tools: Iterable[Tool], loaded: frozenset[str]) -> str:
    told: list[dict[str, Any]] = [tool.model_dump(exclude_none=True) for tool in tools]
    return orjson.dumps({"thread": {"tools": told, "loaded": sorted(loaded)}}).decode()
