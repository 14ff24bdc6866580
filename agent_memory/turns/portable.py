"""A session as it travels: all that its transcript holds, for another session or another server."""

from dataclasses import dataclass, replace
from datetime import datetime

from agent_memory.errors import NotFound
from agent_memory.ids import SessionId, TurnId
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message
from agent_memory.turns.sequence import SequenceStep, TokenIds, after_all


@dataclass(frozen=True, slots=True)
class PortableTurn:
    """A turn with all that its row holds. `position` is its answer's place among the messages;
    `num_shared` and `read_tokens` follow the turn before it in the same session."""

    turn_id: TurnId
    request_id: str
    model: str
    model_fingerprint: str
    position: int
    tokens: tuple[int, ...]
    generation_suffix: str
    finish_reason: FinishReason
    usage: Usage
    head_hash: str
    num_tokens: int
    started_at: datetime
    num_shared: int = 0
    read_tokens: TokenIds = ()

    @property
    def step(self) -> SequenceStep:
        """How it changes the sequence of tokens."""
        return SequenceStep(self.num_shared, self.read_tokens, self.tokens)


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
        return after_all(turn.step for turn in self.turns)

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
