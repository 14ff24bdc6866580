"""Which process holds which session, and how many may live at once."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from agent_memory.errors import Draining
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.sessions.blank_processes import BlankProcesses
from agent_memory.sessions.keyed_locks import KeyedLocks

Address_co = TypeVar("Address_co", covariant=True)
Placed = TypeVar("Placed")
Place = tuple[WorkspaceId, SessionId]
"""A session is known by its workspace and its id."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What a session's process is doing. Without a session it is warm: ready to adopt one. It is
    busy from the moment it was told of a turn, which may reach it a little later."""

    workspace_id: WorkspaceId | None
    session_id: SessionId | None
    is_busy: bool
    idle_s: float


class WorkerLost(Exception):
    """The process is gone."""


class WorkerSilent(Exception):
    """The process does not say what it is doing: a busy machine keeps it from answering. What it
    does goes on."""


class Worker(Protocol[Address_co]):
    """A process that can hold one session. Every call may raise `WorkerLost`."""

    async def adopt(self, workspace: WorkspaceId, session: SessionId) -> Address_co: ...

    async def hibernate(self) -> bool:
        """True when it holds no session any more; False while a turn is running."""
        ...

    async def state(self) -> WorkerState:
        """Raises `WorkerSilent`, too."""
        ...

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

    Changes of one session wait for each other, and for nothing else: a session that lives is found
    at once, whatever others wait for.
    """

    def __init__(
        self,
        workers: Workers[Placed],
        max_live: int,
        num_warm: int,
        room_timeout_s: float = 30.0,
        patience_s: float = 30.0,
    ) -> None:
        self._workers = workers
        self._num_warm = num_warm
        self._patience_s = patience_s
        self._held: dict[Place, Worker[Placed]] = {}
        self._changes = KeyedLocks[Place]()
        self._num_hibernated = 0
        self._is_draining = False
        self._warming: asyncio.Task[None] | None = None
        self._blank = BlankProcesses[Worker[Placed]](
            workers.start,
            self._hibernate_longest_idle,
            lambda: max_live - len(self._held),
            room_timeout_s,
        )

    async def rebuild(self) -> None:
        """Take over the processes of a directory that died, and warm some more."""
        for worker in await self._workers.find():
            try:
                state = await worker.state()
            except (WorkerLost, WorkerSilent):
                continue  # a silent one is met again when its session is asked for
            if state.workspace_id is None or state.session_id is None:
                self._blank.add(worker)
            else:
                self._held[state.workspace_id, state.session_id] = worker
        self._warm_up()

    async def locate(self, workspace: WorkspaceId, session: SessionId) -> Placed:
        """Where the session takes its turns; it is woken if it has to be.

        Raises `Draining`, and `QueueFull` when every live session stays busy.
        """
        if self._is_draining:
            raise Draining("The server is shutting down; it takes no new turns.")
        async with self._changes.of((workspace, session)):
            address = await self._address_of((workspace, session))
        self._warm_up()
        return address

    async def report_lost(self, workspace: WorkspaceId, session: SessionId) -> bool:
        """A stream to this session was cut. True when its process was indeed gone."""
        place = workspace, session
        async with self._changes.of(place):
            worker = self._held.get(place)
            if worker is None:
                return True
            try:
                await worker.state()
            except WorkerSilent:
                return False
            except WorkerLost:
                self._drop(place, worker)
                return True
            return False

    async def let_go(self, workspace: WorkspaceId, session: SessionId) -> None:
        """The session is not needed for now: it hibernates unless it is busy."""
        place = workspace, session
        async with self._changes.of(place):
            worker = self._held.get(place)
            if worker is not None:
                await self._hibernate(place, worker)

    async def forget(self, workspace: WorkspaceId, session: SessionId) -> None:
        """The session is being deleted: its process ends, even in the middle of a turn."""
        async with self._changes.of((workspace, session)):
            worker = self._held.pop((workspace, session), None)
            if worker is not None:
                with contextlib.suppress(WorkerLost):
                    if await worker.hibernate():
                        self._blank.add(worker)
                    else:
                        await worker.stop()

    async def hibernate_idle(self, idle_s: float) -> int:
        """Hibernate whatever has idled for so long; returns how many did."""
        return await self._hibernate_longest_idle(len(self._held), idle_s)

    async def drain(self) -> None:
        """Take no new turns from now on."""
        self._is_draining = True

    async def num_busy(self) -> int:
        """Sessions in which a turn is running or waiting. One that does not say counts."""
        return sum(await asyncio.gather(*map(self._is_busy, list(self._held.values()))))

    def stats(self) -> DirectoryStats:
        return DirectoryStats(
            len(self._held),
            self._blank.num_ready,
            self._num_hibernated,
            self._blank.num_waiting,
            self._is_draining,
        )

    async def _address_of(self, place: Place) -> Placed:
        """Adopt, on the process that holds the session, or on another if that one is gone."""
        while True:
            worker = self._held.get(place)
            if worker is None:
                worker = await self._blank.take()
                self._held[place] = worker  # it counts from now on
            try:
                return await worker.adopt(*place)
            except WorkerLost:
                self._drop(place, worker)

    async def _hibernate_longest_idle(self, count: int, least_idle_s: float = 0.0) -> int:
        """Hibernate up to `count` sessions, those that have idled longest and at least so long;
        how many did."""
        found = await asyncio.gather(*map(self._idle_time, list(self._held.items())))
        idle = sorted(
            (entry for entry in found if entry is not None and entry[0] >= least_idle_s),
            key=lambda entry: -entry[0],
        )
        num_done = 0
        for _, place, worker in idle:
            if num_done >= count:
                break
            # One that changes is not idle: it is not waited for.
            async with self._changes.if_free(place) as is_free:
                if is_free and self._held.get(place) is worker:
                    num_done += await self._hibernate(place, worker)
        return num_done

    async def _idle_time(
        self, entry: tuple[Place, Worker[Placed]]
    ) -> tuple[float, Place, Worker[Placed]] | None:
        """How long it has idled; None for one that is busy."""
        place, worker = entry
        if self._changes.is_held(place):
            return None
        try:
            state = await worker.state()
        except WorkerSilent:
            return None
        except WorkerLost:
            self._drop(place, worker)
            return None
        return None if state.is_busy else (state.idle_s, place, worker)

    async def _is_busy(self, worker: Worker[Placed]) -> bool:
        try:
            return (await worker.state()).is_busy
        except WorkerSilent:
            return True
        except WorkerLost:
            return False

    async def _hibernate(self, place: Place, worker: Worker[Placed]) -> bool:
        try:
            if not await worker.hibernate():
                return False
        except WorkerLost:
            self._drop(place, worker)
            return True
        self._drop(place, worker)
        self._blank.add(worker)
        self._num_hibernated += 1
        return True

    def _drop(self, place: Place, worker: Worker[Placed]) -> None:
        """It is not there any more, unless somebody has put another in its place."""
        if self._held.get(place) is worker:
            del self._held[place]

    def _warm_up(self) -> None:
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._start_warm_workers())

    async def _start_warm_workers(self) -> None:
        while self._lacks_warm_worker():
            await self._wait_until_quiet()
            if not self._lacks_warm_worker():
                return
            await self._blank.start_one()

    def _lacks_warm_worker(self) -> bool:
        return (
            self._blank.num_ready < self._num_warm
            and self._blank.has_room
            and not (self._is_draining)
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
