"""Room for parcels that come in: none of their bytes is written before it has a place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from agent_memory.cache.parcel_bounds import ParcelBounds
from agent_memory.errors import InvalidRequest, NotFound, StorageUnavailable
from agent_memory.ids import BlockHash

MAX_IDLE_S = 15.0
"""A parcel of which nothing has been heard for so long is given up: its importer has died."""
MAX_RESERVE = 1024 * 1024 * 1024
RESERVE_SHARE = 0.05
"""Of the disk, `MAX_RESERVE` bytes at most, are for the database and for turns."""


BoundsOf = Callable[[int], ParcelBounds]
"""Of a session of so many tokens."""


class ShelfRoom(Protocol):
    """What a pool can do for one that brings blocks along."""

    def promise_shelf(self, root: BlockHash, num_bytes: int) -> bool:
        """Keep so many bytes of the shelf's budget for a workspace; False when it has no more."""
        ...

    def end_promise(self, root: BlockHash, num_bytes: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes of the disk that parcels and shelf lie on."""

    total: int
    free: int


@dataclass(slots=True)
class _Incoming:
    """files: names and sizes, as they were announced."""

    root: BlockHash
    pool: ShelfRoom
    bounds_of: BoundsOf
    touched_at: float
    files: dict[str, int] = field(default_factory=dict)
    num_written: int = 0

    @property
    def num_bytes(self) -> int:
        return sum(self.files.values())


class ImportRoom:
    """The parcels that come in, by their ids."""

    def __init__(self, disk: Callable[[], Disk], clock: Callable[[], float]) -> None:
        self._disk = disk
        self._clock = clock
        self._incoming: dict[str, _Incoming] = {}

    def begin(self, parcel_id: str, root: BlockHash, pool: ShelfRoom, bounds_of: BoundsOf) -> None:
        """A parcel for this workspace is to come."""
        self._incoming[parcel_id] = _Incoming(root, pool, bounds_of, self._clock())

    def admit(self, parcel_id: str, name: str, num_bytes: int, num_tokens: int) -> None:
        """Make room for a file of a parcel whose session has so many tokens.

        Raises `InvalidRequest` when it has been announced before or the parcel gets larger than
        its session can need, and `StorageUnavailable` when there is no room now.
        """
        parcel = self._get(parcel_id)
        if name in parcel.files:
            raise InvalidRequest(f"The archive has the KV file '{name[:80]}' twice.")
        if num_bytes == 0:
            raise InvalidRequest(f"The KV file '{name[:80]}' is empty.")
        bounds = parcel.bounds_of(num_tokens)
        total, num_files = parcel.num_bytes + num_bytes, len(parcel.files) + 1
        if total > bounds.num_bytes or num_files > bounds.num_blocks:
            raise InvalidRequest(
                f"The archive has more KV than its {num_tokens} tokens can need: {total} bytes in "
                f"{num_files} files; the limits are {bounds.num_bytes} and {bounds.num_blocks}."
            )
        self._check_disk(num_bytes)
        if not parcel.pool.promise_shelf(parcel.root, num_bytes):
            raise StorageUnavailable("The shelf has no room for this archive's KV now.")
        parcel.files[name] = num_bytes

    def check_piece(self, parcel_id: str, name: str, offset: int, num_bytes: int) -> None:
        """Raise `InvalidRequest` for a piece of a file that was not admitted with so many bytes."""
        parcel = self._get(parcel_id)
        if offset + num_bytes > parcel.files.get(name, 0):
            raise InvalidRequest(f"The KV file '{name[:80]}' is larger than announced.")
        parcel.num_written += num_bytes

    def keep(self, parcel_id: str) -> None:
        """Its importer lives, and waits for more of it. Raises `NotFound` when it was given up."""
        self._get(parcel_id)

    def end(self, parcel_id: str) -> BlockHash | None:
        """The parcel is gone, and its room is free; returns the workspace it was for. One that is
        not known is no matter."""
        parcel = self._incoming.pop(parcel_id, None)
        if parcel is None:
            return None
        parcel.pool.end_promise(parcel.root, parcel.num_bytes)
        return parcel.root

    def is_whole(self, parcel_id: str) -> None:
        """All of it is here: it is not idle from now on."""
        self._get(parcel_id).touched_at = float("inf")

    def idle(self) -> tuple[str, ...]:
        """Parcels of which nothing has been heard for too long."""
        now = self._clock()
        return tuple(
            parcel_id
            for parcel_id, parcel in self._incoming.items()
            if now - parcel.touched_at > MAX_IDLE_S
        )

    @property
    def is_empty(self) -> bool:
        return not self._incoming

    def _get(self, parcel_id: str) -> _Incoming:
        if (parcel := self._incoming.get(parcel_id)) is None:
            raise NotFound("parcel", parcel_id)
        parcel.touched_at = max(parcel.touched_at, self._clock())
        return parcel

    def _check_disk(self, num_bytes: int) -> None:
        disk = self._disk()
        reserve = min(MAX_RESERVE, int(disk.total * RESERVE_SHARE))
        to_come = sum(parcel.num_bytes - parcel.num_written for parcel in self._incoming.values())
        if disk.free - to_come - num_bytes < reserve:
            raise StorageUnavailable("The disk has no room for this archive's KV now.")
