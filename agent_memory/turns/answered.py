"""A turn that was taken and committed, told again to a client that asks for it once more."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from agent_memory.errors import Conflict
from agent_memory.ids import SessionId, TurnId
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.messages import Message, Recollection, Text, Thinking, ToolUse
from agent_memory.turns.request import TurnRequest


@dataclass(frozen=True, slots=True)
class AnsweredTurn:
    """new_messages: what the client said in it. model_fingerprint: None where the local engine did
    not answer. kept: JSON text of what a surface keeps with it. shape: a digest of each part of its
    request, as JSON text."""

    turn_id: TurnId
    session_id: SessionId
    model: str
    model_fingerprint: str | None
    new_messages: tuple[Message, ...]
    answer: Message
    finish_reason: FinishReason
    usage: Usage
    committed_at: datetime
    kept: str | None = None
    shape: str | None = None

    def events_for(self, request: TurnRequest) -> Iterator[TurnEvent]:
        """The turn's events, each part of the answer in one piece.

        Raises `Conflict` when `request` asks for something else under the same key.
        """
        said = tuple(_as_sent(message) for message in self.new_messages)
        asked = request.messages if request.is_delta else request.messages[-len(said) :]
        if tuple(_as_sent(message) for message in asked) != said or self._is_elsewhere(request):
            raise Conflict(
                "This Idempotency-Key was used for another request; a key belongs to one request "
                "and its repetitions."
            )
        return self._events(self.answer.without_text(request.prefill))

    def _is_elsewhere(self, request: TurnRequest) -> bool:
        """A conversation that stood beside the one of the named session has a longer name."""
        named = request.named_session
        return named not in {None, self.session_id} and not self.session_id.startswith(f"{named}.")

    def _events(self, answer: Message) -> Iterator[TurnEvent]:
        begun = replace(self.usage, completion_tokens=0)
        yield TurnStarted(
            self.turn_id,
            self.session_id,
            begun,
            model=self.model,
            model_fingerprint=self.model_fingerprint or "",
            is_repeat=True,
        )
        for part in answer.parts:
            match part:
                case Text(text=text):
                    yield TextDelta(0, text, 0)
                case Thinking(text=text):
                    yield ThinkingDelta(0, text, 0)
                case ToolUse(id=call_id, name=name, arguments=arguments):
                    yield ToolCallStarted(0, call_id, name)
                    yield ToolCallDelta(0, arguments)
                case _:
                    pass  # Nothing else stands in an answer.
        yield ChoiceFinished(0, self.finish_reason)
        yield TurnFinished(self.usage)


def _as_sent(message: Message) -> Message:
    """Without what memory put in front of it."""
    sent = tuple(part for part in message.parts if not isinstance(part, Recollection))
    return replace(message, parts=sent)
