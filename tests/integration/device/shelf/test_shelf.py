"""Blocks on a real disk: written, read, deleted, found again."""

import os
import stat
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from agent_memory.device.kv.host_tensor import HostTensor
from agent_memory.device.shelf.shelf import Shelf, ShelfBlock
from agent_memory.errors import BadShelfFile, InvariantBroken
from tests.integration.device.shelf_blocks import contents, make_blocks


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf", "model", "float32")


def path_of(folder: Path, file: str) -> Path:
    (found,) = (folder / "shelf").rglob(file)
    return found


def test_blocks_come_back_bit_for_bit(shelf: Shelf) -> None:
    blocks = make_blocks(3)
    file = shelf.write(blocks)
    found = shelf.read(file, [block.hash for block in blocks])
    for block in blocks:
        assert contents(found[block.hash]) == contents(block)
        assert (found[block.hash].parent, found[block.hash].token_ids) == (
            block.parent,
            block.token_ids,
        )


def test_only_the_blocks_asked_for_are_read(shelf: Shelf) -> None:
    blocks = make_blocks(3)
    file = shelf.write(blocks)
    assert list(shelf.read(file, [blocks[1].hash])) == [blocks[1].hash]


def test_a_snapshot_stays_one(shelf: Shelf) -> None:
    block = replace(make_blocks(1)[0], is_snapshot=True)
    file = shelf.write([block])
    assert shelf.read(file, [block.hash])[block.hash].is_snapshot
    assert shelf.scan()[0].blocks[0].is_snapshot


def test_tensors_without_elements_and_without_axes_are_kept(shelf: Shelf) -> None:
    empty = HostTensor("F32", (0, 4), np.empty(0, np.uint8))
    scalar = HostTensor("I32", (), memoryview(b"\x01\x02\x03\x04"))
    block = replace(make_blocks(1)[0], tensors={"empty": empty, "offset": scalar})
    file = shelf.write([block])
    assert contents(shelf.read(file, [block.hash])[block.hash]) == contents(block)


def test_a_block_without_tensors_is_kept(shelf: Shelf) -> None:
    block = replace(make_blocks(1)[0], tensors={})
    file = shelf.write([block])
    assert shelf.read(file, [block.hash])[block.hash].tensors == {}


def test_any_safetensors_tool_opens_a_file(shelf: Shelf, tmp_path: Path) -> None:
    block = make_blocks(1)[0]
    numbers = np.arange(12, dtype=np.float32).reshape(3, 4)
    tensor = HostTensor("F32", (3, 4), numbers.reshape(-1).view(np.uint8))
    file = shelf.write([replace(block, tensors={"keys": tensor})])
    with safe_open(path_of(tmp_path, file), "numpy") as opened:
        assert np.array_equal(opened.get_tensor("0.keys"), numbers)
        assert opened.metadata()["fingerprint"] == "model"


def test_every_tensor_starts_at_a_multiple_of_its_width(shelf: Shelf) -> None:
    block = make_blocks(1)[0]
    found = shelf.read(shelf.write([block]), [block.hash])[block.hash]
    for name, width in {"0.keys": 4, "0.values": 2}.items():
        data = found.tensors[name].data
        assert isinstance(data, np.ndarray)
        assert data.ctypes.data % width == 0


def test_the_same_blocks_are_one_file(shelf: Shelf) -> None:
    assert shelf.write(make_blocks(2)) == shelf.write(make_blocks(2))
    assert len(shelf.scan()) == 1


def test_other_bytes_under_the_same_hash_are_another_file(shelf: Shelf) -> None:
    (block,) = make_blocks(1)
    other = replace(block, tensors=make_blocks(1, seed=1)[0].tensors)
    assert shelf.write([block]) != shelf.write([other])


