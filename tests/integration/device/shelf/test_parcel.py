from pathlib import Path

import pytest

from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.cache.lease import CachedBlock, Location
from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.shelf.parcel import pack, unpack
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import InvalidRequest
from tests.integration.device.shelf_blocks import ROOT, contents, make_blocks

OTHER_ROOT = root_hash("model", "float32", "another workspace")


def engine_with(bytes_per_token: int) -> EngineInfo:
    return EngineInfo(
        model="m",
        fingerprint="model",
        kv_format="float32",
        context_window=100,
        block_size=4,
        bytes_per_token=bytes_per_token,
        has_snapshots=False,
        has_tools=False,
        has_thinking=False,
        num_parameters=1,
        incarnation="i",
    )


def even_blocks(num_blocks: int) -> list[ShelfBlock]:
    """Blocks whose bytes divide evenly among their tokens, as those of models do."""
    return [
        ShelfBlock(
            block.hash,
            block.parent,
            block.token_ids,
            {name: tensor for name, tensor in block.tensors.items() if name != "0.mask"},
        )
        for block in make_blocks(num_blocks)
    ]


def engine_of(block: ShelfBlock) -> EngineInfo:
    return engine_with(block.nbytes // len(block.token_ids))


def shelve(shelf: Shelf, blocks: list[ShelfBlock]) -> list[CachedBlock]:
    file = shelf.write(blocks)
    return [CachedBlock(b.hash, 4, 4, Location.SHELF, file) for b in blocks]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "one", "model", "float32")


@pytest.fixture
def other(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "other", "model", "float32")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "parcel"
    folder.mkdir()
    return folder


def test_a_session_arrives_bit_for_bit_under_the_hashes_of_its_new_workspace(
    shelf: Shelf, other: Shelf, folder: Path
) -> None:
    blocks = even_blocks(5)
    pack(shelf, shelve(shelf, blocks), folder)

    stored = unpack(folder, other, engine_of(blocks[0]), ROOT, OTHER_ROOT)

    parent = OTHER_ROOT
    for block, arrived in zip(blocks, stored, strict=True):
        assert arrived.hash == chain_hash(parent, block.token_ids)
        assert arrived.parent == parent
        assert arrived.file is not None
        read = other.read(arrived.file, [arrived.hash])[arrived.hash]
        assert contents(read) == contents(block)
        parent = arrived.hash


def test_only_the_blocks_that_were_asked_for_leave(
    shelf: Shelf, other: Shelf, folder: Path
) -> None:
    blocks = even_blocks(5)
    pack(shelf, shelve(shelf, blocks)[:2], folder)

    stored = unpack(folder, other, engine_of(blocks[0]), ROOT, OTHER_ROOT)

    assert [block.token_ids for block in stored] == [block.token_ids for block in blocks[:2]]


def test_a_file_that_went_missing_is_left_out(shelf: Shelf, other: Shelf, folder: Path) -> None:
    blocks = even_blocks(3)
    cached = shelve(shelf, blocks[:2]) + shelve(shelf, blocks[2:])
    shelf.delete(cached[0].file or "")

    pack(shelf, cached, folder)

    assert unpack(folder, other, engine_of(blocks[0]), ROOT, OTHER_ROOT) == ()


@pytest.mark.parametrize("damaged", [0, 1])
def test_a_damaged_file_is_refused_and_nothing_kept_of_the_others(
    shelf: Shelf, other: Shelf, folder: Path, damaged: int
) -> None:
    blocks = even_blocks(4)
    pack(shelf, shelve(shelf, blocks[:2]) + shelve(shelf, blocks[2:]), folder)
    path = sorted(folder.iterdir())[damaged]
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)

    with pytest.raises(InvalidRequest, match="corrupt"):
        unpack(folder, other, engine_of(blocks[0]), ROOT, OTHER_ROOT)

    assert other.scan() == []


def test_a_file_of_another_model_is_refused(shelf: Shelf, tmp_path: Path, folder: Path) -> None:
    blocks = even_blocks(2)
    pack(shelf, shelve(shelf, blocks), folder)
    foreign = Shelf(tmp_path / "foreign", "another model", "float32")

    with pytest.raises(InvalidRequest, match="another model"):
        unpack(folder, foreign, engine_of(blocks[0]), ROOT, OTHER_ROOT)


def test_blocks_of_a_wrong_size_are_refused(shelf: Shelf, other: Shelf, folder: Path) -> None:
    blocks = even_blocks(2)
    pack(shelf, shelve(shelf, blocks), folder)

    with pytest.raises(InvalidRequest, match="this model's have 0"):
        unpack(folder, other, engine_with(0), ROOT, OTHER_ROOT)
