"""Which process holds which session, and how many may live at once."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from agent_memory.errors import Draining, QueueFull
from agent_memory.ids import SessionId, WorkspaceId

log = logging.getLogger(__name__)

Address_co = TypeVar("Address_co", covariant=True)
Placed = TypeVar("Placed")
Place = tuple[WorkspaceId, SessionId]
"""A session is known by its workspace and its id."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What a session's process is doing. Without a session it is warm: ready to adopt one."""

    workspace_id: WorkspaceId | None
    session_id: SessionId | None
    is_busy: bool
    idle_s: float


class WorkerLost(Exception):
    """The process is gone."""


class Worker(Protocol[Address_co]):
    """A process that can hold one session. Every call may raise `WorkerLost`."""

    async def adopt(self, workspace: WorkspaceId, session: SessionId) -> Address_co: ...

    async def hibernate(self) -> bool:
        """True when it holds no session any more; False while a turn is running."""
        ...

    async def state(self) -> WorkerState: ...

    async def stop(self) -> None:
        """End the process, whatever it does."""
        ...


class Workers(Protocol[Address_co]):
    async def start(self) -> Worker[Address_co]: ...

    async def find(self) -> Sequence[Worker[Address_co]]:
        """Processes that an earlier directory started."""
        ...


@dataclass(frozen=True, slots=True)
class DirectoryStats:
    num_live: int
    num_warm: int
    num_hibernated: int
    num_waiting: int
    is_draining: bool


