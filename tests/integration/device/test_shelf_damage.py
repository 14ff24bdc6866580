"""Damaged, foreign and half-written files: a miss, never a wrong answer."""

import errno
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_memory.device.shelf import durable_file
from agent_memory.device.shelf.quarantine import Quarantine
from agent_memory.device.shelf.shelf import Shelf, ShelfBlock
from agent_memory.errors import BadShelfFile
from tests.integration.device.shelf_blocks import contents, make_blocks


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "model", "float32")


@pytest.fixture
def blocks() -> list[ShelfBlock]:
    return make_blocks(2)


def path_of(folder: Path, file: str) -> Path:
    (found,) = folder.rglob(file)
    return found


def files_in(folder: Path) -> list[str]:
    """Names of all files but the journal."""
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".jsonl")


def is_a_miss(shelf: Shelf, file: str, blocks: list[ShelfBlock], folder: Path) -> bool:
    with pytest.raises(BadShelfFile) as caught:
        shelf.read(file, [block.hash for block in blocks])
    assert caught.value.file == file
    return (folder / "quarantine" / file).exists() and shelf.scan() == []


def test_a_file_torn_anywhere_is_a_miss(
    shelf: Shelf, blocks: list[ShelfBlock], tmp_path: Path
) -> None:
    whole = path_of(tmp_path, shelf.write(blocks)).read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    lengths = {0, 1, 7, 8, 9, header // 2, header - 1, header, header + 1, len(whole) - 1}
    for length in sorted(lengths):
        file = shelf.write(blocks)
        path_of(tmp_path / shelf_folder(tmp_path), file).write_bytes(whole[:length])
        assert is_a_miss(shelf, file, blocks, tmp_path), length


def shelf_folder(folder: Path) -> str:
    (found,) = (p.name for p in folder.iterdir() if len(p.name) == 16)
    return found


def test_a_torn_file_does_not_survive_a_scan(
    shelf: Shelf, blocks: list[ShelfBlock], tmp_path: Path
) -> None:
    file = shelf.write(blocks)
    path = path_of(tmp_path, file)
    os.truncate(path, path.stat().st_size - 1)
    assert shelf.scan() == []
    assert (tmp_path / "quarantine" / file).exists()


def test_a_file_with_something_behind_its_end_is_a_miss(
    shelf: Shelf, blocks: list[ShelfBlock], tmp_path: Path
) -> None:
    file = shelf.write(blocks)
    with path_of(tmp_path, file).open("ab") as opened:
        opened.write(b"\0")
    assert is_a_miss(shelf, file, blocks, tmp_path)


def test_one_flipped_bit_anywhere_is_a_miss(
    shelf: Shelf, blocks: list[ShelfBlock], tmp_path: Path
) -> None:
    whole = path_of(tmp_path, shelf.write(blocks)).read_bytes()
    dice = random.Random(1)  # noqa: S311  reproducible places
    header = 8 + int.from_bytes(whole[:8], "little")
    places = [*range(9), *(dice.randrange(8, header) for _ in range(60))]
    places += [header, len(whole) - 1, *(dice.randrange(header, len(whole)) for _ in range(60))]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << dice.randrange(8)
        file = shelf.write(blocks)
        path_of(tmp_path / shelf_folder(tmp_path), file).write_bytes(damaged)
        with pytest.raises(BadShelfFile):
            shelf.read(file, [block.hash for block in blocks])
        assert shelf.scan() == [], place


def test_damage_in_one_block_does_not_spoil_another_that_is_read_alone(
    shelf: Shelf, blocks: list[ShelfBlock], tmp_path: Path
) -> None:
    file = shelf.write(blocks)
    path = path_of(tmp_path, file)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    first, second = blocks
    assert contents(shelf.read(file, [first.hash])[first.hash]) == contents(first)
    with pytest.raises(BadShelfFile, match="is corrupt"):
        shelf.read(file, [second.hash])


def test_two_swapped_files_are_misses(shelf: Shelf, tmp_path: Path) -> None:
    one, other = make_blocks(1, seed=1), make_blocks(1, seed=2)
    files = shelf.write(one), shelf.write(other)
    paths = [path_of(tmp_path, file) for file in files]
    first, second = (path.read_bytes() for path in paths)
    paths[0].write_bytes(second)
    paths[1].write_bytes(first)
    with pytest.raises(BadShelfFile, match="does not match the file's name"):
        shelf.read(files[0], [one[0].hash])
    assert shelf.scan() == []


def test_a_file_of_another_model_in_this_ones_place_is_a_miss(
    shelf: Shelf, blocks: list[ShelfBlock], tmp_path: Path
) -> None:
    foreign = Shelf(tmp_path / "elsewhere", "another model", "float32")
    file = foreign.write(blocks)
    theirs = path_of(tmp_path / "elsewhere", file)
    place = tmp_path / shelf_folder(tmp_path) / file[:2]
    place.mkdir()
    theirs.rename(place / file)
    with pytest.raises(BadShelfFile, match="another model or KV format"):
        shelf.read(file, [blocks[0].hash])


def test_a_block_that_the_file_does_not_hold_is_a_miss(shelf: Shelf) -> None:
    first, second = make_blocks(2)
    file = shelf.write([first])
    with pytest.raises(BadShelfFile, match="does not hold"):
        shelf.read(file, [first.hash, second.hash])


def test_litter_is_taken_away_by_a_scan(
    shelf: Shelf, blocks: list[ShelfBlock], tmp_path: Path
) -> None:
    file = shelf.write(blocks)
    folder = path_of(tmp_path, file).parent
    (folder / "notes.txt").write_text("not a block")
    (folder / f"{file}.0123abcd.tmp").write_bytes(b"half of one")
    assert [entry.file for entry in shelf.scan()] == [file]
    assert files_in(folder) == [file]


def test_the_quarantine_keeps_to_its_budget(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "quarantine", budget=250)
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b"x" * 100)
        quarantine.take(tmp_path / name)
        time.sleep(0.02)
    assert files_in(tmp_path) == ["b", "c"]
    quarantine.take(tmp_path / "never was")


