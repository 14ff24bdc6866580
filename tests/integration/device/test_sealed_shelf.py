"""A shelf with a key: nothing on the disk can be read without it."""

import random
from pathlib import Path

import pytest

from agent_memory.device.shelf.shelf import Shelf
from agent_memory.errors import BadShelfFile
from tests.integration.device.shelf_blocks import contents, make_blocks

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "model", "float32", KEY)


def path_of(folder: Path, file: str) -> Path:
    (found,) = folder.rglob(file)
    return found


def test_whose_blocks_a_sealed_file_holds_is_sealed_too(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "model", "float32", KEY)
    file = shelf.write(make_blocks(1), "w/the-session")
    (path,) = tmp_path.rglob(file)
    assert b"the-session" not in path.read_bytes()
    assert [entry.owner for entry in shelf.scan()] == ["w/the-session"]


def test_blocks_come_back_bit_for_bit_also_to_another_process(shelf: Shelf, tmp_path: Path) -> None:
    blocks = make_blocks(3)
    file = shelf.write(blocks)
    again = Shelf(tmp_path, "model", "float32", KEY)
    found = again.read(file, [blocks[2].hash, blocks[0].hash])
    for block in (blocks[0], blocks[2]):
        assert contents(found[block.hash]) == contents(block)
    assert [block.hash for block in again.scan()[0].blocks] == [block.hash for block in blocks]


def test_neither_tokens_nor_tensors_nor_hashes_are_on_the_disk(
    shelf: Shelf, tmp_path: Path
) -> None:
    (block,) = make_blocks(1, tokens_per_block=64)
    whole = path_of(tmp_path, shelf.write([block])).read_bytes()
    assert block.hash.encode() not in whole
    for tensor in block.tensors.values():
        data = bytes(tensor.view)
        assert data not in whole
        assert len(data) < 16 or data[:16] not in whole


def test_the_same_block_is_never_the_same_bytes(shelf: Shelf, tmp_path: Path) -> None:
    blocks = make_blocks(1)
    one, other = (path_of(tmp_path, shelf.write(blocks)).read_bytes() for _ in range(2))
    assert len(one) == len(other)
    assert one[-32:] != other[-32:]


def test_without_the_key_or_with_another_the_files_are_somebody_elses(
    shelf: Shelf, tmp_path: Path
) -> None:
    blocks = make_blocks(1)
    file = shelf.write(blocks)
    for key in (None, OTHER_KEY):
        stranger = Shelf(tmp_path, "model", "float32", key)
        assert stranger.scan() == []
        with pytest.raises(BadShelfFile):
            stranger.read(file, [blocks[0].hash])
    assert shelf.read(file, [blocks[0].hash])


def test_a_file_moved_to_where_another_key_reads_is_a_miss(shelf: Shelf, tmp_path: Path) -> None:
    blocks = make_blocks(1)
    file = shelf.write(blocks)
    theirs = path_of(tmp_path, file)
    stranger = Shelf(tmp_path / "elsewhere", "model", "float32", OTHER_KEY)
    place = tmp_path / "elsewhere" / stranger.namespace.folder / file[:2]
    place.mkdir()
    theirs.rename(place / file)
    with pytest.raises(BadShelfFile, match="not encrypted with this key"):
        stranger.read(file, [blocks[0].hash])


def test_one_flipped_bit_anywhere_is_a_miss(shelf: Shelf, tmp_path: Path) -> None:
    blocks = make_blocks(2)
    file = shelf.write(blocks)
    path = path_of(tmp_path, file)
    whole = path.read_bytes()
    dice = random.Random(1)  # noqa: S311  reproducible places
    for place in [*range(9), *(dice.randrange(len(whole)) for _ in range(120)), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(BadShelfFile):
            shelf.read(file, [block.hash for block in blocks])


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_size_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Shelf(tmp_path, "model", "float32", bytes(size))
