"""Which session takes a turn."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from agent_memory.errors import ConversationMoved, OtherConversation, TurnNotFound
from agent_memory.gateway.provider import Provider
from agent_memory.ids import SessionId, TurnId, WorkspaceId, new_id
from agent_memory.prompts.identity import conversation_hashes
from agent_memory.turns.events import TurnEvent
from agent_memory.turns.models import ModelCard
from agent_memory.turns.placement import Branch, Placement
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.transcript import HistoryMatch


class Histories(Protocol):
    """The conversations of a workspace, by the hashes of what was said in them."""

    async def find_by_history(
        self, workspace: WorkspaceId, hashes: Sequence[str]
    ) -> HistoryMatch | None:
        """The turn that left a conversation at the last of `hashes` that any did."""
        ...

    async def find_turn(self, workspace: WorkspaceId, turn: TurnId) -> HistoryMatch | None:
        """That turn, whatever became of its conversation since; None when there is none."""
        ...


class Places:
    """Finds a session for a turn, or makes one."""

    def __init__(self, histories: Histories) -> None:
        self._histories = histories

    async def place(self, request: TurnRequest) -> TurnRequest:
        """The request in its session. One that was placed before is placed again, with what the
        client has had of the turn already: its conversation went on without it."""
        found = await self._find(request)
        if (before := request.placement) is not None:
            found = replace(
                found, delivered_tokens=before.delivered_tokens, delivered_by=before.delivered_by
            )
        return replace(request, placement=found)

    async def place_again(self, request: TurnRequest, error: ConversationMoved) -> TurnRequest:
        """The request in another session, since its own has refused it with `error`."""
        if isinstance(error, OtherConversation):
            request = replace(request, named_session=SessionId(error.beside))
        return await self.place(request)

    async def session_of(self, request: TurnRequest) -> SessionId:
        """The session that would take the turn now; a new one has another id each time."""
        return (await self._find(request)).session_id

    async def _find(self, request: TurnRequest) -> Placement:
        """The session of the turn that the client continues, else the one it named, else the one
        whose conversation this continues, else a new one. Where a session has got further than the
        turn that is continued, the new one is a branch of it."""
        if request.continues is not None:
            return await self._after(request, request.continues)
        if request.named_session is not None:
            return Placement(request.named_session)
        found = await self._matching(request)
        if found is None:
            return Placement(_new_session(request))
        if found.is_head:
            return Placement(found.session_id, expected_head=found.head_hash)
        return Placement(_new_session(request), branch=Branch(found.session_id, found.turn_id))

    async def _after(self, request: TurnRequest, turn: TurnId) -> Placement:
        found = await self._histories.find_turn(request.workspace_id, turn)
        if found is None:
            raise TurnNotFound(turn)
        if found.is_head:
            return Placement(found.session_id, expected_head=found.head_hash)
        branch = Branch(found.session_id, turn, is_needed=True)
        return Placement(_new_session(request), branch=branch)

    async def _matching(self, request: TurnRequest) -> HistoryMatch | None:
        if request.raw_prompt is not None:
            return None
        hashes = [digest for _, digest in conversation_hashes(request.messages)]
        if not hashes:
            return None
        return await self._histories.find_by_history(request.workspace_id, hashes)


class Placing:
    """A provider that finds a session for each turn. It meets `Provider`."""

    def __init__(self, following: Provider, places: Places) -> None:
        self._following = following
        self._places = places

    async def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        async with aclosing(self._following.answer(await self._places.place(request))) as events:
            async for event in events:
                yield event

    async def count(self, request: TurnRequest) -> int:
        return await self._following.count(await self._places.place(request))

    async def cards(self) -> Sequence[ModelCard]:
        return await self._following.cards()


def _new_session(request: TurnRequest) -> SessionId:
    """A turn that is asked for twice at once must come to one session, where it waits for
    itself."""
    if request.is_repeatable:
        return SessionId(request.turn_id.replace("turn_", "sess_", 1))
    return SessionId(new_id("sess"))
