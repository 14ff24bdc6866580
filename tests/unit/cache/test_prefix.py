"""Which part of a prompt a lease finds."""

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.lease import Lease, Location, StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.ids import BlockHash, LeaseId
from tests.unit.cache.sequences import (
    ROOT,
    cut,
    cut_with_snapshot,
    entry,
    make_pool,
    snapshot,
    take_turn,
)


def ask(pool: BlockPool, token_ids: list[int], root: BlockHash = ROOT) -> Lease:
    """What a turn with that prompt would get."""
    lease = pool.lease(root, token_ids, 0, LeaseId("asking"), "asker")
    assert lease is not None
    pool.release(lease.lease_id)
    pool.check_integrity()
    return lease


def chain(*parts: list[int]) -> list[StoredBlock]:
    """Blocks of these tokens, one after the other, in a file each."""
    blocks: list[StoredBlock] = []
    parent = ROOT
    for part in parts:
        name = chain_hash(parent, part)
        blocks.append(StoredBlock(name, parent, tuple(part), 10 * len(part), f"{name}.file"))
        parent = name
    return blocks


def publish(pool: BlockPool, blocks: list[StoredBlock]) -> None:
    pool.publish(LeaseId("unknown"), blocks, ())
    pool.check_integrity()


def test_the_first_prompt_of_a_workspace_finds_nothing() -> None:
    lease = ask(make_pool(), [1, 2, 3])
    assert lease.cached == ()
    assert lease.miss_reason == "first block of this workspace"


def test_a_longer_prompt_finds_full_blocks_and_the_tail() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    lease = ask(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    assert [block.num_used for block in lease.cached] == [4, 4, 2]
    assert lease.num_cached_tokens == 10
    assert lease.miss_reason is None


def test_a_sequence_goes_on_behind_its_tails() -> None:
    pool = make_pool()
    publish(pool, chain([1, 2], [3, 4, 5], [6, 7, 8, 9], [10]))
    lease = ask(pool, [*range(1, 11), 11])
    assert [block.num_used for block in lease.cached] == [2, 3, 4, 1]
    assert lease.miss_reason is None


def test_of_the_same_tokens_cut_in_two_ways_the_one_that_leads_further_is_found() -> None:
    pool = make_pool()
    publish(pool, chain([1, 2], [3, 4, 5], [6, 7, 8, 9], [10]))
    publish(pool, chain([1, 2, 3, 4], [5, 6]))
    lease = ask(pool, [*range(1, 11), 11])
    assert [block.num_used for block in lease.cached] == [2, 3, 4, 1]
    publish(pool, chain([1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]))
    lease = ask(pool, [*range(1, 13), 13])
    assert [block.num_used for block in lease.cached] == [4, 4, 4]


def test_what_comes_behind_the_tail_is_new() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6])
    lease = ask(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert lease.num_cached_tokens == 6
    assert lease.miss_reason == "new tokens from 6"


def test_the_same_prompt_again_leaves_one_token_to_feed() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8])
    lease = ask(pool, [1, 2, 3, 4, 5, 6, 7, 8])
    assert [(block.num_tokens, block.num_used) for block in lease.cached] == [(4, 4), (4, 3)]
    assert lease.miss_reason is None


def test_a_prompt_of_one_token_uses_nothing() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4])
    assert ask(pool, [1]).cached == ()


def test_a_prompt_that_differs_inside_a_block_uses_its_beginning() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8])
    lease = ask(pool, [1, 2, 3, 4, 5, 6, 99, 8, 9])
    assert [block.num_used for block in lease.cached] == [4, 2]
    assert lease.miss_reason == "tokens differ at 6"


def test_a_prompt_that_differs_between_blocks_says_where() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8])
    lease = ask(pool, [1, 2, 3, 4, 99, 98])
    assert lease.num_cached_tokens == 4
    assert lease.miss_reason == "tokens differ at 4"


def test_of_two_branches_the_longer_match_is_taken() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6], owner="alice")
    take_turn(pool, [1, 2, 3, 4, 5, 7, 8], owner="bob")
    lease = ask(pool, [1, 2, 3, 4, 5, 7, 9, 9])
    assert lease.cached[-1].hash == cut([1, 2, 3, 4, 5, 7, 8])[-1].hash
    assert lease.num_cached_tokens == 6


def test_among_equal_matches_the_resident_block_is_taken() -> None:
    pool = make_pool()
    pool.adopt_shelf([entry("a", cut([1, 2, 3]))])
    take_turn(pool, [1, 2, 7], owner="bob")
    lease = ask(pool, [1, 2, 9, 9])
    assert [block.location for block in lease.cached] == [Location.RESIDENT]


def test_another_workspace_finds_nothing() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5])
    lease = ask(pool, [1, 2, 3, 4, 5], root_hash("model", "float32", "another workspace"))
    assert lease.cached == ()
    assert lease.miss_reason == "first block of this workspace"


