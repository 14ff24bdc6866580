"""The keeper of a pool: waiting for room, successors of the engine, and what is forgotten."""

import asyncio
from array import array
from dataclasses import replace
from pathlib import Path

import pytest

from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.lease import StoredBlock
from agent_memory.cache.lease_request import LeaseRequest
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.terms import LeaseTerms
from agent_memory.errors import InvalidRequest, PoolLost, QueueFull
from agent_memory.ids import BlockOwner, LeaseId, RequestId, WorkspaceId
from agent_memory.settings import MIB
from tests.unit.cache.keeper_world import ENGINE, ROOT, World


def ask(name: str, num_tokens: int, owner: str = "w/s") -> LeaseRequest:
    tokens = array("I", range(num_tokens))
    return LeaseRequest(ENGINE, ROOT, tokens, 2, LeaseId(name), BlockOwner(owner), RequestId("r"))


def stored(tokens: tuple[int, ...], file: str) -> StoredBlock:
    num_bytes = len(tokens) * MIB
    return StoredBlock(chain_hash(ROOT, tokens), ROOT, tokens, num_bytes, file)


async def test_whoever_finds_no_room_waits_until_a_lease_ends(tmp_path: Path) -> None:
    pool = World(tmp_path).keeper
    await pool.lease(ask("one", 10))
    waiting = asyncio.create_task(pool.lease(ask("two", 10)))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    before = await pool.stats()
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    assert (await waiting).lease_id == "two"
    after = await pool.stats()
    assert before is not None
    assert after is not None
    assert (before.num_waiting, before.num_room_waits) == (1, 0)
    assert (after.num_waiting, after.num_room_waits) == (0, 1)
    assert after.room_wait_s > 0


async def test_the_engine_is_told_whose_room_is_needed(tmp_path: Path) -> None:
    world = World(tmp_path)
    pool = world.keeper
    patient = LeaseTerms(priority=-1, is_preemptible=True)
    await pool.lease(replace(ask("one", 10), terms=patient))
    waiting = asyncio.create_task(pool.lease(ask("two", 10)))
    await asyncio.sleep(0.01)
    assert world.engine.preempted == ["one"]
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    assert (await waiting).lease_id == "two"


async def test_who_has_begun_waits_however_many_do_already(tmp_path: Path) -> None:
    pool = World(tmp_path, max_waiting=0).keeper
    await pool.lease(ask("one", 10))
    begun = replace(ask("two", 10), terms=LeaseTerms(has_begun=True))
    waiting = asyncio.create_task(pool.lease(begun))
    await asyncio.sleep(0.01)
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    assert (await waiting).lease_id == "two"


async def test_who_does_not_wait_any_more_gets_no_lease(tmp_path: Path) -> None:
    pool = World(tmp_path).keeper
    await pool.lease(ask("one", 10))
    waiting = asyncio.create_task(pool.lease(ask("two", 10)))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait([waiting])
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    stats = await pool.stats()
    assert stats is not None
    assert (stats.num_leases, stats.num_waiting) == (0, 0)


async def test_too_many_waiting_is_said_at_once(tmp_path: Path) -> None:
    pool = World(tmp_path, max_waiting=1).keeper
    await pool.lease(ask("one", 10))
    waiting = asyncio.create_task(pool.lease(ask("two", 10)))
    await asyncio.sleep(0.01)
    with pytest.raises(QueueFull):
        await pool.lease(ask("three", 10))
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    await waiting


async def test_what_can_never_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        await World(tmp_path).keeper.lease(ask("huge", 100))


async def test_a_process_that_died_neither_keeps_nor_gets_a_lease(tmp_path: Path) -> None:
    pool = World(tmp_path).keeper
    await pool.lease(ask("one", 10, owner="w/dead"))
    waiting = asyncio.create_task(pool.lease(ask("two", 10, owner="w/dead")))
    await asyncio.sleep(0.01)
    await pool.release_owner(BlockOwner("w/dead"))
    with pytest.raises(PoolLost):
        await waiting
    await pool.lease(ask("three", 10))


