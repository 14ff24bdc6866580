"""This product's own forms: a turn's events by name, sessions and transcripts as JSON."""

import re
from collections.abc import Sequence

from agent_memory.api.answer import Answer, refuse_cancelled
from agent_memory.api.errors import Fault, problem
from agent_memory.api.renderer import named_event
from agent_memory.api.translators.memory_words import memory_field
from agent_memory.turns.events import ChoiceFinished, Ping, TurnEvent
from agent_memory.turns.messages import Message
from agent_memory.turns.part_codec import encode_part
from agent_memory.turns.transcript import SessionArrival, SessionRecord, Transcript


def _event_name(cls: type[object]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class AgentRenderer:
    """One response of `POST /v1/agents/{id}/turns`.

    Streamed, each turn event is a server-sent event named after its class (`text_delta`,
    `tool_call_started`, …) with its fields as data.
    """

    surface = "agents"

    def event(self, source: int, event: TurnEvent) -> bytes:  # noqa: ARG002  one turn only
        if isinstance(event, ChoiceFinished):
            refuse_cancelled(event)
        return named_event(_NAMES[type(event)], event)

    def ping(self) -> bytes:
        return named_event("ping", Ping())

    def end(self) -> bytes:
        return b""

    def error(self, fault: Fault) -> bytes:
        return named_event("error", problem(fault))

    def whole(self, answers: Sequence[Answer]) -> dict[str, object]:
        """The whole turn."""
        answer = answers[0]
        choice = answer.choices[0]
        return {
            "turn_id": answer.turn_id,
            "session_id": answer.session_id,
            "message": {"role": "assistant", "content": [encode_part(p) for p in choice.parts]},
            "finish_reason": choice.reason,
            "stop_sequence": choice.stop_sequence,
            "usage": answer.usage,
            **memory_field(answer.memory),
        }


_NAMES = {cls: _event_name(cls) for cls in TurnEvent.__args__}


def session_json(record: SessionRecord) -> dict[str, object]:
    """A session as clients see it."""
    return {
        "object": "agent",
        "id": record.session_id,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "num_turns": record.num_turns,
        "num_messages": record.num_messages,
        "num_tokens": record.num_tokens,
        "model": record.model,
        "title": record.title,
    }


def arrival_json(arrival: SessionArrival) -> dict[str, object]:
    """A session that was imported."""
    return {
        **session_json(arrival.session),
        "num_cached_tokens": arrival.num_cached_tokens,
        "note": arrival.note,
    }


def transcript_json(transcript: Transcript) -> dict[str, object]:
    """A session with everything that was said in it."""
    return {
        "session": session_json(transcript.session),
        "messages": [message_json(message) for message in transcript.messages],
    }


def message_json(message: Message) -> dict[str, object]:
    """A message; `content` is a list of parts, in the form in which turns take them."""
    return {"role": message.role, "content": [encode_part(part) for part in message.parts]}
