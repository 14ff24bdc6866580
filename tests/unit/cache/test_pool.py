"""Leases: what they hold, what they promise, how they end."""

import time
from dataclasses import replace

import pytest

from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.lease import Lease, Location, StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.errors import InvalidRequest, InvariantBroken
from agent_memory.ids import LeaseId
from tests.unit.cache.sequences import (
    BLOCK_BYTES,
    ROOT,
    Clock,
    cut,
    entry,
    make_pool,
    take_turn,
)

ALICE, BOB = LeaseId("lease of alice"), LeaseId("lease of bob")


def grant(pool: BlockPool, token_ids: list[int], lease_id: LeaseId = ALICE, num: int = 0) -> Lease:
    lease = pool.lease(ROOT, token_ids, num, lease_id, lease_id)
    assert lease is not None
    pool.check_integrity()
    return lease


def test_a_released_block_is_still_a_hit() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4], "a")
    grant(pool, [1, 2, 3, 4, 5])
    pool.release(ALICE)
    assert grant(pool, [1, 2, 3, 4, 5]).num_cached_tokens == 4


def test_a_lease_says_where_each_block_is() -> None:
    pool = make_pool()
    pool.adopt_shelf([entry("a", cut([1, 2, 3, 4], "a"))])
    cached = grant(pool, [1, 2, 3, 4, 5]).cached
    assert [(block.location, block.file) for block in cached] == [(Location.SHELF, "a")]
    pool.publish(ALICE, cut([1, 2, 3, 4, 5], "b"), ())
    cached = grant(pool, [1, 2, 3, 4, 5, 6]).cached
    assert [(block.location, block.file) for block in cached] == [
        (Location.RESIDENT, "a"),
        (Location.RESIDENT, "b.tail"),
    ]


def test_a_prompt_without_tokens_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no tokens"):
        make_pool().lease(ROOT, [], 5, ALICE, "alice")


def test_what_can_never_fit_is_refused_with_figures() -> None:
    pool = make_pool(resident_budget=100)
    with pytest.raises(InvalidRequest, match=r"4 prompt tokens and 7 .* 110 bytes .* 100 in all"):
        pool.lease(ROOT, [1, 2, 3, 4], 7, ALICE, "alice")
    assert pool.stats().num_leases == 0


def test_without_room_there_is_no_lease_until_another_ends() -> None:
    pool = make_pool(resident_budget=100)
    grant(pool, [1, 2, 3, 4], num=2)
    assert pool.lease(ROOT, [5, 6, 7], 2, BOB, "bob") is None
    assert pool.stats().num_leases == 1
    pool.release(ALICE)
    assert pool.lease(ROOT, [5, 6, 7], 2, BOB, "bob") is not None


def test_a_refused_lease_evicts_nothing() -> None:
    pool = make_pool(resident_budget=3 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4], "a")
    grant(pool, [5, 6, 7, 8], ALICE, num=2)
    assert pool.lease(ROOT, [9] * 8, 0, BOB, "bob") is None
    assert pool.stats().num_resident_blocks == 1


def test_room_is_made_by_evicting_the_least_recently_used() -> None:
    pool = make_pool(resident_budget=3 * BLOCK_BYTES)
    take_turn(pool, [1, 1, 1, 1], "a")
    take_turn(pool, [2, 2, 2, 2], "b")
    pool.touch([cut([1, 1, 1, 1])[0].hash])
    lease = grant(pool, [3, 3, 3, 3], num=4)
    assert lease.evict == (cut([2, 2, 2, 2])[0].hash,)


def test_what_is_on_the_shelf_is_evicted_before_what_would_have_to_be_computed() -> None:
    pool = make_pool(resident_budget=3 * BLOCK_BYTES)
    take_turn(pool, [1, 1, 1, 1], None)
    take_turn(pool, [2, 2, 2, 2], "b")
    lease = grant(pool, [3, 3, 3, 3], num=4)
    assert lease.evict == (cut([2, 2, 2, 2])[0].hash,)
    assert lease.discard == ()


