"""The order of eviction when room is needed, and at whose expense."""

import time
from array import array
from dataclasses import replace

from agent_memory.cache.eviction_order import EvictionOrder
from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.lease import Location, StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.ids import BlockHash, LeaseId
from tests.unit.cache.sequences import BLOCK_BYTES, ROOT, Clock, cut, entry, make_pool, take_turn

OURS, THEIRS = BlockHash("ours"), BlockHash("theirs")
OTHER_ROOT = root_hash("model", "float32", "another workspace")


def order_of(*items: tuple[str, BlockHash, float], budget: int = 100) -> EvictionOrder[str]:
    """Items of ten bytes each, touched in turn with their cost per byte."""
    order: EvictionOrder[str] = EvictionOrder(budget)
    for name, workspace, cost_per_byte in items:
        order.add(name, workspace, 10, is_held=False)
        order.touch(name, cost_per_byte)
        order.check_integrity()
    return order


def test_the_cheapest_per_byte_goes_first_and_of_equals_the_oldest() -> None:
    order = order_of(("dear", OURS, 3.0), ("old", OURS, 1.0), ("new", OURS, 1.0))
    assert list(order.take(30, OURS)) == ["old", "new", "dear"]


def test_what_is_dear_goes_all_the_same_when_it_is_not_used_for_long() -> None:
    order = order_of(("dear", OURS, 3.5))
    for number in range(4):
        order.add(f"cheap {number}", OURS, 10, is_held=False)
        order.touch(f"cheap {number}", 1.0)
        gone = list(order.take(10, OURS))
        order.check_integrity()
    assert gone == ["dear"]


def test_what_is_held_stays_until_it_is_let_go() -> None:
    order = order_of(("one", OURS, 1.0), ("two", OURS, 2.0))
    order.hold("one")
    assert not order.can_take(20, OURS)
    assert list(order.take(20, OURS)) == ["two"]
    order.let_go("one")
    order.check_integrity()
    assert list(order.take(20, OURS)) == ["one"]


def test_items_without_bytes_are_kept_and_let_go_like_others() -> None:
    order: EvictionOrder[str] = EvictionOrder(100)
    order.add("state", OURS, 10, is_held=False)
    order.add("empty", OURS, 0, is_held=True)
    order.remove("state")
    order.check_integrity()
    order.let_go("empty")
    order.touch("empty", 1.0)
    order.remove("empty")
    order.check_integrity()


def test_nothing_goes_before_what_is_useless_without_it() -> None:
    order = order_of(("begin", OURS, 1.0), ("end", OURS, 5.0))
    order.touch("begin", 1.0, order.touch("end", 5.0))
    assert list(order.take(10, OURS)) == ["end"]


def test_a_workspace_below_its_share_loses_nothing_to_another() -> None:
    order = order_of(("theirs", THEIRS, 0.1), *((f"{i}", OURS, 1.0) for i in range(9)))
    assert not order.can_take(100, OURS)
    assert list(order.take(100, OURS)) == [f"{i}" for i in range(9)]


def test_a_workspace_beyond_its_share_loses_what_is_beyond() -> None:
    order = order_of(*((f"{i}", THEIRS, 1.0) for i in range(9)))
    assert order.can_take(40, OURS)
    assert not order.can_take(50, OURS)
    assert list(order.take(100, OURS)) == ["0", "1", "2", "3"]
    order.check_integrity()


def test_what_is_promised_to_a_workspace_counts_as_its_own() -> None:
    order = order_of(("one", THEIRS, 1.0))
    order.reserve(THEIRS, 60)
    assert list(order.take(10, OURS)) == ["one"]
    order.reserve(THEIRS, -60)
    order.check_integrity()
    assert order.share() == 100


def test_an_item_that_is_touched_often_does_not_fill_the_queue() -> None:
    order = order_of(("one", OURS, 1.0), ("two", OURS, 1.0))
    for _ in range(1000):
        order.touch("one", 1.0)
    order.check_integrity()
    assert list(order.take(20, OURS)) == ["two", "one"]


def test_another_workspace_does_not_push_a_session_out_of_memory_or_off_the_shelf() -> None:
    pool = make_pool(resident_budget=10 * BLOCK_BYTES, shelf_budget=10 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4], "mine")
    for number in range(20):
        take_turn(pool, [number] * 8, f"{number}", "bob", OTHER_ROOT)
    lease = pool.lease(ROOT, [1, 2, 3, 4, 5], 0, LeaseId("mine"), "alice")
    assert lease is not None
    assert [(block.location, block.file) for block in lease.cached] == [(Location.RESIDENT, "mine")]


