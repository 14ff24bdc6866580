"""Processes that hold no session: kept ready, started, made free, and waited for in turn."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from agent_memory.errors import QueueFull

Process = TypeVar("Process")

MOST_STARTS_AT_ONCE = 2
"""Each takes seconds of CPU from the turns that run."""
_LOOK_AGAIN_S = 0.05
_RETRY_AFTER_S = 5


@dataclass(slots=True)
class _Waiter(Generic[Process]):
    deadline: float
    got: asyncio.Future[Process] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class BlankProcesses(Generic[Process]):
    """Whoever needs a process stands in one line; one task serves it.

    make_room: frees up to so many processes that others hold, and hands them to `add`; says how
    many. room: how many processes may exist beside those that hold a session. Who waits for
    `room_timeout_s` seconds, and for no process that may still be started, gets `QueueFull`.
    """

    def __init__(
        self,
        start: Callable[[], Awaitable[Process]],
        make_room: Callable[[int], Awaitable[int]],
        room: Callable[[], int],
        room_timeout_s: float,
    ) -> None:
        self._start = start
        self._make_room = make_room
        self._room = room
        self._room_timeout_s = room_timeout_s
        self._ready: list[Process] = []
        self._line: deque[_Waiter[Process]] = deque()
        self._num_handed_out = 0
        self._starting: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    @property
    def num_ready(self) -> int:
        return len(self._ready)

    @property
    def num_waiting(self) -> int:
        return len(self._line)

    @property
    def has_room(self) -> bool:
        """Whether one more may be started."""
        return len(self._ready) + self._num_handed_out + len(self._starting) < self._room()

    def add(self, process: Process) -> None:
        """One that holds no session any more."""
        self._ready.append(process)
        self._hand_out()
        self._changed.set()

    async def take(self) -> Process:
        """A process; `QueueFull` when none becomes free, and what a failed start raised."""
        if self._ready and not self._line:
            return self._ready.pop()
        waiter = _Waiter[Process](asyncio.get_running_loop().time() + self._room_timeout_s)
        self._line.append(waiter)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        try:
            process = await asyncio.shield(waiter.got)
        except asyncio.CancelledError:
            self._forgo(waiter)
            raise
        self._num_handed_out -= 1
        return process

    def _forgo(self, waiter: _Waiter[Process]) -> None:
        """It needs none any more: what it has got is for the next."""
        if waiter in self._line:
            self._line.remove(waiter)
        elif waiter.got.exception() is None:
            self._num_handed_out -= 1
            self.add(waiter.got.result())

    async def start_one(self) -> None:
        """Start one, which is ready afterwards or serves who waits. Raises what failed."""
        task = self._begin_start()
        await asyncio.shield(task)

    def _begin_start(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self._start_and_add())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        return task

    async def _start_and_add(self) -> None:
        try:
            self.add(await self._start())
        finally:
            self._changed.set()

    async def _serve(self) -> None:
        """Until nobody waits. A session is put to sleep before a process is started: waking it
        again costs milliseconds, a process seconds."""
        while self._line:
            self._changed.clear()
            if not await self._make_room(len(self._line)):
                self._start_for_the_line()
                self._turn_away()
            if self._line and not self._changed.is_set():
                await self._wait_for_a_change()

    def _start_for_the_line(self) -> None:
        wanted = min(len(self._line), MOST_STARTS_AT_ONCE) - len(self._starting)
        for _ in range(wanted):
            if not self.has_room:
                return
            self._begin_start().add_done_callback(self._tell_failure)

    def _tell_failure(self, task: "asyncio.Task[None]") -> None:
        """The first in line hears of it: the next start is for the others."""
        error = None if task.cancelled() else task.exception()
        if error is not None and self._line:
            self._line.popleft().got.set_exception(error)

    def _turn_away(self) -> None:
        now = asyncio.get_running_loop().time()
        served_soon = max(0, self._room() - self._num_handed_out)
        for waiter in list(self._line)[served_soon:]:
            if now > waiter.deadline:
                waiter.got.set_exception(QueueFull(len(self._line), _RETRY_AFTER_S))
                self._line.remove(waiter)

    async def _wait_for_a_change(self) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), _LOOK_AGAIN_S)
        except TimeoutError:
            return

    def _hand_out(self) -> None:
        while self._ready and self._line:
            self._num_handed_out += 1
            self._line.popleft().got.set_result(self._ready.pop())