def test_of_blocks_that_are_nowhere_else_the_cheapest_to_compute_per_byte_goes_first() -> None:
    pool = make_pool(resident_budget=240)
    dear, cheap = cut([1, 2, 3, 4])[0], cut([5, 6, 7, 8])[0]
    fat = StoredBlock(cheap.hash, cheap.parent, cheap.token_ids, 80, None)
    grant(pool, [1, 2, 3, 4])
    pool.publish(ALICE, [dear], ())
    grant(pool, [5, 6, 7, 8])
    pool.publish(ALICE, [fat], ())
    lease = grant(pool, [9] * 16)
    assert lease.evict == (cheap.hash,)


def test_an_evicted_block_on_the_shelf_is_read_back() -> None:
    pool = make_pool(resident_budget=2 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4], "a")
    take_turn(pool, [5] * 8)
    lease = grant(pool, [1, 2, 3, 4, 5])
    assert [(block.location, block.file) for block in lease.cached] == [(Location.SHELF, "a")]


def test_an_evicted_block_that_was_nowhere_else_is_lost_and_the_miss_says_so() -> None:
    pool = make_pool(resident_budget=2 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4])
    take_turn(pool, [5] * 8)
    lease = grant(pool, [1, 2, 3, 4, 5])
    assert lease.cached == ()
    assert lease.miss_reason == "evicted at token 0"


def test_a_leased_block_is_not_evicted() -> None:
    pool = make_pool(resident_budget=4 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4], "a")
    grant(pool, [1, 2, 3, 4, 5], BOB)
    assert pool.lease(ROOT, [9] * 8, 0, ALICE, "alice") is None
    pool.release(BOB)
    assert pool.lease(ROOT, [9] * 13, 0, ALICE, "alice") is not None


def test_a_prefix_in_its_own_way_is_read_from_the_shelf_instead() -> None:
    pool = make_pool(resident_budget=3 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8], "a")
    lease = grant(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9], num=3)
    assert lease.num_cached_tokens == 8
    assert [block.location for block in lease.cached] == [Location.SHELF, Location.SHELF]
    assert set(lease.evict) == {block.hash for block in cut([1, 2, 3, 4, 5, 6, 7, 8])}


def test_a_prefix_in_its_own_way_that_is_nowhere_else_is_computed_again() -> None:
    pool = make_pool(resident_budget=3 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8])
    lease = grant(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9], num=3)
    assert lease.cached == ()
    assert lease.miss_reason == "evicted at token 0"


def test_the_files_of_the_least_recently_used_are_discarded_over_budget() -> None:
    pool = make_pool(shelf_budget=2 * BLOCK_BYTES)
    take_turn(pool, [1, 1, 1, 1], "a")
    take_turn(pool, [2, 2, 2, 2], "b")
    take_turn(pool, [1, 1, 1, 1, 1], None)
    take_turn(pool, [3, 3, 3, 3], "c")
    assert grant(pool, [4]).discard == ("b",)
    assert pool.stats().shelf_bytes == 2 * BLOCK_BYTES


def test_a_file_counts_as_much_as_the_disk_has_because_of_it() -> None:
    pool = make_pool()
    lease = grant(pool, [1, 1, 1, 1, 1])
    (block,) = cut([1, 1, 1, 1], "a")
    pool.publish(lease.lease_id, [replace(block, file_nbytes=7)], ())
    assert pool.stats().shelf_bytes == 7
    assert pool.stats().resident_bytes == BLOCK_BYTES


def test_a_file_that_a_lease_reads_is_discarded_only_afterwards() -> None:
    pool = make_pool(shelf_budget=BLOCK_BYTES)
    pool.adopt_shelf([entry("a", cut([1, 1, 1, 1], "a"))])
    grant(pool, [1, 1, 1, 1, 1], ALICE)
    take_turn(pool, [2, 2, 2, 2], "b", owner="bob")
    assert grant(pool, [3], BOB).discard == ("b",)
    pool.release(BOB)
    pool.publish(ALICE, [], ())
    take_turn(pool, [4, 4, 4, 4], "d", owner="bob")
    assert "a" in grant(pool, [3], BOB).discard


def test_a_discarded_file_leaves_its_resident_blocks_usable() -> None:
    pool = make_pool(shelf_budget=BLOCK_BYTES)
    take_turn(pool, [1, 1, 1, 1], "a")
    take_turn(pool, [2, 2, 2, 2], "b")
    (cached,) = grant(pool, [1, 1, 1, 1, 1]).cached
    assert (cached.location, cached.file) == (Location.RESIDENT, None)


