"""A provider answers turns, wherever its model runs."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from agent_memory.turns.events import TurnEvent
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest


class Provider(Protocol):
    """Answers turns. Links that stand before a model are providers too, so that they can be put
    together in any order:

        Repeatable -> Placing -> Remembering -> Routed -> the local engine, or another
    """

    def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """The events of one turn (see `turns.events`). Closing the generator cancels the turn.

        Errors of `agent_memory.errors` are raised before the first event where possible.
        """
        ...

    async def count(self, request: TurnRequest) -> int:
        """Tokens of the prompt, exactly as `answer` would use it."""
        ...

    async def cards(self) -> Sequence[ModelCard]:
        """The models that may be asked for."""
        ...
