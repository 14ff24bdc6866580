"""Memory in the model APIs: what a request may ask of it, and what a response says of it."""

import re
from collections.abc import Mapping
from dataclasses import replace

from pydantic import ValidationError
from starlette.datastructures import Headers

from agent_memory.api.identity import checked_session_id
from agent_memory.api.schemas.chat_memory import ChatMemory
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ThreadId
from agent_memory.turns.events import Injected
from agent_memory.turns.request import TurnMemory, TurnRequest

MEMORY_HEADER = "X-Agent-Memory"
_MODES: Mapping[str, Mapping[str, object]] = {
    "recall": {"recall": True},
    "remember": {"recall": False},
    "off": {"recall": False, "remember": False},
}


def turn_memory(field: ChatMemory | None) -> TurnMemory | None:
    """The field `memory` of a request; None where it has none, or asks for nothing."""
    if field is None or not (field.recall or field.remember):
        return None
    thread = None
    if field.thread_id is not None:
        thread = ThreadId(checked_session_id(field.thread_id, "memory.thread_id"))
    return TurnMemory(
        recall=field.recall,
        remember=field.remember,
        thread_id=thread,
        token_budget=field.token_budget,
    )


def with_memory_header(
    turn: TurnRequest, field: ChatMemory | None, headers: Headers, of_key: str | None
) -> TurnRequest:
    """The turn with what the header asks of memory, else the key, unless the body has a `field` for
    it."""
    asked = headers.get(MEMORY_HEADER, of_key)
    if field is not None or asked is None:
        return turn
    return replace(turn, memory=memory_of_header(asked))


def memory_of_header(value: str) -> TurnMemory | None:
    """The same from the header, for clients that cannot send the field: `recall`, `remember` or
    `off`, then options, such as `recall; thread_id=shop; token_budget=512`."""
    mode, *options = (part.strip() for part in re.split("[;,]", value))
    fields = dict(_MODES.get(mode.lower(), {}))
    if not fields:
        known = ", ".join(_MODES)
        raise InvalidRequest(f"{MEMORY_HEADER} must begin with one of: {known}.", MEMORY_HEADER)
    for option in filter(None, options):
        name, _, given = (part.strip() for part in option.partition("="))
        fields[name] = int(given) if given.isdecimal() and name == "token_budget" else given
    try:
        return turn_memory(ChatMemory.model_validate(fields))
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise InvalidRequest(f"{MEMORY_HEADER}, {where}: {wrong['msg']}.", MEMORY_HEADER) from None


def memory_field(memory: Injected | None) -> dict[str, object]:
    """The field `memory` of a response (an extension), where memory was asked for."""
    if memory is None:
        return {}
    report: dict[str, object] = {"items": list(memory.item_ids), "tokens": memory.num_tokens}
    if memory.problem is not None:
        report["problem"] = memory.problem
    return {"memory": report}


def memory_headers(memory: Injected | None) -> dict[str, str]:
    """The same in headers, as counts."""
    if memory is None:
        return {}
    return {
        "X-Memory-Items": str(len(memory.item_ids)),
        "X-Memory-Tokens": str(memory.num_tokens),
    }
