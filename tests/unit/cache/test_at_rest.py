"""Blocks that have to leave the engine rest in memory, as far as that has room."""

from dataclasses import replace

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lease import Lease, Location
from agent_memory.cache.miss import MissKind
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.ids import LeaseId
from tests.unit.cache.sequences import BLOCK_BYTES, ROOT, cut, entry, make_pool, take_turn

OTHER_ROOT = root_hash("model", "float32", "another workspace")
ASKING = LeaseId("asking")


def grant(pool: BlockPool, token_ids: list[int], num: int = 0) -> Lease:
    lease = pool.lease(ROOT, token_ids, num, ASKING, "asker")
    assert lease is not None
    pool.check_integrity()
    return lease


def hash_of(token: int) -> str:
    return cut([token] * 4)[0].hash


def places(lease: Lease) -> list[Location]:
    return [block.location for block in lease.cached]


def small_pool(num_resident: int = 2, num_at_rest: int = 2) -> BlockPool:
    """Room for so many blocks."""
    return make_pool(
        num_resident * BLOCK_BYTES, 100 * BLOCK_BYTES, at_rest_budget=num_at_rest * BLOCK_BYTES
    )


def test_what_has_to_leave_the_engine_goes_to_rest_and_is_found_there() -> None:
    pool = small_pool()
    take_turn(pool, [1] * 4, "a")
    lease = grant(pool, [2] * 8)
    assert (lease.rest, lease.evict) == ((hash_of(1),), ())
    pool.release(ASKING)
    assert places(grant(pool, [1] * 5)) == [Location.MEMORY]
    stats = pool.stats()
    assert (stats.num_resident_blocks, stats.num_memory_blocks) == (0, 1)
    assert (stats.memory_bytes, stats.memory_budget) == (BLOCK_BYTES, 2 * BLOCK_BYTES)


def test_what_no_disk_has_taken_is_not_lost_when_it_leaves_the_engine() -> None:
    pool = small_pool()
    take_turn(pool, [1] * 4, None)
    take_turn(pool, [2] * 8, None)
    lease = grant(pool, [1] * 5)
    assert [(block.location, block.file) for block in lease.cached] == [(Location.MEMORY, None)]


def test_what_is_used_again_is_resident_and_not_at_rest() -> None:
    pool = small_pool()
    take_turn(pool, [1] * 4, "a")
    take_turn(pool, [2] * 8, "b")
    assert places(grant(pool, [1] * 4)) == [Location.MEMORY]
    pool.publish(ASKING, cut([1] * 4, "a"), ())
    pool.check_integrity()
    assert pool.stats().num_memory_blocks == 1  # of the other conversation
    assert places(grant(pool, [1] * 4)) == [Location.RESIDENT]


def test_without_a_budget_nothing_is_at_rest() -> None:
    pool = small_pool(num_at_rest=0)
    take_turn(pool, [1] * 4, "a")
    lease = grant(pool, [2] * 8)
    assert (lease.rest, lease.evict) == ((), (hash_of(1),))


def test_a_block_larger_than_the_budget_does_not_come_to_rest() -> None:
    pool = make_pool(2 * BLOCK_BYTES, at_rest_budget=BLOCK_BYTES - 1)
    take_turn(pool, [1] * 4, "a")
    lease = grant(pool, [2] * 8)
    assert (lease.rest, lease.evict) == ((), (hash_of(1),))


def test_what_rests_for_the_longest_gives_way() -> None:
    pool = small_pool(num_resident=1)
    for token in (1, 2, 3):
        take_turn(pool, [token] * 4, f"{token}")
    lease = grant(pool, [4] * 4)
    assert set(lease.rest) == {hash_of(3)}
    assert hash_of(1) in lease.evict
    assert pool.stats().num_dropped_blocks == 1
    pool.release(ASKING)
    assert places(grant(pool, [2] * 4)) == [Location.MEMORY]


def test_what_is_cheap_to_read_gives_way_to_what_would_have_to_be_computed() -> None:
    pool = small_pool(num_resident=1)
    pool.learn(Rates(prefill_tokens_per_s=1.0, shelf_bytes_per_s=1e9))
    take_turn(pool, [1] * 4, None)
    for token in (2, 3, 4):
        take_turn(pool, [token] * 4, f"{token}")
    assert places(grant(pool, [1] * 4)) == [Location.MEMORY]


def test_of_a_path_at_rest_the_beginning_stays_longest() -> None:
    pool = small_pool(num_resident=3, num_at_rest=3)
    take_turn(pool, list(range(12)), None)  # what comes late is dearer to compute
    take_turn(pool, [90] * 12, "b")
    assert pool.stats().num_memory_blocks == 3
    take_turn(pool, [91] * 12, "c")
    found = grant(pool, list(range(12)))
    assert places(found) == []
    assert found.miss_kind is MissKind.EVICTED
    pool = small_pool(num_resident=3, num_at_rest=3)
    take_turn(pool, list(range(12)), None)
    take_turn(pool, [90] * 12, "b")
    take_turn(pool, [91] * 4, "c")
    assert places(grant(pool, list(range(12)))) == [Location.MEMORY] * 2