def test_a_workspace_with_turns_under_way_waits_rather_than_take_the_share_of_another() -> None:
    pool = make_pool(resident_budget=10 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4] * 4, "mine")
    first = pool.lease(OTHER_ROOT, [9] * 20, 0, LeaseId("first"), "bob")
    assert first is not None
    assert first.evict == ()
    assert pool.lease(OTHER_ROOT, [8] * 8, 0, LeaseId("second"), "bob") is None


def test_a_workspace_without_a_turn_under_way_gets_room_for_one() -> None:
    pool = make_pool(resident_budget=10 * BLOCK_BYTES)
    take_turn(pool, [1, 2, 3, 4] * 4, "mine")
    lease = pool.lease(OTHER_ROOT, [9] * 36, 0, LeaseId("first"), "bob")
    assert lease is not None
    assert len(lease.evict) == 3


def test_what_comes_late_in_a_sequence_is_dearer_to_compute_than_what_comes_early() -> None:
    pool = BlockPool(1000, 1, 41_000, 10**6, Clock())
    long, short = cut_at(40_000, 1000, 1), cut_at(1000, 1000, 2)
    for name, blocks in (("long", long), ("short", short)):
        tokens = [token for block in blocks for token in block.token_ids]
        assert pool.lease(ROOT, tokens, 0, LeaseId(name), name) is not None
        pool.publish(LeaseId(name), blocks, ())
    lease = pool.lease(ROOT, [3], 0, LeaseId("next"), "next")
    assert lease is not None
    assert lease.evict == (short[0].hash,)


def test_what_is_computed_sooner_than_read_counts_as_computed() -> None:
    pool = make_pool(resident_budget=3 * BLOCK_BYTES)
    pool.learn(Rates(prefill_tokens_per_s=1e9, shelf_bytes_per_s=1.0))
    take_turn(pool, [2, 2, 2, 2], "shelved")
    take_turn(pool, [1, 1, 1, 1], None)
    lease = pool.lease(ROOT, [3, 3, 3, 3], 4, LeaseId("next"), "next")
    assert lease is not None
    assert lease.evict == (cut([2, 2, 2, 2])[0].hash,)


def test_blocks_whose_beginning_is_lost_go_first() -> None:
    pool = make_pool(shelf_budget=3 * BLOCK_BYTES)
    take_turn(pool, [1, 1, 1, 1], "old")
    begin, end = (replace(block, file=name) for name, block in zip("be", cut([2] * 8), strict=True))
    files = [entry("b", [begin], 2.0), entry("e", [end], 2.0)]
    pool.adopt_shelf(files)
    reading = pool.lease(ROOT, [2] * 9, 0, LeaseId("reading"), "bob")
    assert reading is not None
    pool.publish(LeaseId("reading"), (), ["b"])
    pool.adopt_shelf([entry("x", cut([3] * 4, "x"), 3.0), entry("y", cut([4] * 4, "y"), 4.0)])
    pool.check_integrity()
    lease = pool.lease(ROOT, [1, 1, 1, 1, 5], 0, LeaseId("old"), "alice")
    assert lease is not None
    assert lease.cached[0].file == "old"


def test_at_the_start_the_beginning_of_what_was_used_last_stays_although_it_is_older() -> None:
    begin, end = (replace(block, file=name) for name, block in zip("be", cut([2] * 8), strict=True))
    other = entry("other", cut([3] * 4, "other"), 2.0)
    files = [entry("b", [begin], 1.0), other, entry("e", [end], 3.0)]
    pool = make_pool(shelf_budget=2 * BLOCK_BYTES)
    assert pool.adopt_shelf(files) == ("other",)


def test_evicting_one_of_a_hundred_thousand_blocks_takes_less_than_a_tenth_of_a_millisecond() -> (
    None
):
    order: EvictionOrder[int] = EvictionOrder(100_000)
    for number in range(100_000):
        order.add(number, BlockHash(f"workspace {number % 50}"), 1, is_held=False)
    started_at = time.process_time()
    gone = list(order.take(10_000, OURS))
    assert len(gone) == 2_000
    assert (time.process_time() - started_at) / len(gone) < 1e-4


def cut_at(num_tokens: int, size: int, token: int) -> list[StoredBlock]:
    blocks, parent = [], ROOT
    for _ in range(0, num_tokens, size):
        above, parent = parent, chain_hash(parent, array("I", [token] * size))
        blocks.append(StoredBlock(parent, above, (token,) * size, size, None))
    return blocks