def test_blocks_that_came_twice_keep_one_file() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4], "a")
    take_turn(pool, [1, 2, 3, 4], "b", owner="bob")
    lease = grant(pool, [1, 2, 3, 4, 5])
    assert lease.discard == ("b",)
    assert [block.file for block in lease.cached] == ["a"]


def test_a_bad_file_is_a_miss_with_a_reason() -> None:
    pool = make_pool()
    pool.adopt_shelf([entry("a", cut([1, 2, 3, 4], "a"))])
    grant(pool, [1, 2, 3, 4, 5])
    pool.publish(ALICE, [], ["a", "never heard of"])
    lease = grant(pool, [1, 2, 3, 4, 5])
    assert lease.miss_reason == "file unusable at token 0"
    assert lease.discard == ()


def test_a_bad_file_written_anew_is_good_again() -> None:
    pool = make_pool()
    pool.adopt_shelf([entry("a", cut([1, 2, 3, 4], "a"))])
    grant(pool, [1, 2, 3, 4, 5])
    pool.publish(ALICE, cut([1, 2, 3, 4], "a"), ["a"])
    lease = grant(pool, [1, 2, 3, 4, 5])
    assert [block.file for block in lease.cached] == ["a"]
    assert lease.discard == ()


def test_two_leases_may_read_a_file_that_turns_out_bad() -> None:
    pool = make_pool()
    pool.adopt_shelf([entry("a", cut([1, 2, 3, 4], "a"))])
    grant(pool, [1, 2, 3, 4, 5], ALICE)
    grant(pool, [1, 2, 3, 4, 5], BOB)
    pool.publish(ALICE, cut([1, 2, 3, 4, 5], "b"), ["a"])
    pool.check_integrity()
    pool.publish(BOB, cut([1, 2, 3, 4, 5], "b"), ["a"])
    pool.check_integrity()
    assert grant(pool, [1, 2, 3, 4, 5]).num_cached_tokens == 4


def test_a_block_whose_name_is_wrong_is_not_registered() -> None:
    pool = make_pool()
    grant(pool, [1, 2, 3, 4])
    wrong = StoredBlock(cut([9])[0].hash, ROOT, (1, 2, 3), 30, None)
    with pytest.raises(InvariantBroken, match="not the one its hash names"):
        pool.publish(ALICE, [wrong], ())
    pool.check_integrity()
    assert (pool.stats().num_blocks, pool.stats().num_leases) == (0, 0)


def test_a_lease_of_the_same_id_replaces_the_first() -> None:
    pool = make_pool(resident_budget=100)
    grant(pool, [1, 2, 3, 4, 5, 6])
    grant(pool, [1, 2, 3, 4, 5, 6])
    assert pool.stats().reserved_bytes == 60


def test_unknown_leases_end_without_ado() -> None:
    pool = make_pool()
    pool.release(ALICE)
    pool.publish(ALICE, [], ())
    pool.check_integrity()
    assert pool.stats().num_blocks == 0


def test_of_a_turn_whose_lease_is_unknown_the_files_count() -> None:
    pool = make_pool()
    stored = [*cut([1, 2, 3, 4], "a"), *cut([5, 6], None)]
    pool.publish(ALICE, stored, ())
    pool.check_integrity()
    (cached,) = grant(pool, [1, 2, 3, 4, 5]).cached
    assert (cached.location, cached.file) == (Location.SHELF, "a")
    assert pool.stats().num_blocks == 1


def test_orders_of_a_lease_that_was_never_used_are_given_again() -> None:
    pool = make_pool(resident_budget=2 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4], "a")
    take_turn(pool, [1, 2, 3, 4], "b", owner="bob")
    first = grant(pool, [9] * 8)
    assert (first.evict, first.discard) == ((cut([1, 2, 3, 4])[0].hash,), ("b",))
    pool.release(ALICE)
    second = grant(pool, [9] * 8)
    assert (second.evict, second.discard) == (first.evict, first.discard)


def test_all_leases_of_a_dead_session_end_at_once() -> None:
    pool = make_pool()
    grant(pool, [1, 2], ALICE)
    grant(pool, [1, 2], BOB)
    assert pool.release_owner(ALICE) == 1
    assert pool.release_owner(ALICE) == 0
    assert pool.stats().num_leases == 1


