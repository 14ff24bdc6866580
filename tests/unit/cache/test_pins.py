"""A client's pins stay on the shelf for their time, within a bound."""

from collections.abc import Sequence

import pytest

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.pins import PIN_SHARE
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.terms import LeaseTerms, Pin
from agent_memory.ids import BlockHash, LeaseId
from tests.unit.cache.sequences import BLOCK_BYTES, BYTES_PER_TOKEN, ROOT, Clock, cut

OTHER_ROOT = root_hash("model", "float32", "another workspace")
NUM_BLOCKS = 10
MINUTE_S = 60.0


class Shelves:
    """A pool whose shelf takes ten blocks, each in a file of its own."""

    def __init__(self) -> None:
        self.clock = Clock()
        budget = NUM_BLOCKS * BLOCK_BYTES
        self.pool = BlockPool(4, BYTES_PER_TOKEN, 10_000, budget, self.clock)
        self.num_files = 0

    def take_turn(
        self, tokens: Sequence[int], pins: Sequence[Pin] = (), root: BlockHash = ROOT
    ) -> None:
        lease_id = LeaseId("turn")
        terms = LeaseTerms(pins=tuple(pins))
        assert self.pool.lease(root, tokens, 0, lease_id, "alice", terms) is not None
        stored = []
        for block in cut(tokens, root=root):
            self.num_files += 1
            stored += [b for b in cut(tokens, f"{self.num_files}", root) if b.hash == block.hash]
        self.pool.publish(lease_id, stored, ())
        self.pool.check_integrity()

    def num_kept(self, tokens: Sequence[int], root: BlockHash = ROOT) -> int:
        """Tokens of a sequence that are on the shelf from its beginning."""
        return sum(block.num_tokens for block in self.pool.find_on_shelf(root, tokens))


def sequence(number: int, num_blocks: int) -> list[int]:
    return [number] * (4 * num_blocks)


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


def crowd(shelves: Shelves, root: BlockHash = ROOT) -> None:
    """Fill the shelf with other things, twice."""
    for number in range(100, 100 + 2 * NUM_BLOCKS):
        shelves.take_turn(sequence(number, 1), root=root)


def test_without_a_pin_what_is_not_used_goes(shelves: Shelves) -> None:
    shelves.take_turn(sequence(1, 3))
    crowd(shelves)
    assert shelves.num_kept(sequence(1, 3)) == 0


def test_what_is_before_the_pin_stays_and_what_is_behind_it_goes(shelves: Shelves) -> None:
    shelves.take_turn(sequence(1, 3), [Pin(9, 5 * MINUTE_S)])
    crowd(shelves)
    assert shelves.num_kept(sequence(1, 3)) == 8


def test_a_pin_ends_with_its_time(shelves: Shelves) -> None:
    shelves.take_turn(sequence(1, 2), [Pin(8, 5 * MINUTE_S)])
    shelves.clock.now += 5 * MINUTE_S
    crowd(shelves)
    assert shelves.num_kept(sequence(1, 2)) == 0


def test_a_later_pin_makes_it_longer_and_never_shorter(shelves: Shelves) -> None:
    shelves.take_turn(sequence(1, 2), [Pin(8, 60 * MINUTE_S)])
    shelves.take_turn(sequence(1, 2), [Pin(8, 5 * MINUTE_S)])
    shelves.clock.now += 30 * MINUTE_S
    crowd(shelves)
    assert shelves.num_kept(sequence(1, 2)) == 8


def test_no_more_is_pinned_than_half_of_the_share_of_the_workspace(shelves: Shelves) -> None:
    shelves.take_turn(sequence(1, 8), [Pin(32, MINUTE_S)])
    crowd(shelves)
    assert shelves.num_kept(sequence(1, 8)) == 4 * int(PIN_SHARE * NUM_BLOCKS)


def test_when_the_share_becomes_smaller_the_last_pins_end(shelves: Shelves) -> None:
    shelves.take_turn(sequence(1, 5), [Pin(20, MINUTE_S)])
    crowd(shelves, OTHER_ROOT)
    crowd(shelves)
    assert shelves.num_kept(sequence(1, 5)) == 4 * int(PIN_SHARE * NUM_BLOCKS / 2)


def test_a_session_that_is_deleted_takes_its_pins_along(shelves: Shelves) -> None:
    shelves.take_turn(sequence(1, 2), [Pin(8, MINUTE_S)])
    assert len(shelves.pool.forget_owner("alice")) == 2
    shelves.pool.check_integrity()
    crowd(shelves)
    assert shelves.num_kept(sequence(1, 2)) == 0
