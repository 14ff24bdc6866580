"""How much of a session travels."""

from agent_memory.cache.block import Block
from agent_memory.cache.parcel_bounds import MAX_SNAPSHOTS, ParcelBounds
from agent_memory.cache.tokens import pack
from agent_memory.ids import BlockHash

SIZE = 4


def block(name: str, num_tokens: int, num_before: int = 0, *, is_snapshot: bool = False) -> Block:
    return Block(
        BlockHash(name),
        BlockHash("parent"),
        pack([1] * num_tokens),
        num_tokens,
        is_snapshot,
        num_before=num_before,
    )


def bounds_of(num_tokens: int) -> ParcelBounds:
    return ParcelBounds.of(num_tokens, SIZE, 10, 100, 2)


def test_all_blocks_of_an_ordinary_session_travel() -> None:
    blocks = [block(f"full {n}", SIZE, n * SIZE) for n in range(10)] + [block("tail", 2, 40)]
    assert bounds_of(42).select(blocks, SIZE) == blocks


def test_of_very_many_cuts_the_full_blocks_travel_and_the_parcel_keeps_its_bounds() -> None:
    full = [block(f"full {n}", SIZE, n * SIZE) for n in range(10)]
    cuts = [block(f"cut {n}", 1, n % 40) for n in range(2_000)]
    bounds = bounds_of(40)

    chosen = bounds.select([*cuts, *full], SIZE)

    assert set(full) <= set(chosen)
    assert len(chosen) <= bounds.num_blocks
    assert sum(one.num_tokens for one in chosen) <= bounds.num_block_tokens


def test_of_too_many_snapshots_the_last_ones_travel() -> None:
    snapshots = [block(f"s {n}", 1, n, is_snapshot=True) for n in range(MAX_SNAPSHOTS + 5)]
    assert bounds_of(100).select(snapshots, SIZE) == snapshots[5:]
