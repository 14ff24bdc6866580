"""A probe's outcome is kept for some seconds."""

import asyncio

import pytest

from agent_memory.deployments.kept_outcome import KeptOutcome
from agent_memory.errors import StorageUnavailable


class Probe:
    """Counts how often it runs; fails while there is a `fault`."""

    def __init__(self) -> None:
        self.num_runs = 0
        self.fault: str | None = None
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self) -> None:
        self.num_runs += 1
        await self.may_end.wait()
        if self.fault is not None:
            raise StorageUnavailable(self.fault)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_a_probe_runs_once_in_its_time() -> None:
    probe, clock = Probe(), Clock()
    kept = KeptOutcome(probe, 5.0, clock)
    for _ in range(20):
        await kept()
    assert probe.num_runs == 1
    clock.now += 5.0
    await kept()
    assert probe.num_runs == 2


async def test_a_failure_is_told_to_everyone_until_the_probe_runs_again() -> None:
    probe, clock = Probe(), Clock()
    kept = KeptOutcome(probe, 5.0, clock)
    probe.fault = "the disk is full"
    for _ in range(3):
        with pytest.raises(StorageUnavailable, match="the disk is full"):
            await kept()
    assert probe.num_runs == 1
    probe.fault = None
    clock.now += 5.0
    await kept()


async def test_a_probe_that_hangs_is_not_begun_again_by_those_who_gave_up() -> None:
    probe = Probe()
    probe.may_end.clear()
    kept = KeptOutcome(probe, 0.0)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(kept(), 0.001)
    assert probe.num_runs == 1
    probe.may_end.set()
    await kept()
    assert probe.num_runs == 1
