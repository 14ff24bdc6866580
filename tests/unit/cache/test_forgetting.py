"""Tails that are outgrown, and sessions that are deleted."""

from dataclasses import replace

from agent_memory.cache.block import MAX_OWNERS
from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.lease import Lease, StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.ids import LeaseId
from tests.unit.cache.sequences import (
    ROOT,
    cut,
    cut_with_snapshot,
    entry,
    make_pool,
    snapshot,
    take_turn,
)


def grant(pool: BlockPool, token_ids: list[int]) -> Lease:
    lease = pool.lease(ROOT, token_ids, 0, LeaseId("asking"), "asker")
    assert lease is not None
    pool.check_integrity()
    return lease


def test_an_outgrown_tail_is_discarded() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5], "a")
    take_turn(pool, [1, 2, 3, 4, 5, 6], "b")
    lease = grant(pool, [1, 2, 3, 4, 5, 6, 7])
    assert "a.tail" in lease.discard
    assert cut([1, 2, 3, 4, 5])[1].hash in lease.evict
    assert [block.file for block in lease.cached] == ["a", "b.tail"]


def test_a_tail_that_became_a_full_block_is_discarded() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2], "a")
    take_turn(pool, [1, 2, 3, 4, 5], "b")
    assert grant(pool, [9]).discard == ("a.tail",)


def test_the_tail_of_a_branch_is_kept() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2], "a")
    take_turn(pool, [1, 3, 4], "b")
    assert grant(pool, [1, 2, 9]).num_cached_tokens == 2


def test_a_tail_that_another_session_uses_is_kept() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2], "a", owner="alice")
    take_turn(pool, [1, 2, 3], "b", owner="bob")
    assert grant(pool, [9]).discard == ()
    pool.release(LeaseId("asking"))
    take_turn(pool, [1, 2, 4], "c", owner="alice")
    assert "a.tail" in grant(pool, [9]).discard


def test_a_tail_adopted_from_the_shelf_is_outgrown_by_the_session_that_leases_it() -> None:
    pool = make_pool()
    pool.adopt_shelf([entry("a.tail", cut([1, 2], "a"))])
    take_turn(pool, [1, 2, 3], "b")
    assert grant(pool, [9]).discard == ("a.tail",)


def test_a_deleted_session_takes_its_blocks_along() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5], "a")
    assert set(pool.forget_owner("alice")) == {"a", "a.tail"}
    pool.check_integrity()
    lease = grant(pool, [1, 2, 3, 4, 5, 6])
    assert lease.cached == ()
    assert set(lease.evict) == {block.hash for block in cut([1, 2, 3, 4, 5])}


def test_what_a_deleted_session_shared_stays() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8], "a", owner="alice")
    take_turn(pool, [1, 2, 3, 4, 9], "b", owner="bob")
    assert pool.adopt_shelf([]) == ("b",)  # it held nothing new
    assert pool.forget_owner("bob") == ("b.tail",)
    pool.check_integrity()
    assert grant(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9]).num_cached_tokens == 8


def test_a_file_that_also_holds_blocks_of_others_stays_whole() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8], "a", owner="alice")
    take_turn(pool, [1, 2, 3, 4, 9], "b", owner="bob")
    assert pool.adopt_shelf([]) == ("b",)  # it held nothing new
    assert pool.forget_owner("alice") == ()
    pool.check_integrity()
    assert set(pool.forget_owner("bob")) == {"a", "b.tail"}


def test_what_a_running_turn_holds_survives_the_deletion() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4], "a")
    assert pool.lease(ROOT, [1, 2, 3, 4, 5], 0, LeaseId("running"), "alice") is not None
    assert pool.forget_owner("alice") == ()
    pool.check_integrity()


def test_what_the_shelf_says_is_a_sessions_goes_with_it_whatever_its_tokens() -> None:
    pool = make_pool()
    own, others = entry("a", cut([1, 2, 3, 4], "a")), entry("b", cut([5, 6, 7, 8], "b"))
    pool.adopt_shelf([replace(own, owner="alice"), replace(others, owner="bob")])
    assert pool.forget_owner("alice") == ("a",)
    pool.check_integrity()
    assert "b" in pool.files
    assert "a" not in pool.files


def test_a_block_that_the_shelf_says_is_a_sessions_stays_while_another_uses_it() -> None:
    pool = make_pool()
    pool.adopt_shelf([replace(entry("a", cut([1, 2, 3, 4], "a")), owner="alice")])
    take_turn(pool, [1, 2, 3, 4, 5], "b", owner="bob")
    assert "a" not in pool.forget_owner("alice")
    assert grant(pool, [1, 2, 3, 4, 5]).num_cached_tokens == 4


def test_a_sequence_adopted_from_the_shelf_is_forgotten_by_its_tokens() -> None:
    pool = make_pool()
    sequence = cut([1, 2, 3, 4, 5, 6], "a")
    pool.adopt_shelf([entry("a", sequence[:1]), entry("a.tail", sequence[1:])])
    assert pool.forget_owner("alice") == ()
    assert set(pool.forget_sequence("alice", ROOT, [1, 2, 3, 4, 5, 6])) == {"a", "a.tail"}
    pool.check_integrity()
    assert pool.stats().num_blocks == 0


