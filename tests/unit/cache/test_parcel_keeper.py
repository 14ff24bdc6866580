"""The keeper of parcels: exports and imports beside turns."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.import_room import MAX_IDLE_S
from agent_memory.cache.lease import StoredBlock
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.errors import InvalidRequest, NotFound, PoolLost, StorageUnavailable
from agent_memory.ids import BlockOwner, LeaseId
from agent_memory.settings import MIB
from tests.unit.cache.keeper_world import ENGINE, ROOT, World

TOKENS = (0, 1, 2, 3)
BLOCK = StoredBlock(chain_hash(ROOT, TOKENS), ROOT, TOKENS, 4 * MIB, "file")
OWN = OwnedSequence.of(ENGINE, ROOT, TOKENS, BlockOwner("w/s"))


async def test_what_a_killed_server_left_of_travels_is_gone_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "travel" / "parcel_of_before" / ("a" * 64 + ".safetensors")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x" * 100)
    World(tmp_path)
    assert not file.exists()


async def test_a_workspace_has_one_import_at_a_time_and_others_go_on(tmp_path: Path) -> None:
    pool = World(tmp_path).parcels
    first = await pool.open_import(ENGINE, ROOT)
    second = asyncio.create_task(pool.open_import(ENGINE, ROOT))
    other = await pool.open_import(ENGINE, root_hash(ENGINE.fingerprint, ENGINE.kv_format, "x"))
    assert not second.done()
    await pool.close(first)
    assert await second not in {first, other}


async def test_an_importer_that_died_leaves_its_place_to_the_next(tmp_path: Path) -> None:
    world = World(tmp_path)
    abandoned = await world.parcels.open_import(ENGINE, ROOT)
    second = asyncio.create_task(world.parcels.open_import(ENGINE, ROOT))
    await asyncio.sleep(0)
    world.now = MAX_IDLE_S - 1
    await world.parcels.keep(abandoned)
    world.now = MAX_IDLE_S + 1
    await world.parcels.sweep()
    assert not second.done()
    world.now = 2 * MAX_IDLE_S + 1
    await world.parcels.sweep()
    assert await second != abandoned
    with pytest.raises(NotFound):
        await world.parcels.keep(abandoned)


async def test_no_byte_of_an_import_is_written_without_room_for_it(tmp_path: Path) -> None:
    """Of a shelf of 16 MiB; a token has 1 MiB here."""
    pool = World(tmp_path).parcels
    parcel = await pool.open_import(ENGINE, ROOT)
    files = ["a" * 64 + ".safetensors", "b" * 64 + ".safetensors"]
    await pool.admit(parcel, files[0], 10 * MIB, num_tokens=8)
    with pytest.raises(StorageUnavailable):
        await pool.admit(parcel, files[1], 10 * MIB, num_tokens=8)
    with pytest.raises(InvalidRequest):
        await pool.put(parcel, files[1], 0, b"x")
    await pool.close(parcel)
    again = await pool.open_import(ENGINE, ROOT)
    await pool.admit(again, files[1], 10 * MIB, num_tokens=8)
    assert list((tmp_path / "travel").glob("*/*")) == []


async def test_unpacking_keeps_no_other_workspace_waiting(tmp_path: Path) -> None:
    """Two archives are unpacked and do not end; export and deletion go on."""
    world = World(tmp_path)
    pool = world.parcels
    unpacking = []
    for workspace in ("x", "y"):
        root = root_hash(ENGINE.fingerprint, ENGINE.kv_format, workspace)
        parcel = await pool.open_import(ENGINE, root)
        sequence = OwnedSequence.of(ENGINE, root, (), BlockOwner(f"{workspace}/s"))
        unpacking.append(asyncio.create_task(pool.unpack(parcel, sequence, ROOT)))
    async with asyncio.timeout(5):
        await pool.close((await pool.pack(OWN)).parcel_id)
        await world.keeper.forget(OWN)
    assert not any(task.done() for task in unpacking)
    world.shelves.is_over.set()
    assert await asyncio.gather(*unpacking) == [0, 0]


async def test_what_is_unpacked_is_the_sessions(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.shelves.arriving = (BLOCK,)
    world.shelves.is_over.set()
    world.shelves.of(ENGINE).put(replace(BLOCK, file="known"))
    old_root = root_hash(ENGINE.fingerprint, ENGINE.kv_format, "elsewhere")
    parcel = await world.parcels.open_import(ENGINE, ROOT)
    assert await world.parcels.unpack(parcel, OWN, old_root) == len(TOKENS)
    assert world.shelves.unpacked == [(OWN, old_root, {"known"})]
    assert list((tmp_path / "travel").iterdir()) == []


async def test_an_export_is_what_the_shelf_has_in_files_to_fetch(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.keeper.publish(ENGINE, LeaseId("none"), (BLOCK,), ())
    parcel = await world.parcels.pack(OWN)
    assert world.shelves.packed == [(ENGINE, [BLOCK.hash])]
    (file,) = parcel.files
    assert await world.parcels.fetch(parcel.parcel_id, file.name, 0) == b"kv"
    await world.parcels.close(parcel.parcel_id)
    with pytest.raises(NotFound):
        await world.parcels.fetch(parcel.parcel_id, file.name, 0)


async def test_an_import_for_a_former_model_leaves_its_place_to_others(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.keeper.meet(replace(ENGINE, fingerprint="e" * 64, loaded_at=2.0))
    for _ in range(2):
        with pytest.raises(PoolLost):
            await world.parcels.open_import(ENGINE, ROOT)
    assert not (tmp_path / "travel").exists()
