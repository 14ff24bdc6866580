"""Snapshots on the shelf, each with the tokens of windows that no earlier file has."""

import contextlib
import errno
import os
import random
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from agent_memory.device.shelf.file_format import FORMAT, FORMAT_IN_PARTS, Namespace
from agent_memory.device.shelf.other_models import OtherModels
from agent_memory.device.shelf.shelf import Before, Shelf, ShelfBlock
from agent_memory.device.shelf.window_parts import MAX_EARLIER
from agent_memory.errors import BadShelfFile
from tests.integration.device.shelf_blocks import SlidingRow, contents

KEY = bytes(range(32))


@pytest.fixture(params=[None, KEY], ids=["plain", "sealed"])
def key(request: pytest.FixtureRequest) -> bytes | None:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def shelf(tmp_path: Path, key: bytes | None) -> Shelf:
    return Shelf(tmp_path, "model", "float32", key)


@pytest.fixture
def plain(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "model", "float32")


def shelve(
    shelf: Shelf, row: SlidingRow, lengths: list[int], before: str | None = None
) -> list[str]:
    """A snapshot at each of these lengths, after the one before it: `before` at the first."""
    files = [before or shelf.write_snapshot(row.snapshot(lengths[0]))]
    for early, late in pairwise(lengths):
        files.append(shelf.write_snapshot(row.snapshot(late), "", Before(files[-1], late - early)))
    return files


def read(shelf: Shelf, file: str, block: ShelfBlock) -> ShelfBlock:
    return shelf.read(file, [block.hash])[block.hash]


def is_whole(shelf: Shelf, file: str, block: ShelfBlock) -> bool:
    return contents(read(shelf, file, block)) == contents(block)


def path_of(folder: Path, file: str) -> Path:
    (found,) = (path for path in folder.rglob(file) if "quarantine" not in path.parts)
    return found


def links(folder: Path, file: str = "") -> list[Path]:
    found = (path for path in folder.rglob(f"{file}*.w*") if "quarantine" not in path.parts)
    return sorted(found, key=lambda path: int(path.suffix[2:]))


def names_in(folder: Path) -> list[str]:
    """All files but the journal."""
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".jsonl")


def test_a_window_from_many_files_comes_back_bit_for_bit(shelf: Shelf, tmp_path: Path) -> None:
    row, lengths = SlidingRow(120), [10, 14, 15, 22, 29, 30, 33, 60, 64, 70, 71, 90, 120]
    files = shelve(shelf, row, lengths)
    for file, length in zip(files, lengths, strict=True):
        block = row.snapshot(length)
        found = read(shelf, file, block)
        assert contents(found) == contents(block)
        assert found.is_snapshot
    assert len(links(tmp_path, files[4])) == 4  # as far back as 23 tokens go
    assert len(links(tmp_path, files[7])) == 0  # a turn longer than the window


