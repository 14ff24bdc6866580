"""Remains of a generation whose session is gone before it ends."""

from collections.abc import AsyncIterator, Awaitable, Callable

from agent_memory.engine.events import EngineEvent, Stored
from agent_memory.wire.streams import Call


async def keeping_unheard(
    events: AsyncIterator[EngineEvent],
    call: Call,
    keep: Callable[[Stored], Awaitable[None]],
) -> AsyncIterator[EngineEvent]:
    """The events. Blocks of which the caller can no longer tell the pool are handed to `keep`: they
    would take up memory and disk that nobody counts."""
    async for event in events:
        if isinstance(event, Stored) and event.blocks and call.is_gone:
            await keep(event)
        yield event
