"""Work that stops when the client goes away."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from starlette.types import Message, Receive, Send

from agent_memory.errors import TurnCancelled

T = TypeVar("T")


class ClientGone(TurnCancelled):
    """The connection is closed: nobody is there to be told anything."""


async def unless_gone(receive: Receive, work: Coroutine[None, None, T]) -> T:
    """The result of `work`; `ClientGone` after cancelling it when the client leaves first.

    The request's body must have been read: what `receive` still has to say is the disconnect.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnect(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGone("The client went away.")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


def send_unless_gone(send: Send) -> Send:
    """`send`, with the server's word for a closed connection translated to `ClientGone`."""

    async def send_translated(message: Message) -> None:
        try:
            await send(message)
        except OSError as error:
            raise ClientGone("The client went away.") from error

    return send_translated


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
