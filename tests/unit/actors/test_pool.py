"""The pool's actor as a plain object: waiting for room, and successors of the engine."""

import asyncio
import threading
from array import array
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.pool import BlockPoolActor
from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.lease import StoredBlock
from agent_memory.cache.lease_request import LeaseRequest
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.terms import LeaseTerms
from agent_memory.device.kv.host_tensor import HostTensor, ShelfBlock
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.errors import InvalidRequest, PoolLost, QueueFull, StorageUnavailable
from agent_memory.ids import BlockOwner, LeaseId, RequestId
from agent_memory.settings import MIB, Settings
from agent_memory.testing.engine import INFO

ENGINE = replace(INFO, bytes_per_token=MIB, block_size=4)
ROOT = root_hash(ENGINE.fingerprint, ENGINE.kv_format, "w")


def make_pool(folder: Path, max_waiting: int = 8) -> BlockPoolActor:
    settings = Settings(data_dir=folder, resident_budget=16 * MIB, max_waiting=max_waiting)
    return BlockPoolActor(RuntimeConfig(settings, "", b"", folder, folder / "logs"))


def ask(name: str, num_tokens: int, owner: str = "w/s") -> LeaseRequest:
    tokens = array("I", range(num_tokens))
    return LeaseRequest(ENGINE, ROOT, tokens, 2, LeaseId(name), BlockOwner(owner), RequestId("r"))


async def test_whoever_finds_no_room_waits_until_a_lease_ends(tmp_path: Path) -> None:
    pool = make_pool(tmp_path)
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


async def test_the_engine_is_told_whose_room_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[LeaseId] = []

    async def preempt(_: EngineHandle, lease_ids: Sequence[LeaseId]) -> None:
        told.extend(lease_ids)

    monkeypatch.setattr(EngineHandle, "preempt", preempt)
    pool = make_pool(tmp_path)
    patient = LeaseTerms(priority=-1, is_preemptible=True)
    await pool.lease(replace(ask("one", 10), terms=patient))
    waiting = asyncio.create_task(pool.lease(ask("two", 10)))
    await asyncio.sleep(0.01)
    assert told == ["one"]
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    assert (await waiting).lease_id == "two"


async def test_who_has_begun_waits_however_many_do_already(tmp_path: Path) -> None:
    pool = make_pool(tmp_path, max_waiting=0)
    await pool.lease(ask("one", 10))
    begun = replace(ask("two", 10), terms=LeaseTerms(has_begun=True))
    waiting = asyncio.create_task(pool.lease(begun))
    await asyncio.sleep(0.01)
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    assert (await waiting).lease_id == "two"


async def test_who_does_not_wait_any_more_gets_no_lease(tmp_path: Path) -> None:
    pool = make_pool(tmp_path)
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
    pool = make_pool(tmp_path, max_waiting=1)
    await pool.lease(ask("one", 10))
    waiting = asyncio.create_task(pool.lease(ask("two", 10)))
    await asyncio.sleep(0.01)
    with pytest.raises(QueueFull):
        await pool.lease(ask("three", 10))
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    await waiting


async def test_what_can_never_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        await make_pool(tmp_path).lease(ask("huge", 100))


async def test_a_process_that_died_neither_keeps_nor_gets_a_lease(tmp_path: Path) -> None:
    pool = make_pool(tmp_path)
    await pool.lease(ask("one", 10, owner="w/dead"))
    waiting = asyncio.create_task(pool.lease(ask("two", 10, owner="w/dead")))
    await asyncio.sleep(0.01)
    await pool.release_owner(BlockOwner("w/dead"))
    with pytest.raises(PoolLost):
        await waiting
    await pool.lease(ask("three", 10))


async def test_an_engine_that_restarted_holds_nothing_any_more(tmp_path: Path) -> None:
    pool = make_pool(tmp_path)
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
    pool = make_pool(tmp_path)
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
    pool = make_pool(tmp_path)
    await pool.lease(ask("one", 6))
    await pool.lease(replace(ask("two", 6), engine=OTHER))
    with pytest.raises(PoolLost, match="Another model"):
        await pool.lease(ask("three", 6))
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    stats = await pool.stats()
    assert stats is not None
    assert stats.num_leases == 1