async def test_an_engine_that_restarted_holds_nothing_any_more(tmp_path: Path) -> None:
    pool = World(tmp_path).keeper
    lease = await pool.lease(ask("one", 6))
    tokens = (0, 1, 2, 3)
    block = StoredBlock(chain_hash(ROOT, tokens), ROOT, tokens, 4 * MIB, file=None)
    await pool.publish(ENGINE, lease.lease_id, (block,), ())
    again = await pool.lease(ask("two", 6))
    assert again.num_cached_tokens == 4
    await pool.publish(ENGINE, again.lease_id, (), ())
    successor = replace(ask("three", 6), engine=replace(ENGINE, incarnation="second"))
    after = await pool.lease(successor)
    assert after.num_cached_tokens == 0
    assert after.epoch > again.epoch


async def test_what_rested_is_among_what_the_engine_drops_with_its_session(tmp_path: Path) -> None:
    pool = World(tmp_path).keeper
    await pool.lease(ask("one", 6))
    tokens = (0, 1, 2, 3)
    block = StoredBlock(chain_hash(ROOT, tokens), ROOT, tokens, 8 * MIB, file=None)
    await pool.publish(ENGINE, LeaseId("one"), (block,), ())
    other = replace(ask("two", 10, owner="w/other"), prompt_tokens=array("I", [9] * 10))
    assert (await pool.lease(other)).rest == (block.hash,)
    stats = await pool.stats()
    assert stats is not None
    assert (stats.resident_bytes, stats.memory_bytes) == (0, 8 * MIB)

    dropped = await pool.forget(OwnedSequence.of(ENGINE, ROOT, tokens, BlockOwner("w/s")))

    assert dropped == (block.hash,)
    stats = await pool.stats()
    assert stats is not None
    assert stats.memory_bytes == 0


OTHER = replace(ENGINE, fingerprint="e" * 64, incarnation="other", loaded_at=2.0)


async def test_another_model_has_a_pool_of_its_own_and_the_former_is_heard_no_more(
    tmp_path: Path,
) -> None:
    pool = World(tmp_path).keeper
    await pool.lease(ask("one", 6))
    await pool.lease(replace(ask("two", 6), engine=OTHER))
    with pytest.raises(PoolLost, match="Another model"):
        await pool.lease(ask("three", 6))
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    stats = await pool.stats()
    assert stats is not None
    assert stats.num_leases == 1


async def test_a_model_that_is_loaded_again_is_the_later_one(tmp_path: Path) -> None:
    pool = World(tmp_path).keeper
    await pool.lease(replace(ask("one", 6), engine=OTHER))
    again = replace(ENGINE, incarnation="again", loaded_at=3.0)
    await pool.lease(replace(ask("two", 6), engine=again))
    with pytest.raises(PoolLost):
        await pool.lease(replace(ask("three", 6), engine=OTHER))


async def test_what_a_dead_process_left_unsaid_goes_with_its_session(tmp_path: Path) -> None:
    world = World(tmp_path)
    pool, shelf = world.keeper, world.shelves.of(ENGINE)
    await pool.lease(ask("one", 4))
    own, others = stored((1, 2, 3, 4), "own"), stored((5, 6, 7, 8), "others")
    shelf.put(own, "w/dead")
    shelf.put(others, "w/alive")

    dropped = await pool.forget(OwnedSequence.of(ENGINE, ROOT, (), BlockOwner("w/dead")))

    assert dropped == (own.hash,)
    assert [entry.file for entry in shelf.scan()] == ["others"]


