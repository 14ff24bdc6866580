"""An agent's session: it owns its conversation and its tokens, and takes one turn at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from agent_memory.errors import AlreadyAnswered, ConversationMoved, OtherConversation
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.prompts.identity import beginning_hash
from agent_memory.sessions.answering import Answerer
from agent_memory.sessions.conversation import Conversation
from agent_memory.sessions.ports import TranscriptStore
from agent_memory.sessions.running_turn import RunningTurn
from agent_memory.sessions.turn import Turn
from agent_memory.turns.events import TurnStep
from agent_memory.turns.request import TurnRequest

MAX_SESSION_ID = 128
_BEGINNING_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session of a process shares."""

    answerer: Answerer
    store: TranscriptStore


class Session:
    """One session of one workspace.

    It is idle until a turn comes, wakes from the database for its first one, and can hibernate
    whenever no turn is running: everything it knows is in the database and on the shelf.
    """

    def __init__(
        self, workspace_id: WorkspaceId, session_id: SessionId, surroundings: Surroundings
    ) -> None:
        self.workspace_id = workspace_id
        self.session_id = session_id
        self._surroundings = surroundings
        self._conversation: Conversation | None = None
        self._one_turn = asyncio.Lock()
        self._num_turns = 0

    @property
    def is_busy(self) -> bool:
        """A turn is running or waiting."""
        return self._num_turns > 0

    def take_turn(self, request: TurnRequest, deliver: Callable[[TurnStep], None]) -> RunningTurn:
        """Start one turn, whose steps go to `deliver`. It can be waited for, and cancelled: what
        was computed until then is kept."""
        return RunningTurn(lambda running: self._take_turn(request, running), deliver)

    async def _take_turn(self, request: TurnRequest, running: RunningTurn) -> None:
        self._num_turns += 1
        try:
            async with self._one_turn:
                conversation = await self._wake(request)
                self._check_is_new(conversation, request)
                self._check_head(conversation, request)
                self._check_is_same(conversation, request)
                answerer, store = self._surroundings.answerer, self._surroundings.store
                turn = Turn(request, running, conversation, answerer, store)
                await self._follow_through(turn)
        finally:
            self._num_turns -= 1

    async def _follow_through(self, turn: Turn) -> None:
        try:
            await turn.take()
        except ConversationMoved:
            # Another process took it further: what is remembered here is out of date.
            self._conversation = None
            raise

    async def _wake(self, request: TurnRequest) -> Conversation:
        """The conversation as it stands. It is read again when the request was placed where another
        process has taken it."""
        conversation = self._conversation
        if conversation is None or not _stands_at(conversation, request):
            conversation = self._conversation = await Conversation.load(
                self._surroundings.store, self.workspace_id, self.session_id, request.placed.branch
            )
        return conversation

    @staticmethod
    def _check_is_new(conversation: Conversation, request: TurnRequest) -> None:
        """The same turn may have waited for itself."""
        is_answered = any(turn.turn_id == request.turn_id for turn in conversation.generated)
        if request.is_repeatable and is_answered and not request.placed.delivered_tokens:
            raise AlreadyAnswered("The turn was answered already.")

    @staticmethod
    def _check_head(conversation: Conversation, request: TurnRequest) -> None:
        """A session found by its history takes the turn only while that is still its history."""
        if not _stands_at(conversation, request):
            raise ConversationMoved("The conversation went on in the meantime.")

    @staticmethod
    def _check_is_same(conversation: Conversation, request: TurnRequest) -> None:
        """Clients name one session for several conversations: for a title beside the talk, say."""
        named = request.named_session
        is_whole = not request.is_delta and request.raw_prompt is None
        if named is None or not is_whole or request.placed.delivered_tokens:
            return
        if conversation.is_other_than(request.messages):
            raise OtherConversation(_beside(named, request))


def _beside(named: SessionId, request: TurnRequest) -> SessionId:
    """The session of the conversation that begins as this request does."""
    name = named[: MAX_SESSION_ID - _BEGINNING_DIGITS - 1]
    return SessionId(f"{name}.{beginning_hash(request.messages)[:_BEGINNING_DIGITS]}")


def _stands_at(conversation: Conversation, request: TurnRequest) -> bool:
    return request.placed.expected_head in {None, conversation.head_hash}
