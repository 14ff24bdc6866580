"""Token sequences cut into blocks, as an engine would store them."""

from collections.abc import Sequence

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.lease import StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.shelf_entry import ShelfEntry
from agent_memory.ids import BlockHash, LeaseId

ROOT = root_hash("model", "float32", "workspace")
BLOCK_SIZE = 4
BYTES_PER_TOKEN = 10
BLOCK_BYTES = BLOCK_SIZE * BYTES_PER_TOKEN


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def make_pool(
    resident_budget: int = 10_000,
    shelf_budget: int = 10_000,
    *,
    at_rest_budget: int = 0,
    has_snapshots: bool = False,
) -> BlockPool:
    return BlockPool(
        BLOCK_SIZE,
        BYTES_PER_TOKEN,
        resident_budget,
        shelf_budget,
        Clock(),
        at_rest_budget=at_rest_budget,
        has_snapshots=has_snapshots,
    )


def cut(
    token_ids: Sequence[int], file: str | None = None, root: BlockHash = ROOT
) -> list[StoredBlock]:
    """Full blocks, in `file` if there is one, and a tail in `file`.tail."""
    blocks, parent = [], root
    for start in range(0, len(token_ids), BLOCK_SIZE):
        part = tuple(token_ids[start : start + BLOCK_SIZE])
        name = chain_hash(parent, part)
        suffix = "" if len(part) == BLOCK_SIZE else ".tail"
        place = None if file is None else file + suffix
        blocks.append(StoredBlock(name, parent, part, len(part) * BYTES_PER_TOKEN, place))
        parent = name
    return blocks


def cut_with_snapshot(token_ids: Sequence[int], file: str) -> list[StoredBlock]:
    """Full blocks in `file` and a snapshot of the rest in `file`.snapshot."""
    rest = len(token_ids) % BLOCK_SIZE
    full = cut(token_ids[: len(token_ids) - rest], file)
    parent = full[-1].hash if full else ROOT
    return [*full, snapshot(token_ids[len(token_ids) - rest :], f"{file}.snapshot", parent)]


def snapshot(
    token_ids: Sequence[int], file: str | None = None, parent: BlockHash = ROOT
) -> StoredBlock:
    part = tuple(token_ids)
    return StoredBlock(chain_hash(parent, part), parent, part, 100, file, is_snapshot=True)


def entry(file: str, blocks: Sequence[StoredBlock], mtime: float = 1.0) -> ShelfEntry:
    return ShelfEntry(file, tuple(blocks), sum(block.nbytes for block in blocks), mtime)


def take_turn(
    pool: BlockPool,
    token_ids: Sequence[int],
    file: str | None = None,
    owner: str = "alice",
    root: BlockHash = ROOT,
) -> None:
    """One turn from lease to publication that leaves `token_ids` behind."""
    lease_id = LeaseId(f"turn of {owner}")
    assert pool.lease(root, token_ids, 0, lease_id, owner) is not None
    pool.publish(lease_id, cut(token_ids, file, root), ())
    pool.check_integrity()