@pytest.mark.parametrize("seed", range(6))
def test_turns_of_any_length_and_forks_come_back_bit_for_bit(shelf: Shelf, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  reproducible turns
    row = SlidingRow(900, windows=(90, 40))
    known = {(length := 5): shelf.write_snapshot(row.snapshot(length))}
    for _ in range(80):
        early = dice.choice(list(known)) if dice.random() < 0.2 else max(known)
        late = early + dice.choice((1, 1, 2, 3, 8, 30))
        if late in known:
            continue
        known[late] = shelf.write_snapshot(
            row.snapshot(late), "", Before(known[early], late - early)
        )
    assert all(is_whole(shelf, file, row.snapshot(length)) for length, file in known.items())
    assert {entry.file for entry in shelf.scan()} == set(known.values())


@pytest.mark.parametrize(("num_new", "limit"), [(100, 1.15), (400, 1.15), (40, 1.15), (10, 2.0)])
def test_a_turn_writes_its_own_tokens(
    shelf: Shelf, tmp_path: Path, num_new: int, limit: float
) -> None:
    row = SlidingRow(4000, windows=(512,) * 8)
    lengths = list(range(600, 4001, num_new))[:60]
    (file,) = shelve(shelf, row, lengths[:1])
    before = path_of(tmp_path, file).stat().st_size
    files = shelve(shelf, row, lengths, file)
    sizes = [path_of(tmp_path, each).stat().st_size for each in files[1:]]
    new = before / 511 * num_new
    # Tokens have 56 bytes in a layer here, and headers their real size.
    assert sum(sizes) / len(sizes) <= limit * new + 8_000
    assert shelf.traffic.bytes_written <= before + limit * new * len(sizes)
    assert all(len(links(tmp_path, each)) <= MAX_EARLIER for each in files)
    assert is_whole(shelf, files[-1], row.snapshot(lengths[-1]))


def test_files_of_the_first_format_are_gone_on_from(plain: Shelf, tmp_path: Path) -> None:
    row = SlidingRow(80)
    first = plain.write([row.snapshot(50, num_tail=14)])
    assert FORMAT.encode() in path_of(tmp_path, first).read_bytes()
    (_, second) = shelve(plain, row, [50, 57], first)
    assert FORMAT_IN_PARTS.encode() in path_of(tmp_path, second).read_bytes()
    assert is_whole(plain, first, row.snapshot(50, num_tail=14))
    assert is_whole(plain, second, row.snapshot(57))


def test_a_snapshot_without_windows_is_written_whole(plain: Shelf, tmp_path: Path) -> None:
    row = SlidingRow(80, windows=(24,))
    blocks = [row.snapshot(length) for length in (40, 44)]
    states = [
        ShelfBlock(b.hash, b.parent, b.token_ids, {"1.s0": b.tensors["0.wk"]}, True) for b in blocks
    ]
    first = plain.write_snapshot(states[0])
    second = plain.write_snapshot(states[1], "", Before(first, 4))
    assert links(tmp_path) == []
    assert is_whole(plain, second, states[1])


def test_states_beside_windows_are_written_whole(shelf: Shelf, tmp_path: Path) -> None:
    row = SlidingRow(80)
    blocks = [row.snapshot(length) for length in (40, 44)]
    mixed = [
        ShelfBlock(b.hash, b.parent, b.token_ids, {**b.tensors, "7.s0": b.tensors["0.wk"]}, True)
        for b in blocks
    ]
    first = shelf.write_snapshot(mixed[0])
    second = shelf.write_snapshot(mixed[1], "", Before(first, 4))
    assert len(links(tmp_path, second)) == 1
    assert is_whole(shelf, second, mixed[1])


def test_an_earlier_snapshot_may_go_and_the_later_one_has_its_tokens(
    shelf: Shelf, tmp_path: Path
) -> None:
    row, lengths = SlidingRow(80), [40, 44, 49, 55]
    files = shelve(shelf, row, lengths)
    for file in files[:-1]:
        shelf.delete(file)
    assert is_whole(shelf, files[-1], row.snapshot(55))
    (late,) = shelve(shelf, row, [55, 58], files[-1])[1:]
    shelf.delete(files[-1])
    assert is_whole(shelf, late, row.snapshot(58))
    assert [entry.file for entry in shelf.scan()] == [late]


def test_nothing_is_left_when_the_last_snapshot_goes(shelf: Shelf, tmp_path: Path) -> None:
    files = shelve(shelf, SlidingRow(80), [40, 44, 49, 55])
    with path_of(tmp_path, files[0]).open("rb") as first:
        for file in files[:-1]:
            shelf.delete(file)
        assert os.fstat(first.fileno()).st_nlink == 1
        shelf.delete(files[-1])
        assert os.fstat(first.fileno()).st_nlink == 0
    assert names_in(tmp_path) == []


def test_forks_share_files_and_one_may_go(shelf: Shelf, tmp_path: Path) -> None:
    row = SlidingRow(80)
    trunk = shelve(shelf, row, [40, 44])
    one, other = (shelve(shelf, row, [44, length], trunk[-1])[-1] for length in (50, 47))
    assert links(tmp_path, one)[0].samefile(links(tmp_path, other)[0])
    for file in (*trunk, one):
        shelf.delete(file)
    assert is_whole(shelf, other, row.snapshot(47))
    shelf.delete(other)
    assert names_in(tmp_path) == []


def test_what_a_scan_tells_of_sizes(shelf: Shelf, tmp_path: Path) -> None:
    row = SlidingRow(80)
    files = shelve(shelf, row, [40, 44])
    size, early = (path_of(tmp_path, file).stat().st_size for file in reversed(files))
    entry = next(entry for entry in shelf.scan() if entry.file == files[-1])
    assert entry.nbytes == size + early  # no less than what the disk has because of it
    assert entry.blocks[0].nbytes == row.snapshot(44).nbytes  # in memory


@pytest.mark.parametrize("damage", ["torn", "flipped", "missing", "swapped", "foreign", "longer"])
@pytest.mark.parametrize("number", [0, 2])
def test_a_damaged_earlier_file_makes_the_snapshot_a_miss(
    shelf: Shelf, tmp_path: Path, damage: str, number: int
) -> None:
    row, lengths = SlidingRow(80), [40, 44, 49, 55]
    files = shelve(shelf, row, lengths)
    link = links(tmp_path, files[-1])[number]
    data = bytearray(link.read_bytes())
    match damage:
        case "torn":
            os.truncate(link, len(data) - 9)
        case "flipped":
            data[-17] ^= 1  # of the longest window; after it are those of a tail
            link.write_bytes(data)
        case "missing":
            link.unlink()
        case "swapped":
            other = links(tmp_path, files[-1])[1]
            link.rename(tmp_path / "aside")
            other.rename(link)
            (tmp_path / "aside").rename(other)
        case "foreign":
            foreign = SlidingRow(80, seed=1)
            link.unlink()
            link.hardlink_to(path_of(tmp_path, shelve(shelf, foreign, [lengths[2 - number]])[0]))
        case _:
            link.write_bytes(data + b"\0")
    with pytest.raises(BadShelfFile) as caught:
        read(shelf, files[-1], row.snapshot(55))
    assert caught.value.file == files[-1]
    assert links(tmp_path, files[-1]) == []
    assert files[-1] not in {entry.file for entry in shelf.scan()}
    assert (tmp_path / "quarantine" / files[-1]).exists()


def test_one_flipped_bit_anywhere_is_a_miss(plain: Shelf, tmp_path: Path) -> None:
    row, dice = SlidingRow(80, windows=(24,)), random.Random(2)  # noqa: S311  reproducible places
    for _ in range(150):
        files = shelve(plain, row, [40, 44, 49])
        target = dice.choice([path_of(tmp_path, files[-1]), *links(tmp_path, files[-1])])
        data = bytearray(target.read_bytes())
        place = dice.randrange(len(data))
        data[place] ^= 1 << dice.randrange(8)
        target.write_bytes(data)
        # What lies before the window's tokens in the oldest file is of no matter to this one.
        with contextlib.suppress(BadShelfFile):
            assert is_whole(plain, files[-1], row.snapshot(49)), place
        for file in files:
            plain.delete(file)


def test_a_scan_finds_out_that_an_earlier_file_is_missing_or_torn(
    shelf: Shelf, tmp_path: Path
) -> None:
    row = SlidingRow(80)
    for harm in (Path.unlink, lambda path: os.truncate(path, 50)):
        files = shelve(shelf, row, [40, 44])
        harm(links(tmp_path, files[-1])[0])
        assert files[-1] not in {entry.file for entry in shelf.scan()}
        assert links(tmp_path) == []


def test_a_damaged_snapshot_is_not_gone_on_from(plain: Shelf, tmp_path: Path) -> None:
    row = SlidingRow(80)
    files = shelve(plain, row, [40, 44])
    os.truncate(links(tmp_path, files[-1])[0], 50)
    (late,) = shelve(plain, row, [44, 47], files[-1])[1:]
    assert links(tmp_path, late) == []
    assert is_whole(plain, late, row.snapshot(47))


def test_without_the_earlier_file_a_snapshot_is_written_whole(shelf: Shelf, tmp_path: Path) -> None:
    row = SlidingRow(80)
    (first,) = shelve(shelf, row, [40])
    shelf.delete(first)
    (_, second) = shelve(shelf, row, [40, 44], first)
    assert links(tmp_path) == []
    assert is_whole(shelf, second, row.snapshot(44))


def test_a_disk_that_cannot_link_gets_whole_windows(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), target, None, path)

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    row = SlidingRow(80)
    files = shelve(shelf, row, [40, 44, 49])
    assert names_in(tmp_path) == sorted(files)
    assert is_whole(shelf, files[-1], row.snapshot(49))


