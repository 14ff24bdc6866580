"""Files sent and received piece by piece."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

_PIECE = 256 * 1024


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    """A file that need not fit into memory."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


async def save(response: "httpx2.Response", path: Path) -> None:
    """What is received, as a file."""
    with path.open("wb") as archive:
        async for piece in response.aiter_bytes():
            archive.write(piece)