async def test_a_pool_begins_with_what_the_shelf_has_and_reads_it_ahead(tmp_path: Path) -> None:
    world = World(tmp_path)
    shelf = world.shelves.of(ENGINE)
    shelf.put(stored((0, 1, 2, 3), "kept"))
    await world.keeper.meet(ENGINE)
    shelf.put(stored((4, 5, 6, 7), "later"))
    await world.keeper.meet(ENGINE)  # has been done
    lease = await world.keeper.lease(ask("one", 6))
    await asyncio.sleep(0.01)
    assert (lease.num_cached_tokens, lease.cached[0].file) == (4, "kept")
    assert shelf.ahead == [(["kept"], 16 * MIB)]


async def test_a_shelf_that_is_too_large_is_cut_at_the_start(tmp_path: Path) -> None:
    """Of 16 MiB; a block has 4 MiB."""
    world = World(tmp_path)
    shelf = world.shelves.of(ENGINE)
    for begin in range(6):
        shelf.put(stored(tuple(range(begin, begin + 4)), f"file{begin}"))
    await world.keeper.meet(ENGINE)
    assert len(shelf.files) == 4


async def test_other_models_give_way_at_the_start_and_after_each_turn(tmp_path: Path) -> None:
    world = World(tmp_path)
    lease = await world.keeper.lease(ask("one", 6))
    block = stored((0, 1, 2, 3), "file")
    await world.keeper.publish(ENGINE, lease.lease_id, (block,), ())
    (others,) = world.shelves.asked
    assert others.own is ENGINE
    assert others.rooms == [(0, 16 * MIB), (4 * MIB, 16 * MIB)]


async def test_a_session_is_erased_from_every_model(tmp_path: Path) -> None:
    world = World(tmp_path)
    shelf, owner = world.shelves.of(ENGINE), BlockOwner("w/s")
    block = stored((0, 1, 2, 3), "file")
    shelf.put(block, owner)
    await world.keeper.meet(ENGINE)
    await world.keeper.erase(WorkspaceId("w"), owner, [array("I", block.token_ids)])
    others = world.shelves.asked[-1]
    assert shelf.files == {}
    assert (others.own, others.erased) == (ENGINE, [("w", "w/s", [block.token_ids])])


async def test_without_a_loaded_model_a_session_is_erased_from_all(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert await world.keeper.erase(WorkspaceId("w"), BlockOwner("w/s"), ()) == ()
    (others,) = world.shelves.asked
    assert (others.own, others.erased) == (None, [("w", "w/s", [])])
    assert await world.keeper.stats() is None


async def test_an_engine_that_is_gone_does_not_end_the_waiting(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.engine.is_there = False
    patient = LeaseTerms(priority=-1, is_preemptible=True)
    await world.keeper.lease(replace(ask("one", 10), terms=patient))
    waiting = asyncio.create_task(world.keeper.lease(ask("two", 10)))
    await asyncio.sleep(0.01)
    await world.keeper.publish(ENGINE, LeaseId("one"), (), ())
    assert (await waiting).lease_id == "two"


async def test_what_has_faded_is_gone_from_shelf_and_engine(tmp_path: Path) -> None:
    world = World(tmp_path)
    block = replace(stored((0, 1, 2, 3), "sealed"), fades_at=1.0)
    world.shelves.of(ENGINE).put(block)
    await world.keeper.lease(ask("one", 10))
    await world.keeper.publish(ENGINE, LeaseId("one"), [block], ())

    await world.keeper.fade()

    assert world.shelves.has_forgotten.is_set()
    assert world.shelves.of(ENGINE).files == {}
    assert world.engine.dropped == [block.hash]


async def test_an_engine_that_is_not_there_is_told_with_the_next_lease_what_has_faded(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    block = replace(stored((0, 1, 2, 3), "sealed"), fades_at=1.0)
    await world.keeper.lease(ask("one", 10))
    await world.keeper.publish(ENGINE, LeaseId("one"), [block], ())
    world.engine.is_there = False

    await world.keeper.fade()

    assert (await world.keeper.lease(ask("two", 10))).evict == (block.hash,)


async def test_it_looks_by_itself_for_what_has_faded(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.keeper.meet(ENGINE)
    assert await asyncio.to_thread(world.shelves.has_forgotten.wait, 5)
