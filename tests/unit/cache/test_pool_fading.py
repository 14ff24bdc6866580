"""Blocks that are not to last: gone everywhere when their time has come."""

from dataclasses import replace

from agent_memory.cache.lease import StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.ids import LeaseId
from tests.unit.cache.sequences import BLOCK_BYTES, ROOT, Clock, cut, entry

SAID = list(range(100, 113))


class Bench:
    """A pool that knows one sequence, until `fades_at` if that is given."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pool = BlockPool(4, 10, 10_000, 10_000, self.clock)

    def turn(self, file: str | None, fades_at: float | None, name: str = "turn") -> None:
        lease = self.pool.lease(ROOT, SAID, 0, LeaseId(name), "alice")
        assert lease is not None
        self.pool.publish(LeaseId(name), fading(file, fades_at), ())
        self.pool.check_integrity()

    def num_cached(self) -> int:
        lease = self.pool.lease(ROOT, SAID, 0, LeaseId("look"), "bob")
        assert lease is not None
        self.pool.publish(LeaseId("look"), (), ())
        return lease.num_cached_tokens

    def fade_at(self, now: float) -> tuple[str, ...]:
        self.clock.now = now
        files = self.pool.fade()
        self.pool.check_integrity()
        return files


def fading(file: str | None, fades_at: float | None) -> list[StoredBlock]:
    return [replace(block, fades_at=fades_at) for block in cut(SAID, file)]


def test_blocks_are_used_until_their_time_has_come_and_then_gone_from_files_and_engine() -> None:
    bench = Bench()
    bench.turn("sealed", 2000.0)

    assert bench.fade_at(1999.9) == ()
    assert bench.num_cached() == 12
    assert set(bench.fade_at(2000.0)) == {"sealed", "sealed.tail"}

    assert set(bench.pool.take_evictions()) == {block.hash for block in cut(SAID)}
    assert bench.num_cached() == 0
    assert len(bench.pool.unknown_of([block.hash for block in cut(SAID)])) == 4


def test_blocks_that_are_only_in_memory_go_as_well() -> None:
    bench = Bench()
    bench.turn(None, 2000.0)
    assert bench.fade_at(2000.0) == ()
    assert bench.pool.stats().num_resident_blocks == 0


def test_what_a_turn_that_lasts_has_written_too_stays_in_its_file() -> None:
    bench = Bench()
    bench.turn("sealed", 2000.0)
    bench.turn("plain", None)

    lease = bench.pool.lease(ROOT, SAID, 0, LeaseId("one"), "bob")
    assert lease is not None
    assert set(lease.discard) == {"sealed", "sealed.tail"}
    assert {block.file for block in lease.cached} == {"plain"}
    bench.pool.publish(LeaseId("one"), (), ())

    assert not {"plain", "plain.tail"} & set(bench.fade_at(9000.0))
    assert bench.num_cached() == 12


def test_a_later_key_takes_the_place_of_an_earlier_one_and_not_the_other_way_round() -> None:
    bench = Bench()
    bench.turn("early", 2000.0)
    bench.turn("late", 3000.0)
    bench.turn("again early", 2000.0)
    assert not {"late", "late.tail"} & set(bench.fade_at(2500.0))
    assert bench.num_cached() == 12
    assert set(bench.fade_at(3000.0)) == {"late", "late.tail"}
    assert bench.num_cached() == 0


def test_what_a_lease_holds_goes_when_the_lease_has_ended() -> None:
    bench = Bench()
    bench.turn("sealed", 2000.0)
    lease = bench.pool.lease(ROOT, SAID, 0, LeaseId("long"), "bob")
    assert lease is not None
    bench.fade_at(2000.0)
    assert bench.pool.stats().num_resident_blocks > 0
    bench.pool.publish(LeaseId("long"), (), ())
    bench.fade_at(2001.0)
    assert bench.pool.stats().num_resident_blocks == 0


def test_a_scanned_file_fades_as_its_blocks_do() -> None:
    bench = Bench()
    blocks = [block for block in fading("sealed", 2000.0) if block.file == "sealed"]
    assert bench.pool.adopt_shelf([entry("sealed", blocks)]) == ()
    assert bench.num_cached() == 12
    assert bench.fade_at(2000.0) == ("sealed",)
    assert bench.pool.stats().shelf_bytes == 0


def test_of_lost_blocks_nothing_is_known_after_their_time() -> None:
    bench = Bench()
    bench.pool = BlockPool(4, 10, 3 * BLOCK_BYTES + 20, 10_000, bench.clock)
    bench.turn(None, 2000.0)
    other = list(range(200, 212))
    assert bench.pool.lease(ROOT, other, 0, LeaseId("other"), "bob") is not None
    bench.pool.release(LeaseId("other"))
    lease = bench.pool.lease(ROOT, SAID, 0, LeaseId("look"), "bob")
    assert lease is not None
    assert lease.miss_reason is not None
    assert "evicted" in lease.miss_reason
    bench.pool.release(LeaseId("look"))

    bench.fade_at(2000.0)
    lease = bench.pool.lease(ROOT, SAID, 0, LeaseId("look"), "bob")
    assert lease is not None
    assert "evicted" not in str(lease.miss_reason)
