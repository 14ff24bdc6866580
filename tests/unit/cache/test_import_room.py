from dataclasses import dataclass, field

import pytest

from agent_memory.cache.import_room import MAX_IDLE_S, Disk, ImportRoom
from agent_memory.cache.parcel_bounds import ParcelBounds
from agent_memory.errors import InvalidRequest, NotFound, StorageUnavailable
from agent_memory.ids import BlockHash

GIB = 1024**3
ROOT = BlockHash("root")


@dataclass
class Machine:
    """A shelf with room for 100 bytes, an empty disk, and a clock."""

    free: int = 50 * GIB
    now: float = 0.0
    promised: dict[BlockHash, int] = field(default_factory=dict)

    def promise_shelf(self, root: BlockHash, num_bytes: int) -> bool:
        if sum(self.promised.values()) + num_bytes > 100:
            return False
        self.promised[root] = self.promised.get(root, 0) + num_bytes
        return True

    def end_promise(self, root: BlockHash, num_bytes: int) -> None:
        self.promised[root] = self.promised.get(root, 0) - num_bytes


def bounds(num_tokens: int) -> ParcelBounds:
    return ParcelBounds(num_blocks=3, num_block_tokens=num_tokens, num_bytes=10 * num_tokens)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def room(machine: Machine) -> ImportRoom:
    room = ImportRoom(lambda: Disk(100 * GIB, machine.free), lambda: machine.now)
    room.begin("p", ROOT, machine, bounds)
    return room


def test_room_is_promised_before_a_byte_comes_and_free_when_the_parcel_is_gone(
    room: ImportRoom, machine: Machine
) -> None:
    room.admit("p", "one", 30, num_tokens=8)
    room.admit("p", "two", 40, num_tokens=8)
    assert machine.promised == {ROOT: 70}
    assert room.end("p") == ROOT
    assert machine.promised == {ROOT: 0}
    assert room.end("p") is None


def test_more_than_the_tokens_can_need_is_refused(room: ImportRoom, machine: Machine) -> None:
    room.admit("p", "one", 30, num_tokens=5)
    with pytest.raises(InvalidRequest, match="its 5 tokens can need: 51 bytes in 2 files"):
        room.admit("p", "two", 21, num_tokens=5)
    for name in ("two", "three"):
        room.admit("p", name, 1, num_tokens=5)
    with pytest.raises(InvalidRequest, match="4 files"):
        room.admit("p", "four", 1, num_tokens=5)
    assert machine.promised == {ROOT: 32}


def test_a_file_is_announced_once_and_is_as_large_as_it_was_to_be(room: ImportRoom) -> None:
    room.admit("p", "one", 30, num_tokens=8)
    with pytest.raises(InvalidRequest, match="twice"):
        room.admit("p", "one", 30, num_tokens=8)
    room.check_piece("p", "one", 0, 30)
    for name, offset in (("one", 1), ("two", 0)):
        with pytest.raises(InvalidRequest, match="larger"):
            room.check_piece("p", name, offset, 30)


def test_an_empty_file_is_refused(room: ImportRoom) -> None:
    with pytest.raises(InvalidRequest, match="empty"):
        room.admit("p", "one", 0, num_tokens=8)


def test_what_the_shelf_has_no_room_for_is_to_come_again(
    room: ImportRoom, machine: Machine
) -> None:
    machine.promised["other"] = 80  # type: ignore[index]
    with pytest.raises(StorageUnavailable, match="shelf"):
        room.admit("p", "one", 30, num_tokens=8)


def test_the_last_gibibyte_of_the_disk_is_for_others(room: ImportRoom, machine: Machine) -> None:
    """Tokens that were promised and have not come yet are as good as written."""
    machine.free = GIB + 50
    room.admit("p", "one", 30, num_tokens=8)
    with pytest.raises(StorageUnavailable, match="disk"):
        room.admit("p", "two", 30, num_tokens=8)
    room.check_piece("p", "one", 0, 30)
    room.admit("p", "two", 30, num_tokens=8)


def test_a_parcel_that_nothing_comes_of_is_idle_until_it_is_whole(
    room: ImportRoom, machine: Machine
) -> None:
    machine.now = MAX_IDLE_S + 1
    assert room.idle() == ("p",)
    room.admit("p", "one", 30, num_tokens=8)
    assert room.idle() == ()
    machine.now += MAX_IDLE_S + 1
    room.keep("p")
    assert room.idle() == ()
    room.is_whole("p")
    room.keep("p")
    machine.now *= 9
    assert room.idle() == ()


def test_a_parcel_that_is_gone_takes_nothing(room: ImportRoom) -> None:
    room.end("p")
    with pytest.raises(NotFound):
        room.admit("p", "one", 1, num_tokens=8)
