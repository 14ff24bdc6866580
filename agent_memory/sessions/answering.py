"""How a session has a turn answered."""

from dataclasses import dataclass
from typing import Protocol

from agent_memory.sessions.conversation import Continuation, Conversation
from agent_memory.sessions.running_turn import Running
from agent_memory.turns.context_edits import AppliedEdit
from agent_memory.turns.events import (
    FinishReason,
    Injected,
    Source,
    TurnEvent,
    TurnStarted,
    Usage,
)
from agent_memory.turns.messages import Message
from agent_memory.turns.overlap import Overlap
from agent_memory.turns.portable import PortableSession
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.traces import Traces


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A turn that is to be answered.

    conversation: as it stood before. continuation: what the model is to read.
    running: hears the answer as it comes, from `TurnStarted` to the last `ChoiceFinished`.
    compared: as it stood after the turn that this one is to be compared with.
    """

    request: TurnRequest
    conversation: Conversation
    continuation: Continuation
    running: Running
    compared: PortableSession | None = None

    def started(
        self,
        usage: Usage,
        model: str,
        model_fingerprint: str = "",
        overlap: Overlap | None = None,
        edits: tuple[AppliedEdit, ...] = (),
        source: Source | None = None,
    ) -> TurnStarted:
        """The first event of the answer that this model gives."""
        return TurnStarted(
            self.request.turn_id,
            self.request.placed.session_id,
            usage,
            self._injected,
            model,
            model_fingerprint,
            overlap=overlap,
            edits=edits,
            source=source,
        )

    @property
    def _injected(self) -> Injected | None:
        memory = self.request.memory
        if memory is None:
            return None
        found = self.continuation.recollection
        if found is None:
            return Injected(problem=memory.problem)
        return Injected(found.item_ids, found.num_tokens, memory.problem)


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer (choice 0). traces: None where the local engine did not give it.

    last: events that are told when the turn is committed. is_estimated: of the usage.
    """

    message: Message
    model: str
    finish_reason: FinishReason
    usage: Usage
    traces: Traces | None = None
    last: tuple[TurnEvent, ...] = ()
    is_estimated: bool = False


class Answerer(Protocol):
    """Gives answers. Whether a turn is cancelled, `OpenTurn.running` knows."""

    async def answer(self, turn: OpenTurn) -> Answered | None:
        """Answer to the end; None when the turn was cancelled, and nothing is to be kept."""
        ...
