"""The pool's promise to one turn, and the blocks that the turn hands back."""

from dataclasses import dataclass
from enum import StrEnum

from agent_memory.cache.miss import MissKind
from agent_memory.ids import BlockHash, LeaseId


class Location(StrEnum):
    """The tiers, the fastest first."""

    RESIDENT = "resident"
    """In the engine, ready for use."""
    MEMORY = "memory"
    """At rest in the memory of the engine's process."""
    SHELF = "shelf"
    """In a file."""


@dataclass(frozen=True, slots=True)
class CachedBlock:
    """A block whose first `num_used` of `num_tokens` tokens the turn need not compute.

    `file` is the shelf file that holds it (a name inside the shelf's folder), or None when it is
    only in memory.
    """

    hash: BlockHash
    num_tokens: int
    num_used: int
    location: Location
    file: str | None


@dataclass(frozen=True, slots=True)
class Lease:
    """One turn's hold on blocks. The engine obeys it without asking the pool.

    epoch: the pool's epoch; an engine that knows an older one first drops its resident blocks.
    cached: the prefix in order; `num_cached_tokens` is the sum of `num_used`, and always smaller
        than the prompt, for at least one token must be fed.
    evict: blocks to drop now, whether resident or at rest in memory (they are on the shelf, or not
    wanted). rest: resident blocks to put to rest in memory now. discard: shelf files to delete now.
    miss_reason: why the prefix ends where it does; `miss_kind` is its kind.
    """

    lease_id: LeaseId
    epoch: int
    cached: tuple[CachedBlock, ...] = ()
    num_cached_tokens: int = 0
    evict: tuple[BlockHash, ...] = ()
    discard: tuple[str, ...] = ()
    miss_reason: str | None = None
    miss_kind: MissKind | None = None
    rest: tuple[BlockHash, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block that the engine made or kept at the end of a turn.

    `parent` is the hash of the block before it, or the salt's root hash for the first. A block
    shorter than the block size is a tail. `nbytes` is its size in memory. `file` is None when it
    could not be written (a full disk): then it is in memory only. `file_nbytes` is what the disk
    has because of that file, where this is not `nbytes`.
    `is_snapshot`: the model has layers that cannot be cut by position, and this block carries
    their state after exactly `len(token_ids)` of its tokens: it can be used whole or not at all,
    and only as the end of a prefix.
    `fades_at`: when nothing of it may be left any more, in Unix seconds; None: it may stay.
    """

    hash: BlockHash
    parent: BlockHash
    token_ids: tuple[int, ...]
    nbytes: int
    file: str | None
    is_snapshot: bool = False
    file_nbytes: int | None = None
    fades_at: float | None = None
