"""A client of HTTP/1.1 that takes little of the machine which it measures."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """Seconds until the first byte of the body and until its end. body: as it came, with the
    framing of its chunks."""

    status: int
    body: bytes
    first_byte_s: float
    total_s: float


class LeanConnection:
    """One connection that is kept, and opened again where the other side has closed it."""

    def __init__(self, port: int, path: str, headers: Mapping[str, str]) -> None:
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        self._head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{''.join(lines)}".encode()
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.hang_up()

    async def ask(self, body: bytes) -> Reply:
        """The whole answer; `RuntimeError` where it is none."""
        began_at = time.perf_counter()
        reader = await self._send(body)
        head = await reader.readuntil(b"\r\n\r\n")
        received = await _first_of(reader, head)
        first_s = time.perf_counter() - began_at
        received = await _rest_of(reader, head, received)
        total_s = time.perf_counter() - began_at
        if b"connection: close" in head.lower():
            self.hang_up()
        return Reply(int(head[9:12]), received, first_s, total_s)

    async def ask_and_leave(self, body: bytes) -> None:
        """Wait for the first bytes of the answer, and hang up."""
        reader = await self._send(body)
        await reader.readuntil(b"\r\n\r\n")
        await reader.read(1)
        self.hang_up()

    def hang_up(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def _send(self, body: bytes) -> asyncio.StreamReader:
        if self._reader is None or self._writer is None or self._reader.at_eof():
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(self._head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return self._reader


async def _first_of(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if (size := _content_length(head)) is not None:
        return await reader.readexactly(min(1, size))
    return await reader.read(1 << 16)


async def _rest_of(reader: asyncio.StreamReader, head: bytes, received: bytes) -> bytes:
    if (size := _content_length(head)) is not None:
        return received + await reader.readexactly(size - len(received))
    if b"transfer-encoding: chunked" not in head.lower():
        raise RuntimeError(f"an answer without an end: {head!r}")
    while not received.endswith(_LAST_CHUNK):
        if not (more := await reader.read(1 << 16)):
            raise RuntimeError(f"an answer broke off after {received[-200:]!r}")
        received += more
    return received


def _content_length(head: bytes) -> int | None:
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if rest else None