def test_a_full_disk_leaves_nothing_behind_and_the_earlier_ones_whole(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = SlidingRow(80)
    files = shelve(shelf, row, [40, 44])
    names = names_in(tmp_path)

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(OSError, match="No space left"):
        shelf.write_snapshot(row.snapshot(49), "", Before(files[-1], 5))
    monkeypatch.undo()
    assert names_in(tmp_path) == names
    assert is_whole(shelf, files[-1], row.snapshot(44))


def test_the_same_snapshot_again_is_the_same_file(plain: Shelf, tmp_path: Path) -> None:
    row = SlidingRow(80)
    files = shelve(plain, row, [40, 44])
    names = names_in(tmp_path)
    assert shelve(plain, row, [40, 44], files[0]) == files
    assert names_in(tmp_path) == names


def test_a_snapshot_that_is_written_again_has_its_earlier_files_all_the_time(
    plain: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = SlidingRow(80)
    files = shelve(plain, row, [40, 44])
    first = path_of(tmp_path, files[0])
    (tmp_path / "copy").write_bytes(first.read_bytes())
    (tmp_path / "copy").rename(first)  # the same file, and yet another one
    unlink = Path.unlink

    def watch(path: Path, missing_ok: bool = False) -> None:
        assert path != links(tmp_path, files[1])[0]
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", watch)
    assert shelve(plain, row, [40, 44], files[0]) == files
    assert links(tmp_path)[0].samefile(first)
    assert len(names_in(tmp_path)) == 3


def test_links_are_there_before_the_file_has_its_name(
    plain: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = SlidingRow(80)
    files = shelve(plain, row, [40])
    seen: list[list[str]] = []
    rename = Path.rename

    def look(self: Path, target: Path) -> Path:
        plain.scan()  # A scan at the worst moment takes nothing away.
        seen.append([link.name for link in links(tmp_path, target.name)])
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", look)
    files = shelve(plain, row, [40, 44], files[0])
    assert seen == [[f"{files[-1]}.w0"]]
    assert len(links(tmp_path)) == 1


WRITER = """
import sys
from pathlib import Path
from agent_memory.device.shelf.shelf import Before, Shelf
from tests.integration.device.shelf_blocks import SlidingRow
shelf, row = Shelf(Path(sys.argv[1]), "model", "float32"), SlidingRow(4000)
file = shelf.write_snapshot(row.snapshot(40))
for length in range(44, 4000, 4):
    print(file, length - 4, flush=True)
    file = shelf.write_snapshot(row.snapshot(length), "", Before(file, 4))
"""

STUCK = """
import os, time
from pathlib import Path
rename = Path.rename
def wait(path, target):
    if list(path.parent.glob("*.w*")):
        print("stuck", flush=True)
        time.sleep(60)
    return rename(path, target)
Path.rename = wait
"""


def start(program: str, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True
    )


def test_a_writer_killed_between_the_links_and_the_file_leaves_neither(
    plain: Shelf, tmp_path: Path
) -> None:
    with start(STUCK + WRITER, tmp_path) as writer:
        assert writer.stdout is not None
        file = writer.stdout.readline().split()[0]
        assert writer.stdout.readline() == "stuck\n"
        assert len(links(tmp_path)) == 1
        plain.scan()
        assert len(links(tmp_path)) == 1  # for it is still at it
        writer.kill()
    assert [entry.file for entry in plain.scan()] == [file]
    assert names_in(tmp_path) == [file]


def test_a_writer_killed_at_any_moment_leaves_whole_snapshots_only(
    plain: Shelf, tmp_path: Path
) -> None:
    dice, row = random.Random(3), SlidingRow(4000)  # noqa: S311  reproducible moments
    for _ in range(3):
        with start(WRITER, tmp_path) as writer:
            assert writer.stdout is not None
            said = [writer.stdout.readline()]
            time.sleep(dice.uniform(0.0, 0.1))
            writer.kill()
            said += writer.stdout.read().splitlines(keepends=True)
        entries = {entry.file for entry in plain.scan()}
        for file, length in (line.split() for line in said if line.endswith("\n")):
            assert file in entries
            assert is_whole(plain, file, row.snapshot(int(length)))
        assert not list(tmp_path.rglob("*.tmp"))
        assert not (tmp_path / "quarantine").exists()
        assert all(link.name.partition(".w")[0] in entries for link in links(tmp_path))


def test_what_another_model_has_goes_with_its_links(plain: Shelf, tmp_path: Path) -> None:
    row = SlidingRow(80)
    files = shelve(plain, row, [40, 44])
    sizes = [path_of(tmp_path, file).stat().st_size for file in files]
    others = OtherModels(tmp_path, Namespace("loaded", "float32"), None)
    assert others.nbytes == sizes[0] + sizes[0] + sizes[1]
    others.make_room(1, budget=0)
    assert [name for name in names_in(tmp_path) if name != "origin.json"] == []


def test_the_journal_tells_of_earlier_files(plain: Shelf, tmp_path: Path) -> None:
    shelve(plain, SlidingRow(80), [40, 44, 49])
    journal = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert '"num_earlier": 2' in journal[-1]