class SessionDirectory(Generic[Placed]):
    """Finds, starts, hibernates and wakes sessions.

    At most `max_live` processes exist; `num_warm` of them are kept blank while there is room, so
    that a session starts without waiting for a process. When none is blank, the session that has
    idled longest hibernates and gives its process away; only when all are busy is one started.
    Starting one takes seconds of CPU from the turns that run, so blank ones are made when no
    session is busy, or after `patience_s` seconds.
    """

    def __init__(
        self,
        workers: Workers[Placed],
        max_live: int,
        num_warm: int,
        room_timeout_s: float = 10.0,
        patience_s: float = 30.0,
    ) -> None:
        self._workers = workers
        self._max_live = max_live
        self._num_warm = num_warm
        self._room_timeout_s = room_timeout_s
        self._patience_s = patience_s
        self._held: dict[Place, Worker[Placed]] = {}
        self._warm: list[Worker[Placed]] = []
        self._num_starting = 0
        self._num_hibernated = 0
        self._num_waiting = 0
        self._is_draining = False
        self._one_change = asyncio.Lock()
        self._warming: asyncio.Task[None] | None = None

    async def rebuild(self) -> None:
        """Take over the processes of a directory that died, and warm some more."""
        for worker in await self._workers.find():
            try:
                state = await worker.state()
            except WorkerLost:
                continue
            if state.workspace_id is None or state.session_id is None:
                self._warm.append(worker)
            else:
                self._held[state.workspace_id, state.session_id] = worker
        self._warm_up()

    async def locate(self, workspace: WorkspaceId, session: SessionId) -> Placed:
        """Where the session takes its turns; it is woken if it has to be.

        Raises `Draining`, and `QueueFull` when every live session stays busy.
        """
        if self._is_draining:
            raise Draining("The server is shutting down; it takes no new turns.")
        async with self._one_change:
            address = await self._address_of(workspace, session)
        self._warm_up()
        return address

    async def report_lost(self, workspace: WorkspaceId, session: SessionId) -> bool:
        """A stream to this session was cut. True when its process was indeed gone."""
        async with self._one_change:
            worker = self._held.get((workspace, session))
            if worker is None:
                return True
            try:
                await worker.state()
            except WorkerLost:
                del self._held[workspace, session]
                return True
            return False

    async def let_go(self, workspace: WorkspaceId, session: SessionId) -> None:
        """The session is not needed for now: it hibernates unless it is busy."""
        async with self._one_change:
            worker = self._held.get((workspace, session))
            if worker is not None:
                await self._hibernate((workspace, session), worker)

    async def forget(self, workspace: WorkspaceId, session: SessionId) -> None:
        """The session is being deleted: its process ends, even in the middle of a turn."""
        async with self._one_change:
            worker = self._held.pop((workspace, session), None)
            if worker is not None:
                with contextlib.suppress(WorkerLost):
                    if await worker.hibernate():
                        self._warm.append(worker)
                    else:
                        await worker.stop()

    async def hibernate_idle(self, idle_s: float) -> int:
        """Hibernate whatever has idled for so long; returns how many did."""
        async with self._one_change:
            count = 0
            for place, worker in list(self._held.items()):
                try:
                    state = await worker.state()
                except WorkerLost:
                    del self._held[place]
                    continue
                if not state.is_busy and state.idle_s >= idle_s:
                    count += await self._hibernate(place, worker)
            return count

    async def drain(self) -> None:
        """Take no new turns from now on."""
        self._is_draining = True

    async def num_busy(self) -> int:
        """Sessions in which a turn is running or waiting."""
        count = 0
        for worker in list(self._held.values()):
            with contextlib.suppress(WorkerLost):
                count += (await worker.state()).is_busy
        return count

    def stats(self) -> DirectoryStats:
        return DirectoryStats(
            len(self._held),
            len(self._warm),
            self._num_hibernated,
            self._num_waiting,
            self._is_draining,
        )

    async def _address_of(self, workspace: WorkspaceId, session: SessionId) -> Placed:
        """Adopt, on the process that holds the session, or on another if that one is gone."""
        while True:
            worker = self._held.get((workspace, session)) or await self._blank_worker()
            try:
                address = await worker.adopt(workspace, session)
            except WorkerLost:
                self._held.pop((workspace, session), None)
                continue
            self._held[workspace, session] = worker
            return address

    async def _blank_worker(self) -> Worker[Placed]:
        self._num_waiting += 1
        try:
            deadline = asyncio.get_running_loop().time() + self._room_timeout_s
            # An idle session is put to sleep before a process is started: waking it again costs
            # milliseconds, a process seconds.
            while not self._warm and not await self._make_room():
                if len(self._held) + self._num_starting < self._max_live:
                    return await self._workers.start()
                if asyncio.get_running_loop().time() > deadline:
                    raise QueueFull(self._num_waiting, retry_after_s=5)
                await asyncio.sleep(0.05)
            return self._warm.pop()
        finally:
            self._num_waiting -= 1

    async def _make_room(self) -> bool:
        """Hibernate the session that has idled longest; False when all are busy."""
        idle: list[tuple[float, Place, Worker[Placed]]] = []
        for place, worker in list(self._held.items()):
            try:
                state = await worker.state()
            except WorkerLost:
                del self._held[place]
                continue
            if not state.is_busy:
                idle.append((state.idle_s, place, worker))
        for _, place, worker in sorted(idle, key=lambda entry: -entry[0]):
            if await self._hibernate(place, worker) and self._warm:
                return True
        return False

    async def _hibernate(self, place: Place, worker: Worker[Placed]) -> bool:
        try:
            if not await worker.hibernate():
                return False
        except WorkerLost:
            del self._held[place]
            return True
        del self._held[place]
        self._warm.append(worker)
        self._num_hibernated += 1
        return True

    def _warm_up(self) -> None:
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._start_warm_workers())

    async def _start_warm_workers(self) -> None:
        while self._lacks_warm_worker():
            await self._wait_until_quiet()
            if not self._lacks_warm_worker():
                return
            self._num_starting += 1
            try:
                self._warm.append(await self._workers.start())
            finally:
                self._num_starting -= 1

    def _lacks_warm_worker(self) -> bool:
        return (
            len(self._warm) < self._num_warm
            and len(self._held) + len(self._warm) < self._max_live
            and not self._is_draining
        )

    async def _wait_until_quiet(self) -> None:
        """Until no session is busy, but no longer than patience lasts."""
        if not self._held:
            return
        interval_s = min(1.0, self._patience_s / 10)
        deadline = asyncio.get_running_loop().time() + self._patience_s
        while True:
            # First of all: the turn for which a session was located may not have begun yet.
            await asyncio.sleep(interval_s)
            if asyncio.get_running_loop().time() >= deadline or await self.num_busy() == 0:
                return
