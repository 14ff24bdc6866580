"""Tar archives written and read as they stream, never whole in memory (POSIX.1-2001)."""

import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass

from agent_memory.errors import InvalidRequest

END = b"\0" * (2 * tarfile.BLOCKSIZE)
_SKIP_SIZE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive; `nbytes` of content follow it."""

    name: str
    nbytes: int


def encode_entry(entry: Entry) -> bytes:
    """What goes before the content of a file."""
    info = tarfile.TarInfo(entry.name)
    info.size = entry.nbytes
    info.mode = 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def padding(entry: Entry) -> bytes:
    """The bytes that go after it."""
    return b"\0" * (-entry.nbytes % tarfile.BLOCKSIZE)


class TarReader:
    """Reads entry after entry from chunks of any size. Raises `InvalidRequest` for what is no
    archive, or ends too early."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = bytearray()
        self._num_left = 0
        self._num_padding = 0

    async def next_entry(self) -> Entry | None:
        """The next file, what is left of the one before being skipped; None at the end."""
        async for _ in self.content(_SKIP_SIZE):
            pass
        await self._take(self._num_padding)
        header = await self._take(tarfile.BLOCKSIZE)
        if header.count(0) == tarfile.BLOCKSIZE:
            return None
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise InvalidRequest(f"This is not an exported session: {error}.") from error
        if not info.isreg() or info.size < 0:
            raise InvalidRequest("An exported session holds plain files only.")
        self._num_left, self._num_padding = info.size, -info.size % tarfile.BLOCKSIZE
        return Entry(info.name, info.size)

    async def content(self, piece_size: int) -> AsyncIterator[bytes]:
        """The rest of the present file, in pieces of `piece_size` but for the last."""
        while self._num_left:
            piece = await self._take(min(piece_size, self._num_left))
            self._num_left -= len(piece)
            yield piece

    async def _take(self, num_bytes: int) -> bytes:
        while len(self._buffer) < num_bytes:
            try:
                self._buffer += await anext(self._chunks)
            except StopAsyncIteration as error:
                raise InvalidRequest("The exported session is cut off before its end.") from error
        taken = bytes(self._buffer[:num_bytes])
        del self._buffer[:num_bytes]
        return taken