async def test_a_model_that_is_loaded_again_is_the_later_one(tmp_path: Path) -> None:
    pool = make_pool(tmp_path)
    await pool.lease(replace(ask("one", 6), engine=OTHER))
    again = replace(ENGINE, incarnation="again", loaded_at=3.0)
    await pool.lease(replace(ask("two", 6), engine=again))
    with pytest.raises(PoolLost):
        await pool.lease(replace(ask("three", 6), engine=OTHER))


async def test_what_a_dead_process_left_unsaid_goes_with_its_session(tmp_path: Path) -> None:
    pool = make_pool(tmp_path)
    await pool.lease(ask("one", 4))
    shelf = Shelf(tmp_path / "shelf", ENGINE.fingerprint, ENGINE.kv_format)
    tensors = {"0.k": HostTensor("U8", (4,), np.zeros(4, np.uint8))}
    own, others = (
        ShelfBlock(chain_hash(ROOT, tokens), ROOT, tokens, tensors)
        for tokens in ((1, 2, 3, 4), (5, 6, 7, 8))
    )
    file, kept = shelf.write([own], "w/dead"), shelf.write([others], "w/alive")

    dropped = await pool.forget(OwnedSequence.of(ENGINE, ROOT, (), BlockOwner("w/dead")))

    assert dropped == (own.hash,)
    assert [entry.file for entry in shelf.scan()] == [kept]
    assert file != kept


def leftover(folder: Path) -> Path:
    file = folder / "travel" / "parcel_of_before" / ("a" * 64 + ".safetensors")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x" * 100)
    return file


async def test_what_a_killed_server_left_of_travels_is_gone_at_the_start(tmp_path: Path) -> None:
    file = leftover(tmp_path)
    make_pool(tmp_path)
    assert not file.exists()


async def test_a_workspace_has_one_import_at_a_time_and_others_go_on(tmp_path: Path) -> None:
    pool = make_pool(tmp_path)
    first = await pool.open_import(ENGINE, ROOT)
    second = asyncio.create_task(pool.open_import(ENGINE, ROOT))
    other = await pool.open_import(ENGINE, root_hash(ENGINE.fingerprint, ENGINE.kv_format, "x"))
    assert not second.done()
    await pool.close_parcel(first)
    assert await second not in {first, other}


async def test_no_byte_of_an_import_is_written_without_room_for_it(tmp_path: Path) -> None:
    """Of a shelf of 16 MiB; a token has 1 MiB here."""
    settings = Settings(data_dir=tmp_path, resident_budget=16 * MIB, shelf_budget=16 * MIB)
    pool = BlockPoolActor(RuntimeConfig(settings, "", b"", tmp_path, tmp_path / "logs"))
    parcel = await pool.open_import(ENGINE, ROOT)
    files = ["a" * 64 + ".safetensors", "b" * 64 + ".safetensors"]
    await pool.admit(parcel, files[0], 10 * MIB, num_tokens=8)
    with pytest.raises(StorageUnavailable):
        await pool.admit(parcel, files[1], 10 * MIB, num_tokens=8)
    with pytest.raises(InvalidRequest):
        await pool.put(parcel, files[1], 0, b"x")
    await pool.close_parcel(parcel)
    again = await pool.open_import(ENGINE, ROOT)
    await pool.admit(again, files[1], 10 * MIB, num_tokens=8)
    assert list((tmp_path / "travel").glob("*/*")) == []


async def test_unpacking_keeps_no_other_workspace_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two archives are unpacked and do not end; export and deletion go on."""
    pool = make_pool(tmp_path)
    await pool.lease(ask("one", 6))
    await pool.publish(ENGINE, LeaseId("one"), (), ())
    is_over = threading.Event()
    monkeypatch.setattr(pool._parcels, "unpack", lambda *_: is_over.wait(30) and ())
    unpacking = []
    for workspace in ("x", "y"):
        root = root_hash(ENGINE.fingerprint, ENGINE.kv_format, workspace)
        parcel = await pool.open_import(ENGINE, root)
        sequence = OwnedSequence.of(ENGINE, root, (), BlockOwner(f"{workspace}/s"))
        unpacking.append(asyncio.create_task(pool.unpack(parcel, sequence, ROOT)))
    own = OwnedSequence.of(ENGINE, ROOT, (0, 1, 2, 3), BlockOwner("w/s"))
    async with asyncio.timeout(5):
        await pool.close_parcel((await pool.pack(own)).parcel_id)
        await pool.forget(own)
    assert not any(task.done() for task in unpacking)
    is_over.set()
    assert await asyncio.gather(*unpacking) == [0, 0]
