"""The events of one generation, on their way from MLX's thread to an event loop."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Self

from agent_memory.engine.events import EngineEvent
from agent_memory.engine.outbox import Failed
from agent_memory.errors import AgentMemoryError, StreamInterrupted


class EventStream:
    """An asynchronous iterator that ends after `Stored`. Belongs to the loop it was made in."""

    def __init__(self, loop: asyncio.AbstractEventLoop, cancel: Callable[[], None]) -> None:
        self.loop = loop
        self._cancel = cancel
        self._letters: deque[EngineEvent | Failed] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._has_ended = False
        self._is_abandoned = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EngineEvent:
        """The next event. Raises what the request failed with, after its last event."""
        while not self._letters:
            if self._has_ended or self._is_abandoned:
                raise StopAsyncIteration
            self._waiter = self.loop.create_future()
            await self._waiter
        letter = self._letters.popleft()
        if isinstance(letter, Failed):
            raise _as_ours(letter.error)
        return letter

    def cancel(self) -> None:
        """Stop soon; the events still end with `Stored`."""
        if not self._has_ended:
            self._cancel()

    async def aclose(self) -> None:
        """Let go of it, whether it has ended or not."""
        if not self._is_abandoned:
            self._is_abandoned = True
            self.cancel()
            self._letters.clear()

    def deliver(self, letters: Sequence[EngineEvent | Failed], *, is_end: bool) -> None:
        """More events; called in the loop."""
        self._has_ended = self._has_ended or is_end
        if self._is_abandoned:
            return
        self._letters.extend(letters)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _as_ours(error: Exception) -> Exception:
    if isinstance(error, AgentMemoryError):
        return error
    ours = StreamInterrupted(f"The generation failed: {error}")
    ours.__cause__ = error
    return ours
