"""A stream that runs for long ends when the key that opened it no longer opens anything."""

import asyncio
from collections.abc import Awaitable, Callable

from agent_memory.errors import AgentMemoryError, PermissionDenied, Unauthenticated

EVERY_S = 2.0
"""A revocation is known a second later at most, and 5 s are allowed."""


class KeyWatch:
    """Asks for the key again and again, until it is refused."""

    def __init__(self, ask: Callable[[], Awaitable[object]], every_s: float = EVERY_S) -> None:
        self._ask = ask
        self._every_s = every_s

    async def until_refused(self) -> None:
        """A database that does not answer refuses nobody."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self._ask()
            except (Unauthenticated, PermissionDenied):
                return
            except AgentMemoryError:
                continue