def test_a_sequence_that_others_continue_is_forgotten_only_where_it_is_alone() -> None:
    pool = make_pool()
    first, second = cut([1, 2, 3, 4, 5, 6], "a"), cut([1, 2, 3, 4, 7], "b")
    pool.adopt_shelf(
        [entry("a", first[:1]), entry("a.tail", first[1:]), entry("b.tail", second[1:])]
    )
    assert pool.forget_sequence("alice", ROOT, [1, 2, 3, 4, 5, 6]) == ("a.tail",)
    pool.check_integrity()
    assert grant(pool, [1, 2, 3, 4, 7, 8]).num_cached_tokens == 5


def test_a_block_that_very_many_use_belongs_to_nobody() -> None:
    pool = make_pool()
    for i in range(MAX_OWNERS + 1):
        take_turn(pool, [1, 2, 3, 4], "a", owner=f"session {i}")
    for i in range(MAX_OWNERS + 1):
        assert pool.forget_owner(f"session {i}") == ()
    assert grant(pool, [1, 2, 3, 4, 5]).num_cached_tokens == 4


def take_snapshot_turn(pool: BlockPool, token_ids: list[int], file: str) -> None:
    lease_id = LeaseId("turn")
    assert pool.lease(ROOT, token_ids, 0, lease_id, "alice") is not None
    pool.publish(lease_id, cut_with_snapshot(token_ids, file), ())
    pool.check_integrity()


def test_of_a_sessions_snapshots_the_first_and_the_last_two_are_kept() -> None:
    pool = make_pool(has_snapshots=True)
    for number, length in enumerate([3, 6, 7, 14]):
        take_snapshot_turn(pool, list(range(length)), f"turn {number}")
    assert grant(pool, [*range(3), 99]).num_cached_tokens == 3
    assert grant(pool, [*range(6), 99]).num_cached_tokens == 3
    assert grant(pool, [*range(7), 99]).num_cached_tokens == 7
    assert grant(pool, [*range(14), 99]).num_cached_tokens == 14


def test_tails_that_lead_to_later_snapshots_stay_when_earlier_snapshots_go() -> None:
    pool = make_pool(has_snapshots=True)
    tails: list[StoredBlock] = []
    begin, parent = 0, ROOT
    for length in (3, 6, 9, 12, 15):
        tail = tuple(range(begin, length - 1))
        begin, name = length - 1, chain_hash(parent, tail)
        tails.append(StoredBlock(name, parent, tail, 10, f"tail {length}"))
        last, parent = snapshot([length - 1], f"snapshot {length}", name), name
        lease_id = LeaseId("turn")
        assert pool.lease(ROOT, range(length), 0, lease_id, "alice") is not None
        pool.publish(lease_id, [*tails, last], ())
        pool.check_integrity()
    found = [grant(pool, [*range(n), 99]).num_cached_tokens for n in (3, 6, 9, 12, 15)]
    assert found == [3, 3, 3, 12, 15]
    assert pool.stats().num_blocks == len(tails) + 3


def test_a_sequence_is_forgotten_with_all_its_snapshots() -> None:
    pool = make_pool(has_snapshots=True)
    early, late = cut_with_snapshot(range(6), "a"), cut_with_snapshot(range(7), "b")
    pool.adopt_shelf([entry("a", early[:1]), entry("a.s", early[1:]), entry("b.s", late[1:])])
    pool.forget_sequence("alice", ROOT, range(7))
    assert pool.stats().num_blocks == 0


def test_a_session_that_adopted_blocks_keeps_them_when_their_maker_is_deleted() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9], "a", owner="alice")
    assert pool.adopt_sequence("fork", ROOT, [1, 2, 3, 4, 5]) == 5
    pool.forget_owner("alice")
    pool.check_integrity()
    assert grant(pool, [1, 2, 3, 4, 5]).num_cached_tokens == 4


def test_only_what_was_adopted_is_kept() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4], "a", owner="alice")
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9], "b", owner="alice")
    pool.adopt_sequence("fork", ROOT, [1, 2, 3, 4, 5])
    assert set(pool.forget_owner("alice")) == {"b", "b.tail"}
    assert grant(pool, [1, 2, 3, 4, 5, 6]).num_cached_tokens == 4


def test_the_blocks_of_a_sequence_are_found_on_the_shelf_parents_first() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4, 5, 6, 7, 8, 9], "a")
    take_turn(pool, [1, 2, 3, 4, 0, 0], "b")
    found = pool.find_on_shelf(ROOT, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert [(block.num_tokens, block.file) for block in found] == [
        (4, "a"),
        (4, "a"),
        (1, "a.tail"),
    ]


def test_what_is_forgotten_can_be_evicted_at_once() -> None:
    pool = make_pool()
    take_turn(pool, [1, 2, 3, 4], "a", owner="alice")
    pool.forget_owner("alice")
    assert pool.take_evictions() == (cut([1, 2, 3, 4])[0].hash,)
    assert grant(pool, [9]).evict == ()
