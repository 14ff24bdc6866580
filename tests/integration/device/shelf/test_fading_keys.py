"""Keys that are forgotten, and files that nobody can read then."""

import json
from pathlib import Path

import pytest

from agent_memory.device.shelf.fading_keys import FadingKeys
from agent_memory.device.shelf.shelf import Before, Shelf
from agent_memory.errors import BadShelfFile
from tests.integration.device.shelf_blocks import SlidingRow, contents, make_blocks

DAY = 24 * 3600.0
SHELF_KEY = bytes(range(32))


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A shelf and its fading keys, as one process has them."""

    def __init__(
        self, folder: Path, clock: Clock, keep_s: float = DAY, shelf_key: bytes | None = None
    ) -> None:
        self.folder = folder
        self.keys = FadingKeys(folder, keep_s, shelf_key, clock)
        self.shelf = Shelf(folder, "model", "float32", shelf_key, self.keys)

    def write(self, seed: int = 0) -> str:
        key = self.shelf.fading_key()
        assert key is not None
        return self.shelf.write(make_blocks(2, seed=seed), "w/the-session", key)

    def can_read(self, file: str, seed: int = 0) -> bool:
        blocks = make_blocks(2, seed=seed)
        try:
            found = self.shelf.read(file, [block.hash for block in blocks])
        except BadShelfFile:
            return False
        return all(contents(found[block.hash]) == contents(block) for block in blocks)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.safetensors*") if path.is_file()]


def key_files(folder: Path) -> list[Path]:
    return sorted((folder / "keys").glob("*"))


def test_another_process_reads_what_one_has_sealed_and_the_disk_says_nothing(
    tmp_path: Path, clock: Clock
) -> None:
    file = Bench(tmp_path, clock).write()
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    for block in make_blocks(2):
        assert block.hash.encode() not in whole
        assert all(bytes(each.view)[:16] not in whole for each in block.tensors.values())
    assert b"the-session" not in whole

    again = Bench(tmp_path, clock)
    assert again.can_read(file)
    (entry,) = again.shelf.scan()
    assert entry.owner == "w/the-session"
    assert {block.fades_at for block in entry.blocks} == {clock.now + DAY}


def test_a_key_is_its_owners_alone_and_seals_for_half_of_its_time(
    tmp_path: Path, clock: Clock
) -> None:
    one, other = Bench(tmp_path, clock), Bench(tmp_path, clock)
    names = {bench.write(seed).split(".")[1] for seed, bench in enumerate((one, other, one))}
    (key,) = key_files(tmp_path)
    assert names == {key.stem}
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    clock.now += DAY / 2
    assert one.write(5).split(".")[1] == other.write(6).split(".")[1] != key.stem
    assert len(key_files(tmp_path)) == 2


def test_a_key_that_is_kept_for_long_seals_for_a_day(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, keep_s=30 * DAY)
    first = bench.write()
    clock.now += DAY - 1
    assert bench.write(1).split(".")[1] == first.split(".")[1]
    clock.now += 1
    assert bench.write(2).split(".")[1] != first.split(".")[1]


def test_with_the_key_all_that_it_sealed_is_gone_of_every_model_and_in_quarantine(
    tmp_path: Path, clock: Clock
) -> None:
    bench = Bench(tmp_path, clock)
    key = bench.shelf.fading_key()
    file = bench.write()
    Shelf(tmp_path, "other model", "float32", None, bench.keys).write(make_blocks(1), "", key)
    bad = bench.write(7)
    (path,) = tmp_path.rglob(bad)
    path.write_bytes(path.read_bytes()[:-1])
    assert not bench.can_read(bad, 7)
    plain = bench.shelf.write(make_blocks(2, seed=9))
    assert len(list((tmp_path / "quarantine").iterdir())) == 1

    clock.now += DAY
    assert not bench.can_read(file)
    bench.keys.forget_due()

    assert key_files(tmp_path) == []
    assert [path.name for path in files(tmp_path)] == [plain]
    assert bench.can_read(plain, 9)


def test_a_process_that_looks_away_does_not_read_after_the_time(
    tmp_path: Path, clock: Clock
) -> None:
    one = Bench(tmp_path, clock)
    file = one.write()
    clock.now += DAY
    assert not one.can_read(file)
    assert files(tmp_path) == []
    assert one.shelf.scan() == []


def test_a_copy_of_a_file_is_of_no_use_once_its_key_is_gone(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock)
    file = bench.write()
    (path,) = files(tmp_path)
    copy = path.read_bytes()
    clock.now += DAY
    bench.keys.forget_due()
    path.write_bytes(copy)
    clock.now -= DAY
    again = Bench(tmp_path, clock)
    assert not again.can_read(file)
    assert not path.exists()


def test_a_shorter_time_holds_for_the_keys_that_there_are_and_a_longer_one_does_not(
    tmp_path: Path, clock: Clock
) -> None:
    file = Bench(tmp_path, clock).write()
    clock.now += 3600
    assert Bench(tmp_path, clock, keep_s=7 * DAY).shelf.fades_at(file) == 1_000_000.0 + DAY
    shorter = Bench(tmp_path, clock, keep_s=1800.0)
    assert not shorter.can_read(file)
    shorter.keys.forget_due()
    assert key_files(tmp_path) == []


def test_with_a_time_of_nothing_nothing_is_written_and_earlier_keys_go(
    tmp_path: Path, clock: Clock
) -> None:
    Bench(tmp_path, clock).write()
    bench = Bench(tmp_path, clock, keep_s=0.0)
    assert bench.shelf.fading_key() is None
    bench.keys.forget_due()
    assert (key_files(tmp_path), files(tmp_path)) == ([], [])


def test_on_a_shelf_with_a_key_both_keys_are_needed(tmp_path: Path, clock: Clock) -> None:
    sealed = Bench(tmp_path, clock, shelf_key=SHELF_KEY)
    file = sealed.write()
    (path,) = files(tmp_path)
    assert sealed.can_read(file)

    thief = Bench(tmp_path, clock)
    stolen = tmp_path / thief.shelf.namespace.folder / file[:2] / file
    stolen.parent.mkdir()
    stolen.write_bytes(path.read_bytes())
    assert not thief.can_read(file)


def test_a_damaged_key_is_no_key(tmp_path: Path, clock: Clock) -> None:
    file = Bench(tmp_path, clock).write()
    (key,) = key_files(tmp_path)
    said = json.loads(key.read_bytes())
    key.write_bytes(json.dumps({**said, "key": "xyz"}).encode())
    bench = Bench(tmp_path, clock)
    assert not bench.can_read(file)
    assert bench.can_read(bench.write(3), 3)


def test_a_snapshot_shares_windows_only_with_files_of_its_own_key(
    tmp_path: Path, clock: Clock
) -> None:
    bench, row = Bench(tmp_path, clock), SlidingRow(60)
    shelf, key = bench.shelf, bench.shelf.fading_key()
    first = shelf.write_snapshot(row.snapshot(40))
    sealed = shelf.write_snapshot(row.snapshot(44), "", Before(first, 4), key)
    second = shelf.write_snapshot(row.snapshot(48), "", Before(sealed, 4), key)
    plain = shelf.write_snapshot(row.snapshot(50), "", Before(second, 2))
    links = sorted(path.name for path in tmp_path.rglob("*.w0"))
    assert links == [f"{second}.w0"]
    for file, length in ((sealed, 44), (second, 48), (plain, 50)):
        block = row.snapshot(length)
        assert contents(shelf.read(file, [block.hash])[block.hash]) == contents(block)

    clock.now += DAY
    bench.keys.forget_due()
    assert sorted(path.name for path in files(tmp_path)) == sorted([first, plain])