def test_files_and_folders_are_for_their_owner_alone(shelf: Shelf, tmp_path: Path) -> None:
    shelf.write(make_blocks(1))
    for path in (tmp_path / "shelf", *(tmp_path / "shelf").rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_a_deleted_file_is_gone_and_may_be_deleted_again(shelf: Shelf) -> None:
    (block,) = make_blocks(1)
    file = shelf.write([block])
    shelf.delete(file)
    shelf.delete(file)
    assert shelf.scan() == []
    with pytest.raises(BadShelfFile, match="No such file"):
        shelf.read(file, [block.hash])


def test_a_scan_tells_of_every_block(shelf: Shelf, tmp_path: Path) -> None:
    blocks = make_blocks(2)
    file = shelf.write(blocks)
    (entry,) = shelf.scan()
    assert (entry.file, entry.nbytes) == (file, path_of(tmp_path, file).stat().st_size)
    for stored, block in zip(entry.blocks, blocks, strict=True):
        assert (stored.hash, stored.parent, stored.token_ids, stored.file) == (
            block.hash,
            block.parent,
            block.token_ids,
            file,
        )
        assert stored.nbytes == block.nbytes


def test_reading_counts_as_use(shelf: Shelf, tmp_path: Path) -> None:
    (block,) = make_blocks(1)
    file = shelf.write([block])
    os.utime(path_of(tmp_path, file), (1.0, 1.0))
    assert shelf.scan()[0].mtime == 1.0
    shelf.read(file, [block.hash])
    assert shelf.scan()[0].mtime > 1.0


def test_a_header_larger_than_the_first_read_is_read_whole(shelf: Shelf) -> None:
    blocks = make_blocks(40, tokens_per_block=512)
    file = shelf.write(blocks)
    assert len(shelf.scan()[0].blocks) == 40
    assert contents(shelf.read(file, [blocks[39].hash])[blocks[39].hash]) == contents(blocks[39])


def test_other_models_and_formats_have_shelves_of_their_own(tmp_path: Path) -> None:
    (block,) = make_blocks(1)
    mine = Shelf(tmp_path / "shelf", "model", "float32")
    theirs = Shelf(tmp_path / "shelf", "another model", "float32")
    file = mine.write([block])
    assert theirs.scan() == []
    with pytest.raises(BadShelfFile):
        theirs.read(file, [block.hash])


def test_what_is_not_a_block_is_not_written(shelf: Shelf) -> None:
    first, second = make_blocks(2)
    with pytest.raises(InvariantBroken, match="at least one block"):
        shelf.write([])
    with pytest.raises(InvariantBroken, match="not the one its hash names"):
        shelf.write([replace(first, hash=second.hash)])
    assert shelf.scan() == []


def test_a_tensor_whose_bytes_do_not_fit_its_shape_cannot_be_made() -> None:
    with pytest.raises(InvariantBroken, match=r"F32\[2\] does not have 4 bytes"):
        HostTensor("F32", (2,), np.zeros(4, np.uint8))
    with pytest.raises(InvariantBroken, match="no dtype 'F33'"):
        HostTensor("F33", (1,), np.zeros(4, np.uint8))


def test_a_file_says_whose_blocks_it_holds(shelf: Shelf) -> None:
    file = shelf.write(make_blocks(1), "w/s1")
    other = shelf.write(make_blocks(1, seed=1))
    assert {entry.file: entry.owner for entry in shelf.scan()} == {file: "w/s1", other: ""}


def test_a_scan_leaves_out_what_is_known(shelf: Shelf) -> None:
    file, other = (shelf.write(make_blocks(1, seed=seed)) for seed in (0, 1))
    assert [entry.file for entry in shelf.scan({file})] == [other]


def test_several_threads_write_and_scan_at_once(shelf: Shelf) -> None:
    failures: list[BaseException] = []

    def write_some(seed: int) -> None:
        try:
            for i in range(10):
                block: ShelfBlock = make_blocks(1, seed=100 * seed + i)[0]
                file = shelf.write([block])
                shelf.scan()
                assert contents(shelf.read(file, [block.hash])[block.hash]) == contents(block)
        except BaseException as error:  # noqa: BLE001  handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=write_some, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(shelf.scan()) == 40


def test_the_journal_tells_what_happened(shelf: Shelf, tmp_path: Path) -> None:
    file = shelf.write(make_blocks(1))
    shelf.delete(file)
    journal = (tmp_path / "shelf" / "journal.jsonl").read_text()
    assert [line.split('"action": ')[1].split(",")[0] for line in journal.splitlines()] == [
        '"wrote"',
        '"deleted"',
    ]


def test_the_files_used_last_are_read_ahead(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [shelf.write(make_blocks(1, seed=seed)) for seed in range(3)]
    for file, used_at in zip(files, (20.0, 30.0, 10.0), strict=True):
        os.utime(path_of(tmp_path, file), (used_at, used_at))
    entries = shelf.scan()
    opened: list[str] = []
    stock = os.open

    def noting(path: Path, flags: int) -> int:
        opened.append(path.name)
        return stock(path, flags)

    monkeypatch.setattr(os, "open", noting)
    shelf.read_ahead(entries, 2 * entries[0].nbytes)
    assert opened == [files[1], files[0]]
