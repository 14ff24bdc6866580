"""A server that works for an hour holds no more at its end than it did before."""

import asyncio
import statistics
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields

import psutil

from tests.acceptance.server import Server
from tests.mixed_load import mixed_load

NUM_SAMPLES = 120
MAX_GROWTH = 1.15


@dataclass(frozen=True, slots=True)
class Sample:
    """Of all processes of a server. rss_mb: shared pages count in each."""

    rss_mb: float
    num_files: int
    num_threads: int
    num_processes: int


async def test_an_hour_of_work_leaves_no_more_behind_than_a_quarter(
    server: Server, num_minutes: float
) -> None:
    """Memory, open files, threads and processes of the last quarter against the second's."""
    samples = []
    async with mixed_load(server.url, server.key) as load:
        async with load.at_work():
            for number in range(NUM_SAMPLES):
                await asyncio.sleep(num_minutes * 60 / NUM_SAMPLES)
                samples.append(await asyncio.to_thread(_sample, server))
                sys.stdout.write(f"{number}: {samples[-1]}, {load.num_acknowledged} in all\n")
        assert await load.check() == []
    quarter = NUM_SAMPLES // 4
    before, after = samples[quarter : 2 * quarter], samples[3 * quarter :]
    growth = {
        field.name: _median(after, field.name) / _median(before, field.name)
        for field in fields(Sample)
    }
    sys.stdout.write(f"growth: {growth}\n")
    assert max(growth.values()) <= MAX_GROWTH, growth


def _median(samples: Sequence[Sample], name: str) -> float:
    return statistics.median(float(getattr(sample, name)) for sample in samples)


def _sample(server: Server) -> Sample:
    root = psutil.Process(server.pid)
    found = []
    for process in (root, *root.children(recursive=True)):
        # One that has ended meanwhile holds nothing.
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied), process.oneshot():
            rss = process.memory_info().rss / 2**20
            found.append((rss, process.num_fds(), process.num_threads(), 1))
    rss_mb, *counts = (sum(column) for column in zip(*found, strict=True))
    return Sample(rss_mb, *map(int, counts))
