"""Memory in the model APIs: what a request may ask of it, and what a response says of it."""

from agent_memory.api.identity import checked_session_id
from agent_memory.api.schemas.chat_memory import ChatMemory
from agent_memory.ids import ThreadId
from agent_memory.turns.events import Injected
from agent_memory.turns.request import TurnMemory


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
