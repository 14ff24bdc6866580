"""Which models are served, asked for at most every few seconds."""

import asyncio
from collections.abc import Callable, Sequence

from agent_memory.errors import Unavailable
from agent_memory.gateway.provider import Provider
from agent_memory.turns.models import ModelCard

_TTL_S = 5.0
_PATIENCE_S = 0.25
"""No token waits longer for the name of its model."""


class Catalogue:
    """The model cards. The list changes rarely, and every response names the served model."""

    def __init__(self, turns: Provider, monotonic: Callable[[], float]) -> None:
        self._turns = turns
        self._monotonic = monotonic
        self._cards: Sequence[ModelCard] = ()
        self._read_at: float | None = None

    async def models(self) -> Sequence[ModelCard]:
        """All model cards, at most `_TTL_S` seconds old."""
        now = self._monotonic()
        if self._read_at is None or now - self._read_at > _TTL_S:
            return await self.fresh()
        return self._cards

    async def fresh(self) -> Sequence[ModelCard]:
        """All model cards as they are now."""
        self._cards = await self._turns.cards()
        self._read_at = self._monotonic()
        return self._cards

    async def served(self) -> str | None:
        """The model that answers, or None while nobody can say: a turn may outlive that."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                cards = await self.models()
        except (Unavailable, TimeoutError):
            cards = self._cards
        return next((card.id for card in cards if card.state == "loaded"), None)
