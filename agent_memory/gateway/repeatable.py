"""Turns that a client may ask for again: what was answered is told, not generated a second time."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Protocol

from agent_memory.errors import AlreadyAnswered, InvalidRequest
from agent_memory.gateway.provider import Provider
from agent_memory.ids import TurnId, WorkspaceId
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.events import TurnEvent
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest


class AnsweredTurns(Protocol):
    """The turns that were committed, by their ids."""

    async def find(self, workspace: WorkspaceId, turn: TurnId) -> AnsweredTurn | None:
        """None when no turn of that id was committed, or it was deleted with its session."""
        ...


class Repeatable:
    """A provider that knows turns by their keys. It meets `Provider`."""

    def __init__(self, following: Provider, answered: AnsweredTurns) -> None:
        self._following = following
        self._answered = answered

    async def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """The turn of `request`; of one that was taken before, what was answered then."""
        if request.is_repeatable and request.sampling.n > 1:
            raise InvalidRequest(
                "n must be 1 with an Idempotency-Key: only one answer is kept for repeats.",
                "n",
            )
        if request.is_repeatable and (again := await self._told_again(request)) is not None:
            for event in again:
                yield event
            return
        try:
            async with aclosing(self._following.answer(request)) as events:
                async for event in events:
                    yield event
        except AlreadyAnswered:
            # It was under way when it was asked for again, and has ended meanwhile.
            for event in await self._told_again(request) or ():
                yield event

    async def count(self, request: TurnRequest) -> int:
        return await self._following.count(request)

    async def cards(self) -> Sequence[ModelCard]:
        return await self._following.cards()

    async def _told_again(self, request: TurnRequest) -> list[TurnEvent] | None:
        turn = await self._answered.find(request.workspace_id, request.turn_id)
        return None if turn is None else list(turn.events_for(request))
