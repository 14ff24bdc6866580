"""Turns that a client may ask for again: what was answered is told, not generated a second time."""

from collections.abc import AsyncIterator, Sequence

from agent_memory.actors.turn_gateway import TurnGateway
from agent_memory.errors import AlreadyAnswered, InvalidRequest
from agent_memory.store.answered_turns import AnsweredTurnStore
from agent_memory.turns.events import TurnEvent
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest


class RepeatableTurns:
    """Implements `api.runtime.Turns`: a gateway that knows turns by their keys."""

    def __init__(self, gateway: TurnGateway, answered: AnsweredTurnStore) -> None:
        self._gateway = gateway
        self._answered = answered

    async def take_turn(self, request: TurnRequest) -> AsyncIterator[TurnEvent]:
        """The turn of `request`; of one that was taken before, what was answered then."""
        if request.is_repeatable and request.sampling.n > 1:
            raise InvalidRequest(
                "With an Idempotency-Key n must be 1: only one answer is kept to be told again.",
                "n",
            )
        if request.is_repeatable and (again := await self._told_again(request)) is not None:
            for event in again:
                yield event
            return
        try:
            async for event in self._gateway.take_turn(request):
                yield event
        except AlreadyAnswered:
            # It was under way when it was asked for again, and has ended meanwhile.
            for event in await self._told_again(request) or ():
                yield event

    async def count_tokens(self, request: TurnRequest) -> int:
        return await self._gateway.count_tokens(request)

    async def models(self) -> Sequence[ModelCard]:
        return await self._gateway.models()

    async def _told_again(self, request: TurnRequest) -> list[TurnEvent] | None:
        turn = await self._answered.find(request.workspace_id, request.turn_id)
        return None if turn is None else list(turn.events_for(request))
