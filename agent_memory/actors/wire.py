"""Byte streams between actors: tokens travel here, beside Ray's object path.

One connection carries one exchange. The client proves that it belongs to the runtime, sends one
request, and reads frames until the end; a single byte from it asks the other side to cancel, and
closing the connection abandons the exchange. A frame is a 4-byte little-endian length and a pickle;
nothing is unpickled before the secret has been checked. On one node the stream is a Unix socket in
a private folder; between nodes it is TCP.
"""

import asyncio
import contextlib
import hmac
import logging
import pickle
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from agent_memory.errors import AgentMemoryError
from agent_memory.secrets_file import private_folder

log = logging.getLogger(__name__)

_LENGTH = struct.Struct("<I")
_SECRET_BYTES = 32
_CANCEL = b"c"
_MAX_FRAME_BYTES = 1 << 30


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


class Exchange:
    """One request and its answers, as the client sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def cancel(self) -> None:
        """Ask the other side to stop; its last frames still come."""
        if not self._writer.is_closing():
            self._writer.write(_CANCEL)

    async def __aiter__(self) -> AsyncIterator[object]:
        """The answers in order. Raises the other side's error, or `PeerLost`."""
        while True:
            try:
                frame = await _read_frame(self._reader)
            except (OSError, asyncio.IncompleteReadError) as error:
                raise PeerLost(f"the stream was cut: {error}") from error
            if isinstance(frame, _End):
                if frame.error is not None:
                    raise frame.error
                return
            yield frame

    async def aclose(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def open_exchange(
    address: StreamAddress, node_id: str, secret: bytes, request: object
) -> Exchange:
    """Connect to `address` from the node `node_id` and send `request`. Raises `PeerLost`."""
    try:
        if address.node_id == node_id:
            reader, writer = await asyncio.open_unix_connection(address.unix_path)
        else:
            reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(secret)
        _write_frame(writer, request)
        await writer.drain()
    except OSError as error:
        raise PeerLost(f"nobody answers at {address.unix_path or address.host}: {error}") from error
    return Exchange(reader, writer)


class Call:
    """One request and its answers, as the server's handler sees it."""

    def __init__(self, request: object, writer: asyncio.StreamWriter) -> None:
        self.request = request
        self._writer = writer
        self._on_cancel: Callable[[], None] | None = None
        self._is_cancelled = False

    def send(self, answer: object) -> None:
        """Send one answer. Once the client is gone it goes nowhere."""
        if not self._writer.is_closing():
            _write_frame(self._writer, answer)

    async def flush(self) -> None:
        """Wait while the client reads more slowly than it is sent to."""
        if not self._writer.is_closing():
            with contextlib.suppress(OSError):
                await self._writer.drain()

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
        self._servers.append(await asyncio.start_unix_server(self._serve, str(unix_path)))
        port = 0
        if host is not None:
            tcp = await asyncio.start_server(self._serve, host, 0)
            self._servers.append(tcp)
            port = tcp.sockets[0].getsockname()[1]
        return StreamAddress(node_id, str(unix_path), host or "", port)

    async def aclose(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        watcher: asyncio.Task[None] | None = None
        try:
            sent = await reader.readexactly(_SECRET_BYTES)
            if not hmac.compare_digest(sent, self._secret):
                log.warning("a stream client without the runtime's secret was turned away")
                return
            call = Call(await _read_frame(reader), writer)
            watcher = asyncio.create_task(_watch_for_cancel(reader, call))
            await self._answer(call)
            await call.flush()
        except (OSError, asyncio.IncompleteReadError):
            log.debug("a stream client went away")
        finally:
            if watcher is not None:
                watcher.cancel()
            writer.close()

    async def _answer(self, call: Call) -> None:
        try:
            await self._handler(call)
        except AgentMemoryError as error:
            call.send(_End(error))
        except Exception as error:
            log.exception("a stream handler failed")
            call.send(_End(AgentMemoryError(f"{type(error).__name__}: {error}")))
        else:
            call.send(_End())


def _make_way(unix_path: Path) -> None:
    """A private folder, and nothing left in it of a process that died."""
    private_folder(unix_path.parent)
    unix_path.unlink(missing_ok=True)


async def _watch_for_cancel(reader: asyncio.StreamReader, call: Call) -> None:
    """A byte or the end of the connection: either way the client wants no more."""
    with contextlib.suppress(OSError):
        await reader.read(1)
    call.cancel()


async def _read_frame(reader: asyncio.StreamReader) -> object:
    (size,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if size > _MAX_FRAME_BYTES:
        raise OSError(f"a frame of {size} bytes")
    # Both ends hold the runtime's secret: what comes here was written by our own processes.
    return pickle.loads(await reader.readexactly(size))  # noqa: S301


def _write_frame(writer: asyncio.StreamWriter, frame: object) -> None:
    data = pickle.dumps(frame, protocol=pickle.HIGHEST_PROTOCOL)
    writer.write(_LENGTH.pack(len(data)) + data)
