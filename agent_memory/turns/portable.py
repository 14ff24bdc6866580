"""A session as it travels: all that its transcript holds, for another session or another server."""

from dataclasses import dataclass, replace
from datetime import datetime

from agent_memory.errors import NotFound
from agent_memory.ids import SessionId, TurnId
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message
from agent_memory.turns.sequence import TokenIds, after_all
from agent_memory.turns.traces import Traces


@dataclass(frozen=True, slots=True)
class PortableTurn:
    """A turn with all that its row holds. `position` is its answer's place among the messages;
    `traces` are None where the local engine did not answer."""

    turn_id: TurnId
    request_id: str
    model: str
    position: int
    finish_reason: FinishReason
    usage: Usage
    head_hash: str
    started_at: datetime
    traces: Traces | None = None


@dataclass(frozen=True, slots=True)
class PortableSession:
    """A conversation as it stands, nothing superseded. The messages of a turn are those that end
    with its answer; a session ends with an answer."""

    session_id: SessionId
    model: str
    title: str | None
    messages: tuple[Message, ...]
    turns: tuple[PortableTurn, ...]

    @property
    def sequence(self) -> TokenIds:
        """The tokens that the last turn left in the KV cache, as far as they are known."""
        return after_all(turn.traces.step for turn in self.turns if turn.traces is not None)

    @property
    def num_tokens(self) -> int:
        """The length of that sequence as the engine told it; 0 where it never answered."""
        lengths = [turn.traces.num_tokens for turn in self.turns if turn.traces is not None]
        return lengths[-1] if lengths else 0

    def behind(self, turn_id: TurnId) -> "PortableSession":
        """The same session as it stood after that turn; `NotFound` when it has none such."""
        for num_turns, turn in enumerate(self.turns, 1):
            if turn.turn_id == turn_id:
                return self.up_to(num_turns)
        raise NotFound("turn", turn_id)

    def up_to(self, num_turns: int) -> "PortableSession":
        """The same session as it stood after so many turns."""
        turns = self.turns[:num_turns]
        num_messages = turns[-1].position + 1 if turns else 0
        model = turns[-1].model if turns else self.model
        return replace(self, model=model, messages=self.messages[:num_messages], turns=turns)

    def without_traces(self) -> "PortableSession":
        """The same words, as if no engine of ours had answered."""
        return replace(self, turns=tuple(replace(turn, traces=None) for turn in self.turns))
