"""One turn of a session, from the conversation to the committed answer."""

import contextlib
from datetime import UTC, datetime

from agent_memory.errors import NotFound
from agent_memory.ids import ThreadId
from agent_memory.prompts.identity import head_hash
from agent_memory.prompts.shape import PromptShape
from agent_memory.sessions.answering import Answered, Answerer, OpenTurn
from agent_memory.sessions.conversation import Conversation
from agent_memory.sessions.ports import TranscriptStore
from agent_memory.sessions.running_turn import RunningTurn
from agent_memory.turns.events import TurnFinished
from agent_memory.turns.portable import PortableSession
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.transcript import Head, TurnCommit


class Turn:
    """The story of one turn, under any provider."""

    def __init__(
        self,
        request: TurnRequest,
        running: RunningTurn,
        conversation: Conversation,
        answerer: Answerer,
        store: TranscriptStore,
    ) -> None:
        self._continuation = conversation.continue_with(request)
        self._request = request.within(self._continuation.num_kept) if request.is_delta else request
        self._running = running
        self._conversation = conversation
        self._answerer = answerer
        self._store = store
        self._started_at = datetime.now(UTC)

    async def take(self) -> None:
        """Have the answer given, commit it, and only then say that the turn has ended."""
        compared = await self._compared()
        turn = OpenTurn(
            self._request, self._conversation, self._continuation, self._running, compared
        )
        answered = await self._answerer.answer(turn)
        if answered is None or self._running.is_cancelled:
            return
        if self._request.raw_prompt is None and self._request.is_stored:
            await self._commit(answered)
        for event in answered.last:
            self._running.emit(event)
        self._running.emit(TurnFinished(answered.usage, answered.is_estimated))

    async def _compared(self) -> PortableSession | None:
        """What the turn that the client named has left, if it is still there."""
        if self._request.compare_with is None:
            return None
        with contextlib.suppress(NotFound):
            return await self._store.load_branch(
                self._request.workspace_id, self._request.compare_with
            )
        return None

    async def _commit(self, answered: Answered) -> None:
        request, continuation = self._request, self._continuation
        before = self._conversation
        answer = answered.message.after_text(request.prefill)
        session = await self._store.commit_turn(
            TurnCommit(
                turn_id=request.turn_id,
                session_id=request.placed.session_id,
                workspace_id=request.workspace_id,
                request_id=request.request_id,
                model=answered.model,
                num_kept=continuation.num_kept,
                new_messages=continuation.new_messages,
                answer=answer,
                finish_reason=answered.finish_reason,
                usage=answered.usage,
                head_hash=head_hash((*continuation.messages, answer)),
                started_at=self._started_at,
                traces=answered.traces,
                remember_in=self._remember_in,
                inherited=before.inherited,
                built_on=Head(before.head_hash),
                kept=request.kept,
                shape=PromptShape.of(request, continuation.messages).text,
            )
        )
        before.add(continuation, request.turn_id, answer, answered.traces, session)

    @property
    def _remember_in(self) -> ThreadId | None:
        memory = self._request.memory
        if memory is None or not memory.remember:
            return None
        return memory.thread_id or ThreadId(self._request.placed.session_id)
