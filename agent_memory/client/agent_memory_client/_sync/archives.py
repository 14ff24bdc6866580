"""Files sent and received piece by piece."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

_PIECE = 256 * 1024


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file that need not fit into memory."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def save(response: "httpx2.Response", path: Path) -> None:
    """What is received, as a file."""
    with path.open("wb") as archive:
        for piece in response.iter_bytes():
            archive.write(piece)