def test_a_leased_block_stays_at_rest() -> None:
    pool = small_pool(num_resident=4, num_at_rest=1)
    take_turn(pool, [1] * 4, "a")
    assert pool.lease(ROOT, [2] * 16, 0, LeaseId("large"), "bob") is not None
    pool.release(LeaseId("large"))
    assert places(grant(pool, [1] * 5)) == [Location.MEMORY]
    take_turn(pool, [3] * 4, "c", owner="bob")
    take_turn(pool, [4] * 8, "d", owner="carol")
    assert places(pool.active_leases()[0].lease) == [Location.MEMORY]
    assert pool.stats().num_memory_blocks == 1
    pool.publish(ASKING, (), ())
    assert places(grant(pool, [1] * 5)) == [Location.MEMORY]


def test_a_prefix_in_its_own_way_rests_beside_the_turn_that_uses_it() -> None:
    pool = small_pool(num_resident=3)
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8], None)
    lease = grant(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9], num=3)
    assert places(lease) == [Location.MEMORY, Location.MEMORY]
    assert set(lease.rest) == {block.hash for block in lease.cached}


def test_another_workspace_does_not_push_a_session_out_of_memory() -> None:
    pool = small_pool(num_resident=4, num_at_rest=6)
    take_turn(pool, [1] * 4, "mine")
    for number in range(10, 20):
        take_turn(pool, [number] * 16, f"{number}", "bob", OTHER_ROOT)
    assert places(grant(pool, [1] * 5)) == [Location.MEMORY]
    _, at_rest, _ = pool.standing(OTHER_ROOT)
    assert at_rest.in_use == 5 * BLOCK_BYTES  # all that is left


def test_orders_of_a_lease_that_was_never_used_are_given_again() -> None:
    pool = small_pool()
    take_turn(pool, [1] * 4, "a")
    first = grant(pool, [9] * 8)
    pool.release(ASKING)
    assert grant(pool, [9] * 8).rest == first.rest == (hash_of(1),)


def test_orders_of_a_lease_whose_turn_left_nothing_are_given_again() -> None:
    pool = small_pool()
    take_turn(pool, [1] * 4, "a")
    first = grant(pool, [9] * 8)
    pool.publish(ASKING, (), ())
    assert grant(pool, [9] * 8).rest == first.rest == (hash_of(1),)


def test_orders_that_were_given_back_hold_only_for_what_is_still_at_rest() -> None:
    pool = small_pool(num_resident=3)
    take_turn(pool, [1] * 4, "a")
    assert pool.lease(ROOT, [7] * 4, 0, LeaseId("other"), "bob") is not None
    first = grant(pool, [9] * 8)
    pool.publish(LeaseId("other"), cut([1] * 4, "a"), ())
    pool.release(ASKING)
    lease = grant(pool, [9] * 4)
    assert first.rest == (hash_of(1),)
    assert (lease.rest, lease.evict) == ((), ())


def test_a_deleted_session_leaves_nothing_at_rest() -> None:
    pool = small_pool()
    take_turn(pool, [1] * 4, "a")
    take_turn(pool, [2] * 8, "b", owner="bob")
    assert pool.stats().num_memory_blocks == 1
    assert pool.forget_owner("alice") == ("a",)
    pool.check_integrity()
    assert hash_of(1) in pool.take_evictions()
    assert pool.stats().memory_bytes == 0
    assert grant(pool, [1] * 5).cached == ()


def test_nothing_is_at_rest_in_a_new_engine() -> None:
    pool = small_pool()
    take_turn(pool, [1] * 4, "a")
    take_turn(pool, [3] * 4, None)
    take_turn(pool, [2] * 8, "b")
    pool.reset_resident("another incarnation")
    pool.check_integrity()
    assert pool.stats().memory_bytes == 0
    lease = grant(pool, [1] * 5)
    assert (places(lease), lease.rest, lease.evict) == ([Location.SHELF], (), ())
    pool.release(ASKING)
    assert grant(pool, [3] * 5).miss_kind is MissKind.ENGINE_LOST


def test_a_block_at_rest_outlives_its_file() -> None:
    pool = small_pool()
    take_turn(pool, [1] * 4, "a")
    take_turn(pool, [2] * 8, "b")
    grant(pool, [1] * 5)
    pool.publish(ASKING, (), ["a"])
    pool.check_integrity()
    lease = grant(pool, [1] * 5)
    assert [(block.location, block.file) for block in lease.cached] == [(Location.MEMORY, None)]


def test_what_the_shelf_says_of_a_block_at_rest_leaves_it_there() -> None:
    pool = small_pool()
    take_turn(pool, [1] * 4, None)
    take_turn(pool, [2] * 8, None)
    pool.adopt_shelf([replace(entry("a", cut([1] * 4, "a")), owner="alice")])
    pool.check_integrity()
    lease = grant(pool, [1] * 5)
    assert [(block.location, block.file) for block in lease.cached] == [(Location.MEMORY, "a")]
