"""A turn in the accounts that no `TurnResponse` takes: in the background, or for its text alone."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from agent_memory.api.call import Call
from agent_memory.api.turn_metering import TurnMetering
from agent_memory.turns.events import TurnEvent, TurnFinished
from agent_memory.turns.request import TurnRequest


class MeteredTurn:
    """Admitted before it begins, and booked before its last event is told."""

    def __init__(self, call: Call, turn: TurnRequest, surface: str) -> None:
        self._turns = call.surface.runtime.turns
        self._turn = turn
        self._metering = TurnMetering(call, [turn], surface)

    async def admit(self) -> dict[str, str]:
        """As `Metering.admit`."""
        return await self._metering.admit_turns()

    async def events(self) -> AsyncGenerator[TurnEvent, None]:
        """The turn's events, once it was admitted."""
        async with self._metering as metering, aclosing(self._turns.answer(self._turn)) as events:
            async for event in events:
                metering.note([(0, event)])
                if isinstance(event, TurnFinished):
                    await metering.book()
                yield event
