"""The directory over processes that are plain objects."""

import asyncio
from collections.abc import Sequence

import pytest

from agent_memory.errors import Draining, QueueFull
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.sessions.directory import (
    SessionDirectory,
    WorkerLost,
    WorkerSilent,
    WorkerState,
)

W = WorkspaceId("w")


class FakeWorker:
    def __init__(self, name: str) -> None:
        self.name = name
        self.session: SessionId | None = None
        self.is_busy = False
        self.is_dead = False
        self.is_silent = False
        self.idle_s = 0.0

    async def adopt(self, workspace: WorkspaceId, session: SessionId) -> str:
        self._check()
        assert workspace == W
        self.session = session
        return f"{self.name}/{session}"

    async def hibernate(self) -> bool:
        self._check()
        if self.is_busy:
            return False
        self.session = None
        return True

    async def state(self) -> WorkerState:
        self._check()
        if self.is_silent:
            raise WorkerSilent(self.name)
        workspace = W if self.session is not None else None
        return WorkerState(workspace, self.session, self.is_busy, self.idle_s)

    async def stop(self) -> None:
        self.is_dead = True

    def _check(self) -> None:
        if self.is_dead:
            raise WorkerLost(self.name)


class FakeWorkers:
    def __init__(self) -> None:
        self.started: list[FakeWorker] = []
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.failure: Exception | None = None

    async def start(self) -> FakeWorker:
        await asyncio.sleep(0)
        await self.may_start.wait()
        if self.failure is not None:
            raise self.failure
        worker = FakeWorker(f"process{len(self.started)}")
        self.started.append(worker)
        return worker

    async def find(self) -> Sequence[FakeWorker]:
        return [worker for worker in self.started if not worker.is_dead]

    def holding(self, session: str) -> FakeWorker:
        return next(w for w in self.started if w.session == session)


def directory_of(
    workers: FakeWorkers,
    max_live: int = 2,
    num_warm: int = 0,
    patience_s: float = 60.0,
    room_timeout_s: float = 0.1,
) -> SessionDirectory[str]:
    return SessionDirectory(workers, max_live, num_warm, room_timeout_s, patience_s)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def with_a_busy_session(workers: FakeWorkers, patience_s: float) -> SessionDirectory[str]:
    """Session "a" has just taken the only warm process."""
    directory = directory_of(workers, num_warm=1, patience_s=patience_s)
    await directory.rebuild()
    await settle()
    await directory.locate(W, SessionId("a"))
    workers.holding("a").is_busy = True
    return directory


async def test_a_session_stays_where_it_is() -> None:
    directory = directory_of(FakeWorkers())
    first = await directory.locate(W, SessionId("a"))
    assert await directory.locate(W, SessionId("a")) == first


async def test_a_blank_process_is_kept_ready_and_used_first() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers, num_warm=1)
    await directory.rebuild()
    await settle()
    assert directory.stats().num_warm == 1
    await directory.locate(W, SessionId("a"))
    assert workers.holding("a") is workers.started[0]


async def test_a_blank_process_is_made_when_no_session_is_busy() -> None:
    workers = FakeWorkers()
    directory = await with_a_busy_session(workers, patience_s=1.0)
    await asyncio.sleep(0.5)
    assert len(workers.started) == 1
    workers.holding("a").is_busy = False
    await asyncio.sleep(0.3)
    assert directory.stats().num_warm == 1


async def test_a_blank_process_is_not_waited_for_without_end() -> None:
    directory = await with_a_busy_session(FakeWorkers(), patience_s=0.2)
    await asyncio.sleep(0.5)
    assert directory.stats().num_warm == 1


async def test_an_idle_session_gives_its_process_away_before_another_is_started() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers)
    await directory.locate(W, SessionId("a"))
    await directory.locate(W, SessionId("b"))
    assert len(workers.started) == 1
    assert workers.started[0].session == "b"
    assert directory.stats().num_hibernated == 1


async def test_the_session_that_idled_longest_hibernates() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers)
    await directory.locate(W, SessionId("a"))
    workers.holding("a").is_busy = True
    await directory.locate(W, SessionId("b"))
    workers.holding("a").is_busy = False
    workers.holding("a").idle_s = 5
    workers.holding("b").idle_s = 9
    await directory.locate(W, SessionId("c"))
    assert {worker.session for worker in workers.started} == {"a", "c"}


async def test_when_all_are_busy_and_no_more_may_live_it_says_so() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers, max_live=1)
    await directory.locate(W, SessionId("a"))
    workers.holding("a").is_busy = True
    with pytest.raises(QueueFull):
        await directory.locate(W, SessionId("b"))


async def test_a_session_whose_process_died_starts_on_another() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers)
    before = await directory.locate(W, SessionId("a"))
    workers.holding("a").is_dead = True
    assert await directory.report_lost(W, SessionId("a"))
    assert await directory.locate(W, SessionId("a")) != before