def test_a_new_engine_holds_nothing_and_voids_all_leases() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4], "a")
    take_turn(pool, [5, 6, 7, 8], None)
    grant(pool, [1, 2, 3, 4, 5])
    epoch = pool.epoch
    pool.reset_resident("another incarnation")
    pool.check_integrity()
    assert pool.epoch > epoch
    stats = pool.stats()
    assert (stats.num_leases, stats.reserved_bytes, stats.resident_bytes) == (0, 0, 0)
    lease = grant(pool, [1, 2, 3, 4, 5])
    assert (lease.epoch, lease.evict) == (pool.epoch, ())
    assert [block.location for block in lease.cached] == [Location.SHELF]
    assert grant(pool, [5, 6, 7, 8, 9], BOB).miss_reason == "lost with the engine at token 0"


def test_the_same_engine_said_twice_is_one_reset() -> None:
    pool = make_pool()
    pool.reset_resident("one")
    take_turn(pool, [1, 2, 3, 4])
    epoch = pool.epoch
    pool.reset_resident("one")
    assert pool.epoch == epoch
    assert pool.stats().num_resident_blocks == 1


def test_a_pool_made_later_has_a_later_epoch() -> None:
    first = BlockPool(4, 10, 1000, 1000, Clock(100.0))
    first.reset_resident("one")
    assert BlockPool(4, 10, 1000, 1000, Clock(101.0)).epoch > first.epoch


def test_adoption_keeps_to_the_budget_and_drops_the_oldest() -> None:
    pool = make_pool(shelf_budget=2 * BLOCK_BYTES)
    entries = [entry(name, cut([i] * 4, name), mtime=i) for i, name in enumerate("cab")]
    assert pool.adopt_shelf(reversed(entries)) == ("c",)
    pool.check_integrity()
    assert pool.stats().num_shelf_files == 2


def test_adoption_drops_files_whose_blocks_others_hold() -> None:
    pool = make_pool()
    old, new = entry("a", cut([1] * 4, "a"), 1.0), entry("b", cut([1] * 4, "b"), 2.0)
    assert pool.adopt_shelf([old, new]) == ("b",)
    pool.check_integrity()


def test_of_a_path_adopted_from_one_file_the_beginning_survives_longest() -> None:
    pool = make_pool(resident_budget=3 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8], "a")
    lease = grant(pool, [9] * 4)
    assert lease.evict == ()
    pool.release(ALICE)
    lease = grant(pool, [9] * 5)
    assert lease.evict == (cut([1, 2, 3, 4, 5, 6, 7, 8])[1].hash,)


def test_the_figures_add_up() -> None:
    clock = Clock()
    pool = BlockPool(4, 10, 1000, 1000, clock)
    take_turn(pool, [1, 2, 3, 4, 5], "a")
    grant(pool, [1, 2, 3, 4, 5, 6], num=4)
    clock.now += 3.0
    stats = pool.stats()
    assert (stats.num_hits, stats.num_misses) == (1, 1)
    assert (stats.num_prompt_tokens, stats.num_cached_tokens) == (11, 5)
    assert (stats.num_blocks, stats.num_resident_blocks, stats.num_shelf_blocks) == (2, 2, 2)
    assert (stats.resident_bytes, stats.shelf_bytes, stats.reserved_bytes) == (50, 50, 100)
    assert (stats.num_leases, stats.oldest_lease_s) == (1, 3.0)


def test_a_prompt_of_twenty_thousand_tokens_is_leased_in_ten_milliseconds() -> None:
    pool = BlockPool(256, 1, 10**6, 10**6, Clock())
    prompt = list(range(20_000))
    pool.lease(ROOT, prompt, 0, ALICE, "alice")
    pool.publish(ALICE, cut_at(prompt, 256), ())
    times = []
    for _ in range(5):
        started_at = time.perf_counter()
        lease = pool.lease(ROOT, prompt, 0, ALICE, "alice")
        times.append(time.perf_counter() - started_at)
        assert lease is not None
        assert lease.num_cached_tokens == 19_999
    assert min(times) < 0.010


def cut_at(token_ids: list[int], size: int) -> list[StoredBlock]:
    blocks, parent = [], ROOT
    for start in range(0, len(token_ids), size):
        part = tuple(token_ids[start : start + size])
        parent, above = chain_hash(parent, part), parent
        blocks.append(StoredBlock(parent, above, part, len(part), "f"))
    return blocks
