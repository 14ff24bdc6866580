"""Looks again and again for what is not to be left any more."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

MAX_PAUSE_S = 60.0
MIN_PAUSE_S = 0.5
_PART = 1 / 20
"""Of the time that something is kept: so much longer may it be there."""


class FadingWatch:
    """Calls `fade` from the first `begin` on. keep_s: how long things are kept."""

    def __init__(self, keep_s: float, fade: Callable[[], Awaitable[None]]) -> None:
        self._pause_s = min(MAX_PAUSE_S, max(MIN_PAUSE_S, keep_s * _PART))
        self._fade = fade
        self._watching: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Watch from now on. Repeatable."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            try:
                await self._fade()
            except Exception:
                log.exception("what has faded is not all gone; it is tried again")
            await asyncio.sleep(self._pause_s)
