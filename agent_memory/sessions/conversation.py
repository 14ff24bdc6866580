"""The conversation of a session as far as it has got, and how a request continues it."""

import contextlib
import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent_memory.errors import InvalidRequest, NotFound, TurnNotFound
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.prompts.canonical import canonical_message
from agent_memory.prompts.identity import beginning_hash, common_prefix
from agent_memory.sessions.ports import TranscriptStore
from agent_memory.turns.messages import Message, Recollection, Role
from agent_memory.turns.placement import Branch
from agent_memory.turns.portable import PortableSession
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sequence import TokenIds
from agent_memory.turns.server_calls import has_server_calls
from agent_memory.turns.traces import Traces
from agent_memory.turns.transcript import (
    GeneratedTurn,
    SessionRecord,
    Transcript,
    generated_turns,
)


@dataclass(frozen=True, slots=True)
class Continuation:
    """The whole conversation for one turn, of which the first `num_kept` messages are stored."""

    messages: tuple[Message, ...]
    num_kept: int

    @property
    def new_messages(self) -> tuple[Message, ...]:
        return self.messages[self.num_kept :]

    @property
    def recollection(self) -> Recollection | None:
        """What memory put in front of the last message, in this turn or when it was first sent."""
        return self.messages[-1].recollection if self.messages else None

    def recalling(self, recollection: Recollection | None) -> "Continuation":
        """With `recollection` in front of the user's new words.

        It goes after all that was said before, so that the tokens of that stay what they are; a
        message that is stored already keeps what it had.
        """
        if recollection is None or not self.new_messages:
            return self
        last = self.messages[-1]
        if last.role is not Role.USER:
            return self
        recalled = replace(last, parts=(recollection, *last.parts))
        return replace(self, messages=(*self.messages[:-1], recalled))


class Conversation:
    """Messages in order, and for each answer of the session itself the tokens it was made of."""

    def __init__(self, transcript: Transcript | None = None) -> None:
        self.session: SessionRecord | None = transcript.session if transcript else None
        self._messages: tuple[Message, ...] = transcript.messages if transcript else ()
        self._generated: tuple[GeneratedTurn, ...] = transcript.generated if transcript else ()
        self.sequence: TokenIds = transcript.sequence if transcript else ()
        """What the last turn of the local engine left in the KV cache."""
        self.inherited: PortableSession | None = None
        """What it begins with and the next turn has to store: another session's beginning."""

    @classmethod
    async def load(
        cls,
        store: TranscriptStore,
        workspace: WorkspaceId,
        session: SessionId,
        branch: Branch | None = None,
    ) -> "Conversation":
        """The conversation as it is stored. Of a session that has none yet, what is left of the one
        that it branches off, if anything; `TurnNotFound` when that is gone and needed."""
        with contextlib.suppress(NotFound):
            return cls(await store.load_transcript(workspace, session))
        if branch is None:
            return cls()
        try:
            return cls._inheriting(await store.load_branch(workspace, branch))
        except NotFound:
            if branch.is_needed:
                raise TurnNotFound(branch.turn_id) from None
            return cls()

    @classmethod
    def _inheriting(cls, origin: PortableSession) -> "Conversation":
        conversation = cls()
        conversation.inherited = origin
        conversation.sequence = origin.sequence
        conversation._messages = origin.messages
        conversation._generated = generated_turns(origin)
        return conversation

    @property
    def head_hash(self) -> str | None:
        return self.session.head_hash if self.session is not None else None

    @property
    def model(self) -> str:
        """The model of its last turn; empty before the first."""
        owner = self.session or self.inherited
        return owner.model if owner is not None else ""

    @property
    def messages(self) -> Sequence[Message]:
        """As the last turn left them."""
        return self._messages

    @property
    def generated(self) -> Sequence[GeneratedTurn]:
        return self._generated

    def is_other_than(self, messages: Sequence[Message]) -> bool:
        """`messages`, a whole conversation, is another one than this: it begins otherwise, and
        holds no answer of this one."""
        if not self._messages or beginning_hash(self._messages) == beginning_hash(messages):
            return False
        answers = {canonical_message(turn.message) for turn in self._generated}
        sent = (message for message in messages if message.role is Role.ASSISTANT)
        return all(canonical_message(message) not in answers for message in sent)

    def continue_with(self, request: TurnRequest) -> Continuation:
        """What the model is to read, whether the client sent everything or only what is new."""
        continuation = self._continued(request)
        return continuation.recalling(request.memory.recollection if request.memory else None)

    def _continued(self, request: TurnRequest) -> Continuation:
        stored = self._before(request)
        if not request.is_delta:
            num_kept = common_prefix(stored, request.messages)
            return Continuation(_with_recollections(stored, request.messages, num_kept), num_kept)
        if not request.messages:
            raise InvalidRequest("A turn needs at least one message.", "messages")
        return Continuation((*stored, *request.messages), len(stored))

    def add(
        self,
        continuation: Continuation,
        turn_id: TurnId,
        answer: Message,
        traces: Traces | None,
        session: SessionRecord,
    ) -> None:
        """The turn is committed: it is part of the conversation now."""
        self._advance(continuation, turn_id, answer, traces)
        self.session = session
        self.inherited = None

    def _advance(
        self, continuation: Continuation, turn_id: TurnId, answer: Message, traces: Traces | None
    ) -> None:
        turn = GeneratedTurn.of(turn_id, len(continuation.messages), answer, traces)
        self._messages = (*continuation.messages, answer)
        kept = tuple(g for g in self._generated if g.position < continuation.num_kept)
        self._generated = (*kept, turn)
        if traces is not None:
            self.sequence = traces.step.after(self.sequence)

    def ahead(
        self, continuation: Continuation, turn_id: TurnId, answer: Message, traces: Traces | None
    ) -> "Conversation":
        """As it would stand if the turn ended with this answer; nothing of it is committed."""
        conversation = copy.copy(self)
        conversation._advance(continuation, turn_id, answer, traces)
        return conversation

    def _before(self, request: TurnRequest) -> tuple[Message, ...]:
        """The messages as they stood before `request`, which may have been committed already by a
        process that died before it could say so."""
        last = self._generated[-1] if self._generated else None
        if last is None or last.turn_id != request.turn_id or not request.is_delta:
            return self._messages
        return self._messages[: last.position - len(request.messages)]


def _with_recollections(
    stored: Sequence[Message], sent: Sequence[Message], num_kept: int
) -> tuple[Message, ...]:
    """What the client sent, and where memory had put something in front of a message, or tools were
    run in it, that message as it was read then: the same bytes at the same place."""
    kept = (
        old if old.recollection is not None or has_server_calls(old) else new
        for old, new in zip(stored[:num_kept], sent[:num_kept], strict=True)
    )
    return (*kept, *sent[num_kept:])
