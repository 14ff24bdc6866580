"""Work spread over the memory actors, with progress for people and for logs."""

import asyncio
import importlib
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import typer

from agent_memory.cli.database import open_database
from agent_memory.cli.running import find_server
from agent_memory.ids import WorkspaceId
from agent_memory.settings import Settings

if TYPE_CHECKING:
    from agent_memory.actors.memory_handle import MemoryPool

_T = TypeVar("_T")
PER_ACTOR = 2
"""Pieces under way for each actor: one is read while another is stored."""
REPORT_PERIOD_S = 5.0
_RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}
"""Quiet, with the interpreter that runs here, and on loopback alone."""


def run_on_pool(
    settings: Settings,
    workspace: str,
    num_actors: int | None,
    work: Callable[["MemoryPool"], Awaitable[_T]],
) -> _T:
    """The result of `work` on a pool: in the cluster of `RAY_ADDRESS` (as Ray jobs have it), else
    on this machine, over the database of the data directory."""
    if settings.ray_address is None:
        os.environ.update(_RAY)
    # Ray reads its environment when it is imported, so it is imported only now.
    cluster = importlib.import_module("agent_memory.host.batch_cluster")

    async def run(config: object, num: int) -> _T:
        pool: MemoryPool = await cluster.start_pool(config, num, WorkspaceId(workspace))
        return await work(pool)

    if settings.ray_address is not None:
        with cluster.joined_cluster(settings) as config:
            return asyncio.run(run(config, num_actors or cluster.num_actors_that_fit()))
    num = num_actors or max(1, (os.cpu_count() or 2) - 1)
    with (
        open_database(settings, find_server(settings), may_create=True) as url,
        cluster.own_cluster(settings, url, num) as config,
    ):
        return asyncio.run(run(config, num))


async def spread(
    pieces: Iterable[_T], do: Callable[[_T], Awaitable[None]], num_at_once: int, progress: "Told"
) -> None:
    """Do all pieces, so many at a time. The first error ends it."""
    waiting = iter(pieces)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(num_at_once):
                group.create_task(_work_off(waiting, do, progress))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors


async def _work_off(
    waiting: Iterable[_T], do: Callable[[_T], Awaitable[None]], progress: "Told"
) -> None:
    for piece in waiting:
        await do(piece)
        progress.advance()


class Told:
    """Says on standard error, every few seconds, how far a batch has come."""

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._clock = clock
        self._began_at = self._told_at = clock()
        self.num_done = 0

    def advance(self) -> None:
        self.num_done += 1
        if self._clock() - self._told_at >= REPORT_PERIOD_S:
            self.tell()

    def tell(self) -> None:
        self._told_at = self._clock()
        rate = self.num_done / max(1e-9, self._told_at - self._began_at)
        typer.echo(f"{self.num_done} {self._what} ({rate:.1f} a second)", err=True)
