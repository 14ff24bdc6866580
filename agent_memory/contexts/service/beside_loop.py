"""Work on large content, which must not stop the event loop."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

_DONE_AT_ONCE = 128 * 1024
"""Bytes that are parsed, compressed, sealed and hashed in a millisecond or two."""

Result = TypeVar("Result")


async def beside_loop(num_bytes: int, do: Callable[[], Result]) -> Result:
    """What `do` returns; in a thread where it has more than a little to do."""
    if num_bytes <= _DONE_AT_ONCE:
        return do()
    return await asyncio.to_thread(do)
