"""Byte streams between actors: tokens travel here, beside Ray's object path.

One connection carries one exchange. The client proves that it belongs to the runtime, sends one
request, and reads frames until the end; a single byte from it asks the other side to cancel, and
closing the connection abandons the exchange. On one node the stream is a Unix socket in a private
folder; between nodes it is TCP. Both sides are protocols rather than streams of asyncio: at one
frame a token, what a frame costs is what a token costs.
"""

import asyncio
import hmac
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast

from agent_memory.errors import AgentMemoryError
from agent_memory.secrets_file import private_folder
from agent_memory.wire.frames import FrameReader, frame_of

log = logging.getLogger(__name__)

SECRET_BYTES = 32

WRITE_PERIOD_S = 0.01
"""Answers that come faster than this travel together: a write and a wake-up cost more than a token,
and nobody reads a hundred pieces a second."""

NUM_PROMPT_WRITES = 8
"""The first answers of an exchange are never held back, so that the first token comes at once."""

_CANCEL = b"c"


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a stream server listens. `port` is 0 when it serves its own node only."""

    node_id: str
    unix_path: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class _End:
    """The last frame of an exchange, with the error that ended it, if one did."""

    error: Exception | None = None


class PeerLost(AgentMemoryError):
    """The other side of a stream is gone."""


class Exchange(asyncio.Protocol):
    """One request and its answers, as the client sees it: iterate over it, then close it."""

    def __init__(self) -> None:
        self._frames = FrameReader()
        self._answers: deque[object] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._lost: PeerLost | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._answers.extend(self._frames.feed(data))
        except ValueError as error:
            self._lost = PeerLost(f"the stream is not ours: {error}")
            self.close()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._lost is None:
            self._lost = PeerLost(f"the stream was cut: {exc or 'closed by the other side'}")
        self._wake()

    def send(self, secret: bytes, request: object) -> None:
        if self._transport is not None:
            self._transport.write(secret + frame_of(request))

    def cancel(self) -> None:
        """Ask the other side to stop; its last answers still come."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_CANCEL)

    def close(self) -> None:
        """Let go of the exchange, whether it has ended or not."""
        if self._transport is not None:
            self._transport.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> object:
        """The next answer. Raises the other side's error, or `PeerLost`."""
        while not self._answers:
            if self._lost is not None:
                raise self._lost
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        answer = self._answers.popleft()
        if isinstance(answer, _End):
            if answer.error is not None:
                raise answer.error
            raise StopAsyncIteration
        return answer

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


async def open_exchange(
    address: StreamAddress, node_id: str, secret: bytes, request: object
) -> Exchange:
    """Connect to `address` from the node `node_id` and send `request`. Raises `PeerLost`."""
    loop = asyncio.get_running_loop()
    try:
        if address.node_id == node_id:
            _, exchange = await loop.create_unix_connection(Exchange, address.unix_path)
        else:
            _, exchange = await loop.create_connection(Exchange, address.host, address.port)
    except OSError as error:
        raise PeerLost(f"no answer at {address.unix_path or address.host}: {error}") from error
    exchange.send(secret, request)
    return exchange


class Call(asyncio.Protocol):
    """One request and its answers, as the server's handler sees it."""

    def __init__(self, handler: "Handler", secret: bytes) -> None:
        self.request: object = None
        self._handler = handler
        self._secret = secret
        self._greeting = bytearray()
        self._frames = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._on_cancel: Callable[[], None] | None = None
        self._is_cancelled = False
        self.is_gone = False
        """Nobody hears what is sent."""
        self._loop = asyncio.get_running_loop()
        self._unsent = bytearray()
        self._num_writes = 0
        self._written_at = 0.0
        self._later: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """The secret, then one request; anything after it cancels."""
        if self._task is not None:
            self.cancel()
            return
        self._greeting += data
        if len(self._greeting) < SECRET_BYTES:
            return
        if not hmac.compare_digest(bytes(self._greeting[:SECRET_BYTES]), self._secret):
            log.warning("a stream client without the runtime's secret was turned away")
            self._close()
            return
        # Nothing is unpickled before the secret has been checked.
        rest, self._greeting = bytes(self._greeting[SECRET_BYTES:]), bytearray(self._secret)
        if requests := self._frames.feed(rest):
            self.request = requests[0]
            self._task = self._loop.create_task(self._answer())

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.is_gone = True
        self.cancel()

    def send(self, answer: object) -> None:
        """Send one answer: at once, or within `WRITE_PERIOD_S` together with others when they come
        fast. Once the client is gone it goes nowhere."""
        self._unsent += frame_of(answer)
        if self._later is not None:
            return
        now = self._loop.time()
        if self._num_writes < NUM_PROMPT_WRITES or now >= self._written_at + WRITE_PERIOD_S:
            self._write()
        else:
            self._later = self._loop.call_at(self._written_at + WRITE_PERIOD_S, self._write)

    def on_cancel(self, cancel: Callable[[], None]) -> None:
        """What to do when the client cancels or goes away (at once, if it has already)."""
        self._on_cancel = cancel
        if self._is_cancelled:
            cancel()

    def cancel(self) -> None:
        if not self._is_cancelled:
            self._is_cancelled = True
            if self._on_cancel is not None:
                self._on_cancel()

    async def _answer(self) -> None:
        try:
            await self._handler(self)
        except AgentMemoryError as error:
            self.send(_End(error))
        except Exception as error:
            log.exception("a stream handler failed")
            self.send(_End(AgentMemoryError(f"{type(error).__name__}: {error}")))
        else:
            self.send(_End())
        finally:
            self._write()
            self._close()

    def _write(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._unsent and self._transport is not None and not self._transport.is_closing():
            self._transport.write(bytes(self._unsent))
        self._unsent.clear()
        self._num_writes += 1
        self._written_at = self._loop.time()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


Handler = Callable[[Call], Awaitable[None]]


class StreamServer:
    """Listens for exchanges and hands each to a handler."""

    def __init__(self, handler: Handler, secret: bytes) -> None:
        self._handler = handler
        self._secret = secret
        self._servers: list[asyncio.Server] = []

    async def listen(self, node_id: str, unix_path: Path, host: str | None) -> StreamAddress:
        """Listen on `unix_path` and, when `host` is given, on a free TCP port of it."""
        _make_way(unix_path)
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_unix_server(self._new_call, str(unix_path)))
        port = 0
        if host is not None:
            tcp = await loop.create_server(self._new_call, host, 0)
            self._servers.append(tcp)
            port = tcp.sockets[0].getsockname()[1]
        return StreamAddress(node_id, str(unix_path), host or "", port)

    def close(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.close()

    def _new_call(self) -> Call:
        return Call(self._handler, self._secret)


def _make_way(unix_path: Path) -> None:
    """A private folder, and nothing left in it of a process that died."""
    private_folder(unix_path.parent)
    unix_path.unlink(missing_ok=True)
