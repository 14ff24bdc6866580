"""What is remembered of a session: its messages, its turns, and what it generated."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.ids import SessionId, ThreadId, TurnId, WorkspaceId
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message
from agent_memory.turns.portable import PortableSession, PortableTurn
from agent_memory.turns.sequence import TokenIds


@dataclass(frozen=True, slots=True)
class GeneratedTurn:
    """What the session itself said in one turn, kept so that its tokens can be spliced in again.

    position: index of the assistant's message in the conversation.
    tokens: generated token ids without the closing end-of-turn token.
    generation_suffix: the text that the template put between the history and the generated text.
    model: fingerprint of the weights and tokenizer that made the tokens.
    """

    turn_id: TurnId
    position: int
    message: Message
    tokens: tuple[int, ...]
    generation_suffix: str
    model: str


def generated_turns(session: PortableSession) -> tuple[GeneratedTurn, ...]:
    """What the session said in each of its turns."""
    return tuple(
        GeneratedTurn(
            turn_id=turn.turn_id,
            position=turn.position,
            message=session.messages[turn.position],
            tokens=turn.tokens,
            generation_suffix=turn.generation_suffix,
            model=turn.model_fingerprint,
        )
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
    """The turn of a session that a conversation goes on behind, and the conversation's hash there.

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
class TurnCommit:
    """What one finished turn writes, in one transaction.

    The first `num_kept` messages of the stored conversation stay, the rest is superseded;
    `new_messages` follow (the client's), then `answer` (the assistant's; one per choice, of which
    only the first becomes part of the conversation). `num_tokens` is the length of the session's
    KV sequence after the turn. `remember_in`: the thread that the exchange is remembered in, by a
    job of the same transaction. `num_shared` and `read_tokens`: see `SequenceStep`. `inherited`:
    what a session that is not stored yet begins with, its messages counted among those to keep.
    """

    turn_id: TurnId
    session_id: SessionId
    workspace_id: WorkspaceId
    request_id: str
    model: str
    model_fingerprint: str
    num_kept: int
    new_messages: tuple[Message, ...]
    answer: Message
    generated_tokens: tuple[int, ...]
    generation_suffix: str
    finish_reason: FinishReason
    usage: Usage
    head_hash: str
    num_tokens: int
    started_at: datetime
    num_shared: int = 0
    read_tokens: TokenIds = ()
    remember_in: ThreadId | None = None
    inherited: PortableSession | None = None

    @property
    def turn(self) -> PortableTurn:
        """The turn by itself."""
        return PortableTurn(
            turn_id=self.turn_id,
            request_id=self.request_id,
            model=self.model,
            model_fingerprint=self.model_fingerprint,
            position=self.num_kept + len(self.new_messages),
            tokens=self.generated_tokens,
            generation_suffix=self.generation_suffix,
            finish_reason=self.finish_reason,
            usage=self.usage,
            head_hash=self.head_hash,
            num_tokens=self.num_tokens,
            started_at=self.started_at,
            num_shared=self.num_shared,
            read_tokens=self.read_tokens,
        )