async def test_a_cut_stream_to_a_living_process_changes_nothing() -> None:
    directory = directory_of(FakeWorkers())
    before = await directory.locate(W, SessionId("a"))
    assert not await directory.report_lost(W, SessionId("a"))
    assert await directory.locate(W, SessionId("a")) == before


async def test_a_new_directory_finds_the_processes_of_the_old_one() -> None:
    workers = FakeWorkers()
    before = await directory_of(workers).locate(W, SessionId("a"))
    successor = directory_of(workers)
    await successor.rebuild()
    assert await successor.locate(W, SessionId("a")) == before


async def test_a_draining_directory_takes_no_turns() -> None:
    directory = directory_of(FakeWorkers())
    await directory.drain()
    with pytest.raises(Draining):
        await directory.locate(W, SessionId("a"))


async def test_what_idles_hibernates_and_what_is_busy_does_not() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers)
    await directory.locate(W, SessionId("a"))
    workers.holding("a").is_busy = True
    await directory.locate(W, SessionId("b"))
    workers.holding("a").idle_s = workers.holding("b").idle_s = 100
    assert await directory.hibernate_idle(50) == 1
    assert workers.holding("a").is_busy


async def test_a_forgotten_session_is_gone_even_in_the_middle_of_a_turn() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers)
    await directory.locate(W, SessionId("a"))
    busy = workers.holding("a")
    busy.is_busy = True
    await directory.forget(W, SessionId("a"))
    assert busy.is_dead
    assert await directory.num_busy() == 0


async def test_a_session_that_lives_is_found_while_another_waits_for_a_process() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers)
    before = await directory.locate(W, SessionId("a"))
    workers.holding("a").is_busy = True
    workers.may_start.clear()
    waiting = asyncio.create_task(directory.locate(W, SessionId("b")))
    await settle()
    async with asyncio.timeout(0.05):
        assert await directory.locate(W, SessionId("a")) == before
        assert not await directory.report_lost(W, SessionId("a"))
    workers.may_start.set()
    assert await waiting == "process1/b"


async def test_a_session_that_lives_is_found_while_others_wait_for_room() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers, max_live=1)
    before = await directory.locate(W, SessionId("a"))
    workers.holding("a").is_busy = True
    waiting = asyncio.create_task(directory.locate(W, SessionId("b")))
    await settle()
    assert await directory.locate(W, SessionId("a")) == before
    assert directory.stats().num_waiting == 1
    workers.holding("a").is_busy = False
    assert await waiting == "process0/b"


async def test_turns_of_one_session_that_come_at_once_meet_in_one_process() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers, max_live=8)
    addresses = await asyncio.gather(*(directory.locate(W, SessionId("a")) for _ in range(5)))
    assert len(set(addresses)) == len(workers.started) == 1


async def test_many_sessions_at_once_never_exceed_the_processes_that_may_live() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers, max_live=3, room_timeout_s=5)

    async def take_turn(number: int) -> None:
        session = SessionId(f"s{number}")
        await directory.locate(W, session)
        worker = workers.holding(session)
        worker.is_busy = True
        await asyncio.sleep(0.001)
        worker.is_busy = False

    await asyncio.gather(*(take_turn(number) for number in range(20)))
    assert len(workers.started) <= 3
    assert directory.stats().num_waiting == 0


async def test_whoever_waits_longest_is_served_first() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers, max_live=1, room_timeout_s=5)
    await directory.locate(W, SessionId("a"))
    workers.holding("a").is_busy = True
    served: list[str] = []

    async def wait(name: str) -> None:
        await directory.locate(W, SessionId(name))
        served.append(name)

    waiting = []
    for name in ("b", "c", "d"):
        waiting.append(asyncio.create_task(wait(name)))
        await settle()
    workers.holding("a").is_busy = False
    await asyncio.gather(*waiting)
    assert served == ["b", "c", "d"]


async def test_a_process_that_does_not_say_is_busy_and_lives_on() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers)
    before = await directory.locate(W, SessionId("a"))
    workers.holding("a").is_silent = True
    assert await directory.num_busy() == 1
    assert await directory.hibernate_idle(0) == 0
    assert not await directory.report_lost(W, SessionId("a"))
    assert await directory.locate(W, SessionId("a")) == before
    assert not workers.started[0].is_dead


async def test_a_process_that_cannot_start_is_told_to_the_one_who_waits_for_it() -> None:
    workers = FakeWorkers()
    workers.failure = OSError("no memory")
    directory = directory_of(workers)
    with pytest.raises(OSError, match="no memory"):
        await directory.locate(W, SessionId("a"))
    workers.failure = None
    assert await directory.locate(W, SessionId("a")) == "process0/a"


async def test_one_that_stops_waiting_leaves_its_process_to_the_next() -> None:
    workers = FakeWorkers()
    directory = directory_of(workers, max_live=1)
    workers.may_start.clear()
    waiting = asyncio.create_task(directory.locate(W, SessionId("a")))
    await settle()
    waiting.cancel()
    await asyncio.wait([waiting])
    workers.may_start.set()
    assert await directory.locate(W, SessionId("b")) == "process0/b"
    assert len(workers.started) == 1
