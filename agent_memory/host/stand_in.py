"""An answer at the server's port while nothing else listens there.

A client that is refused a connection gives up; one that reads 503 and `Retry-After` comes again.
"""

import asyncio
import socket
import threading
from contextlib import suppress

from agent_memory.host.haproxy_on_loopback import error_body

RETRY_AFTER_S = 2
_MOST_WAITING = 512
_MAX_HEAD_BYTES = 64 * 1024
_MAX_BODY_BYTES = 16 * 1024 * 1024
_READ_TIMEOUT_S = 5.0
_DRAIN_TIMEOUT_S = 5.0


def open_listener(host: str, port: int) -> socket.socket:
    """Listens beside others that share the port, as HAProxy and Ray Serve do. Raises `OSError`."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
        listener.listen(_MOST_WAITING)
    except OSError:
        listener.close()
        raise
    return listener


class StandIn:
    """Answers every request that comes to `listener` with 503, in a thread of its own."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self._loop = asyncio.new_event_loop()
        self._is_closed = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="stand-in", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more; requests that have come are answered."""
        self._loop.call_soon_threadsafe(self._is_closed.set)
        self._thread.join()
        self.listener.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(_answer, sock=self.listener, limit=_MAX_HEAD_BYTES)
        await self._is_closed.wait()
        server.close()
        if answering := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(answering, timeout=_DRAIN_TIMEOUT_S)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(_READ_TIMEOUT_S):
            await reader.readuntil(b"\r\n\r\n")
        writer.write(_response())
        await writer.drain()
        writer.write_eof()
        # A connection that is closed while its body still comes is reset, and the answer lost.
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_TIMEOUT_S):
                await _read_away(reader)
    writer.close()


async def _read_away(reader: asyncio.StreamReader) -> None:
    num_left = _MAX_BODY_BYTES
    while num_left > 0 and (piece := await reader.read(_MAX_HEAD_BYTES)):
        num_left -= len(piece)


def _response() -> bytes:
    words = "Service Unavailable"
    body = error_body(503, words, "unavailable", "The server is starting or restarting.")
    head = (
        f"HTTP/1.1 503 {words}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Retry-After: {RETRY_AFTER_S}\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