def test_a_block_of_the_same_name_but_other_tokens_is_not_believed() -> None:
    pool = make_pool()
    asked = [1, 2, 3, 4]
    forged = StoredBlock(chain_hash(ROOT, asked), ROOT, (9, 9, 9, 9), 40, "forged")
    pool.adopt_shelf([entry("forged", [forged])])
    lease = pool.lease(ROOT, [*asked, 5], 0, LeaseId("asking"), "asker")
    assert lease is not None
    assert lease.num_cached_tokens == 0


def test_a_snapshot_is_used_whole() -> None:
    pool = make_pool()
    pool.adopt_shelf([entry("s", [snapshot([1, 2, 3, 4, 5, 6], "s")])])
    lease = ask(pool, [1, 2, 3, 4, 5, 6, 7])
    assert [(block.num_used, block.num_tokens) for block in lease.cached] == [(6, 6)]
    assert lease.miss_reason is None


def test_a_snapshot_that_matches_in_part_is_not_used() -> None:
    pool = make_pool()
    pool.adopt_shelf([entry("s", [snapshot([1, 2, 3, 4, 5, 6], "s")])])
    lease = ask(pool, [1, 2, 3, 4, 5, 9, 7])
    assert lease.cached == ()
    assert lease.miss_reason == "tokens differ at 5"


def test_a_snapshot_needs_a_token_to_feed_behind_it() -> None:
    pool = make_pool()
    pool.adopt_shelf([entry("s", [snapshot([1, 2, 3], "s")])])
    assert ask(pool, [1, 2, 3]).cached == ()


def test_the_longest_of_several_snapshots_is_used() -> None:
    pool = make_pool()
    files = {"s": [1, 2], "t": [1, 2, 3, 4, 5], "u": [1, 2, 3, 4, 5, 6, 7, 8]}
    pool.adopt_shelf([entry(name, [snapshot(ids, name)]) for name, ids in files.items()])
    lease = ask(pool, [1, 2, 3, 4, 5, 6, 7, 9])
    assert [block.file for block in lease.cached] == ["t"]
    assert lease.miss_reason == "tokens differ at 7"


def test_a_full_snapshot_is_the_end_of_a_prefix() -> None:
    pool = make_pool()
    first = snapshot([1, 2, 3, 4], "s")
    second = snapshot([5, 6, 7, 8], "t", parent=first.hash)
    pool.adopt_shelf([entry("s", [first]), entry("t", [second])])
    assert ask(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9]).num_cached_tokens == 4


def test_an_early_snapshot_that_reaches_further_wins_over_later_blocks() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6])
    pool.adopt_shelf([entry("s", [snapshot([1, 2, 3, 4, 5, 6, 7, 8, 9], "s")])])
    lease = ask(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert [block.num_used for block in lease.cached] == [9]


def test_blocks_of_another_block_size_are_still_found() -> None:
    pool = make_pool()
    long = StoredBlock(chain_hash(ROOT, range(6)), ROOT, tuple(range(6)), 60, "f")
    after = StoredBlock(chain_hash(long.hash, range(6, 9)), long.hash, (6, 7, 8), 30, "f")
    pool.adopt_shelf([entry("f", [long, after])])
    assert ask(pool, list(range(10))).num_cached_tokens == 9


def test_a_model_with_snapshots_needs_one_at_the_end() -> None:
    pool = make_pool(has_snapshots=True)
    early, late = cut_with_snapshot(range(6), "a"), cut_with_snapshot(range(11), "b")
    pool.adopt_shelf([entry("a", early[:1]), entry("a.snapshot", early[1:])])
    pool.adopt_shelf([entry("b", late[:2]), entry("b.snapshot", late[2:])])
    lease = ask(pool, list(range(10)))
    assert [block.num_used for block in lease.cached] == [4, 2]
    assert lease.miss_reason == "8 tokens match, but the last snapshot is at 6"
    lease = ask(pool, [*range(11), 99])
    assert [block.num_used for block in lease.cached] == [4, 4, 3]
    assert lease.miss_reason is None


def test_a_model_with_snapshots_that_finds_none_begins_anew() -> None:
    pool = make_pool(has_snapshots=True)
    pool.adopt_shelf([entry("a", cut([1, 2, 3, 4], "a"))])
    lease = ask(pool, [1, 2, 3, 4, 5])
    assert lease.cached == ()
    assert lease.miss_reason == "4 tokens match, but the last snapshot is at 0"


def test_where_blocks_and_a_snapshot_reach_equally_far_the_snapshot_is_used() -> None:
    pool = make_pool(has_snapshots=True)
    pool.adopt_shelf([entry("a", [snapshot([1, 2, 3], "a")]), entry("b", cut([1, 2, 3], "b")[:1])])
    pool.adopt_shelf([entry("c", cut([1, 2, 3, 8], "c"))])
    lease = ask(pool, [1, 2, 3, 9, 9])
    assert [block.file for block in lease.cached] == ["a"]
    assert lease.miss_reason == "new tokens from 3"
