"""The transcript of a session: its messages, its turns, and the tokens it generated."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import SessionId, ThreadId, TurnId, WorkspaceId
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message
from agent_memory.turns.portable import PortableSession, PortableTurn
from agent_memory.turns.sequence import TokenIds
from agent_memory.turns.traces import Traces


@dataclass(frozen=True, slots=True)
class GeneratedTurn:
    """What the session itself said in one turn, kept so that its tokens can be spliced in again.

    position: index of the assistant's message in the conversation.
    tokens: generated token ids without the closing end-of-turn token.
    generation_suffix: the text that the template put between the history and the generated text.
    model: fingerprint of the weights and tokenizer that made the tokens; None where the local
        engine did not answer, and there are no tokens.
    """

    turn_id: TurnId
    position: int
    message: Message
    tokens: tuple[int, ...] = ()
    generation_suffix: str = ""
    model: str | None = None

    @classmethod
    def of(
        cls, turn_id: TurnId, position: int, message: Message, traces: Traces | None
    ) -> "GeneratedTurn":
        """The turn that left `traces`."""
        if traces is None:
            return cls(turn_id, position, message)
        return cls(
            turn_id,
            position,
            message,
            traces.tokens,
            traces.generation_suffix,
            traces.model_fingerprint,
        )


def generated_turns(session: PortableSession) -> tuple[GeneratedTurn, ...]:
    """What the session said in each of its turns."""
    return tuple(
        GeneratedTurn.of(turn.turn_id, turn.position, session.messages[turn.position], turn.traces)
        for turn in session.turns
    )


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One row of the session list. `head_hash` names the conversation as far as it has got."""

    session_id: SessionId
    workspace_id: WorkspaceId
    created_at: datetime
    updated_at: datetime
    num_turns: int
    num_messages: int
    num_tokens: int
    head_hash: str | None
    model: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryMatch:
    """The turn of a session that a conversation goes on after, and the conversation's hash there.

    is_head: the session has got no further.
    """

    session_id: SessionId
    turn_id: TurnId
    head_hash: str
    is_head: bool


@dataclass(frozen=True, slots=True)
class SessionArrival:
    """A session that came from elsewhere. `num_cached_tokens` of it need not be computed again;
    `note` says why none, when its KV could not be used."""

    session: SessionRecord
    num_cached_tokens: int
    note: str | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole session as it stands in the database.

    sequence: the tokens that its last turn left in the KV cache, as far as they are known.
    """

    session: SessionRecord
    messages: tuple[Message, ...]
    generated: tuple[GeneratedTurn, ...]
    sequence: TokenIds = ()


@dataclass(frozen=True, slots=True)
class Head:
    """How far a conversation had got: the hash of it, or None before its first turn."""

    digest: str | None


@dataclass(frozen=True, slots=True)
class TurnCommit:
    """What one finished turn writes, in one transaction.

    The first `num_kept` messages of the stored conversation stay, the rest is superseded;
    `new_messages` follow (the client's), then `answer` (the assistant's; one per choice, of which
    only the first becomes part of the conversation). `traces`: None where the local engine did not
    answer. `remember_in`: the thread that the exchange is remembered in, by a job of the same
    transaction. `inherited`: what a session that is not stored yet begins with, its messages
    counted among those to keep. `built_on`: where the conversation stood that the turn continues;
    None where that is not to be checked. `kept`: what a surface keeps with it (JSON text).
    `shape`: digests of the request's parts (JSON text).
    """

    turn_id: TurnId
    session_id: SessionId
    workspace_id: WorkspaceId
    request_id: str
    model: str
    num_kept: int
    new_messages: tuple[Message, ...]
    answer: Message
    finish_reason: FinishReason
    usage: Usage
    head_hash: str
    started_at: datetime
    traces: Traces | None = None
    remember_in: ThreadId | None = None
    inherited: PortableSession | None = None
    built_on: Head | None = None
    kept: str | None = None
    shape: str | None = None

    @property
    def turn(self) -> PortableTurn:
        """The turn by itself."""
        return PortableTurn(
            turn_id=self.turn_id,
            request_id=self.request_id,
            model=self.model,
            position=self.num_kept + len(self.new_messages),
            finish_reason=self.finish_reason,
            usage=self.usage,
            head_hash=self.head_hash,
            started_at=self.started_at,
            traces=self.traces,
        )