def test_a_full_disk_leaves_nothing_behind(
    shelf: Shelf, blocks: list[ShelfBlock], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, room = os.write, [100]

    def write_until_full(fd: int, data: memoryview) -> int:
        if room[0] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        num_written = write(fd, data[: room[0]])
        room[0] -= num_written
        return num_written

    monkeypatch.setattr(os, "write", write_until_full)
    with pytest.raises(OSError, match="No space left"):
        shelf.write(blocks)
    monkeypatch.undo()
    assert files_in(tmp_path) == []
    assert len(shelf.read(shelf.write(blocks), [blocks[0].hash])) == 1


def test_a_write_in_small_pieces_is_whole(
    shelf: Shelf, blocks: list[ShelfBlock], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:7]))
    file = shelf.write(blocks)
    monkeypatch.undo()
    assert len(shelf.read(file, [block.hash for block in blocks])) == 2


def test_a_sync_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(durable_file, "sync_before_the_rest", fail)
    with pytest.raises(OSError, match="Input/output"):
        durable_file.write_durably(tmp_path / "file", [b"bytes"])
    assert files_in(tmp_path) == []


def test_a_file_beyond_the_limit_of_the_process_leaves_nothing_behind(
    shelf: Shelf, blocks: list[ShelfBlock], tmp_path: Path
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            shelf.write(blocks)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files_in(tmp_path) == []


def test_the_file_is_on_the_disk_before_it_has_its_name_and_the_folder_after(
    shelf: Shelf, blocks: list[ShelfBlock], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.write(make_blocks(1, seed=7))
    story: list[str] = []
    rename = Path.rename

    def tell_sync(_: int) -> None:
        story.append("sync file")

    def tell_sync_folder(_: Path) -> None:
        story.append("sync folder")

    def tell_rename(self: Path, target: Path) -> Path:
        story.append("rename")
        return rename(self, target)

    monkeypatch.setattr(durable_file, "sync_before_the_rest", tell_sync)
    monkeypatch.setattr(durable_file, "sync_folder", tell_sync_folder)
    monkeypatch.setattr(Path, "rename", tell_rename)
    shelf.write(blocks)
    assert story[-3:] == ["sync file", "rename", "sync folder"]


WRITER = """
import sys
from pathlib import Path
from agent_memory.device.shelf.shelf import Shelf
from tests.integration.device.shelf_blocks import make_blocks
shelf = Shelf(Path(sys.argv[1]), "model", "float32")
for seed in range(1_000_000):
    print(shelf.write(make_blocks(3, tokens_per_block=256, seed=seed)), flush=True)
"""


HALF_WRITER = """
import os, time
write = os.write
def write_half(fd, data):
    write(fd, data[: len(data) // 2])
    print("half", flush=True)
    time.sleep(60)
os.write = write_half
"""


def start(program: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True
    )


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline


def test_a_writer_killed_in_the_middle_of_a_file_leaves_none(shelf: Shelf, tmp_path: Path) -> None:
    with start(HALF_WRITER + WRITER, tmp_path) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "half\n"
        writer.kill()
    assert len(list(tmp_path.rglob("*.tmp"))) == 1
    assert shelf.scan() == []
    assert files_in(tmp_path) == []


def test_a_writer_killed_at_any_moment_leaves_whole_files_only(
    shelf: Shelf, tmp_path: Path
) -> None:
    dice = random.Random(3)  # noqa: S311  reproducible moments
    for _ in range(4):
        with start(WRITER, tmp_path) as writer:
            assert writer.stdout is not None
            acknowledged = [writer.stdout.readline().strip()]
            time.sleep(dice.uniform(0.0, 0.05))
            writer.kill()
            acknowledged += writer.stdout.read().split()
        entries = {entry.file: entry for entry in shelf.scan()}
        assert set(acknowledged) <= entries.keys()
        assert not list(tmp_path.rglob("*.tmp"))
        assert not (tmp_path / "quarantine").exists()
        for file in acknowledged:
            names = [block.hash for block in entries[file].blocks]
            assert len(shelf.read(file, names)) == 3


def test_a_scan_leaves_alone_what_is_being_written(
    shelf: Shelf, blocks: list[ShelfBlock], tmp_path: Path
) -> None:
    folder = path_of(tmp_path, shelf.write(blocks)).parent

    def chunks() -> Iterator[bytes]:
        yield b"one half, "
        shelf.scan()
        yield b"the other"

    durable_file.write_durably(folder / "file", chunks())
    assert (folder / "file").read_bytes() == b"one half, the other"


def test_a_scan_does_not_disturb_a_writer_in_another_process(shelf: Shelf, tmp_path: Path) -> None:
    with start(WRITER, tmp_path) as writer:
        wait_for(lambda: len(shelf.scan()) >= 20)
        assert writer.poll() is None
        writer.kill()
        assert writer.stdout is not None
        acknowledged = set(writer.stdout.read().split())
    assert len(acknowledged) >= 19
    assert acknowledged <= {entry.file for entry in shelf.scan()}
