"""The line in front of what only a few may do at once, none of them for long."""

import asyncio
from collections import Counter, deque
from collections.abc import Hashable

from agent_memory.errors import QueueFull

MAX_AT_ONCE = 4
MAX_WAITING = 8
"""Of one tenant."""
MAX_WAIT_S = 20.0
RETRY_AFTER_S = 5


class ImportLine:
    """Lets in `MAX_AT_ONCE`, one a tenant; the others wait in line, oldest first."""

    def __init__(self, max_at_once: int = MAX_AT_ONCE, max_wait_s: float = MAX_WAIT_S) -> None:
        self._max_at_once = max_at_once
        self._max_wait_s = max_wait_s
        self._inside: set[Hashable] = set()
        self._waiting: deque[tuple[Hashable, asyncio.Future[None]]] = deque()

    async def enter(self, tenant: Hashable) -> None:
        """`leave` ends what begins here. Raises `QueueFull` when too many of the tenant's wait, or
        it has waited for too long."""
        if self._has_room(tenant) and not self._num_waiting(tenant):
            self._inside.add(tenant)
            return
        if self._num_waiting(tenant) >= MAX_WAITING:
            raise QueueFull(self._num_waiting(tenant), RETRY_AFTER_S)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = (tenant, turn)
        self._waiting.append(place)
        try:
            async with asyncio.timeout(self._max_wait_s):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.leave(tenant)  # Its turn came as it gave up.
            if isinstance(error, TimeoutError):
                raise QueueFull(self._num_waiting(tenant), RETRY_AFTER_S) from error
            raise
        finally:
            if place in self._waiting:
                self._waiting.remove(place)

    def leave(self, tenant: Hashable) -> None:
        """Whoever is first in line and may come in does."""
        self._inside.discard(tenant)
        for place in tuple(self._waiting):
            other, turn = place
            if self._has_room(other):
                self._waiting.remove(place)
                if not turn.done():
                    self._inside.add(other)
                    turn.set_result(None)

    def _has_room(self, tenant: Hashable) -> bool:
        return tenant not in self._inside and len(self._inside) < self._max_at_once

    def _num_waiting(self, tenant: Hashable) -> int:
        return Counter(other for other, _ in self._waiting)[tenant]
