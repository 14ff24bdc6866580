"""The shelf's record of one of its files."""

from dataclasses import dataclass

from agent_memory.cache.lease import StoredBlock


@dataclass(frozen=True, slots=True)
class ShelfEntry:
    """A verified file and the blocks it holds, the earlier part of a prefix first.

    nbytes: what the disk has because of the file. mtime: Unix seconds of its last read or write.
    owner: the session that computed the blocks, or nothing.
    """

    file: str
    blocks: tuple[StoredBlock, ...]
    nbytes: int
    mtime: float
    owner: str = ""
