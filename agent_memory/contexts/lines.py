"""Lines out of a stream that may be compressed, and a stream out of lines: never more in memory
than one line and one piece."""

import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from enum import StrEnum

import zstandard

from agent_memory.contexts.record import MAX_LINE_BYTES
from agent_memory.errors import InvalidRequest, ItemTooLarge


class Compression(StrEnum):
    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


_GZIP_MAGIC, _ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_GZIP_WINDOW = 31
_PIECE = 256 * 1024
_FED = 512
"""Bytes given to a decompressor at once: what a few bytes stand for may be large."""


async def compressed(lines: AsyncIterator[bytes], how: Compression) -> AsyncIterator[bytes]:
    """Pieces of a quarter of a megabyte."""
    pack, finish = _packer(how)
    buffer = bytearray()
    async for line in lines:
        buffer += pack(line)
        if len(buffer) >= _PIECE:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer) + finish()


async def lines_of(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The lines of a stream, without their ends; gzip and zstd are known by their first bytes."""
    rest = bytearray()
    async for part in _opened(stream):
        *whole, tail = (rest + part).split(b"\n")
        rest = bytearray(tail)
        if len(rest) > MAX_LINE_BYTES:
            raise ItemTooLarge(len(rest), MAX_LINE_BYTES, "A line")
        for line in whole:
            if line.strip():
                yield bytes(line)
    if rest.strip():
        yield bytes(rest)


async def _opened(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The stream as it was before it was compressed."""
    opener: Callable[[bytes], Iterator[bytes]] | None = None
    start = b""
    async for piece in stream:
        if opener is None and len(start := start + piece) >= len(_ZSTD_MAGIC):
            opener = _opener(start)
            piece = start  # noqa: PLW2901  it begins with what was held back
        if opener is not None:
            for part in opener(piece):
                yield part
    if opener is None:
        yield start


def _packer(how: Compression) -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    match how:
        case Compression.NONE:
            return (lambda line: line), (lambda: b"")
        case Compression.GZIP:
            gzip = zlib.compressobj(6, zlib.DEFLATED, _GZIP_WINDOW)
            return gzip.compress, gzip.flush
        case Compression.ZSTD:
            zstd = zstandard.ZstdCompressor(level=3).compressobj()
            return zstd.compress, zstd.flush


def _opener(start: bytes) -> Callable[[bytes], Iterator[bytes]]:
    if start.startswith(_GZIP_MAGIC):
        return _fed(zlib.decompressobj(_GZIP_WINDOW).decompress)
    if start.startswith(_ZSTD_MAGIC):
        return _fed(zstandard.ZstdDecompressor().decompressobj().decompress)
    return lambda piece: iter((piece,))


def _fed(decompress: Callable[[bytes], bytes]) -> Callable[[bytes], Iterator[bytes]]:
    def opened(piece: bytes) -> Iterator[bytes]:
        try:
            for at in range(0, len(piece), _FED):
                yield decompress(piece[at : at + _FED])
        except (zlib.error, zstandard.ZstdError, EOFError) as error:
            raise InvalidRequest(f"The stream cannot be unpacked: {error}") from error

    return opened
