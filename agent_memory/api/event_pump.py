"""Reads the events of turns and hands out, in one piece, what has come meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Self

from agent_memory.errors import StreamInterrupted
from agent_memory.turns.events import TurnEvent, TurnFinished, TurnStarted

SourcedEvent = tuple[int, TurnEvent]
"""The index of the turn, and its event."""

_MAX_BUFFERED = 1024
"""Events kept for a client that reads slowly; then the turn waits for it."""


class EventPump:
    """One reading task per turn, so that waiting with a timeout never cancels a turn's own wait.

    Leaving the context cancels what is still being read, which closes the turns' iterators.
    """

    def __init__(self, turns: Sequence[AsyncIterator[TurnEvent]], ping_interval_s: float) -> None:
        self._turns = turns
        self._ping_interval_s = ping_interval_s
        self._readers: list[asyncio.Task[None]] = []
        self._num_open = len(turns)
        self._started: dict[int, TurnStarted] = {}
        self._buffer: list[SourcedEvent] = []
        self._error: Exception | None = None
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._spoken_at = self._loop.time()
        self._is_silent = False
        self._heartbeat: asyncio.TimerHandle | None = None
        self._room = asyncio.Event()

    async def __aenter__(self) -> Self:
        for index, turn in enumerate(self._turns):
            self._readers.append(asyncio.create_task(self._read(index, turn)))
        self._beat()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def started(self) -> Sequence[TurnStarted]:
        """The first event of every turn (handed out by `batches` too), or what a turn raised."""
        while len(self._started) < len(self._turns):
            if self._error is not None:
                raise self._error
            self._wake.clear()
            await self._wake.wait()
        return [self._started[index] for index in range(len(self._turns))]

    async def batches(self) -> AsyncIterator[Sequence[SourcedEvent]]:
        """What came together, in order; an empty batch after a silence of `ping_interval_s`.

        A turn's error is raised after the events that came before it.
        """
        while True:
            if self._buffer:
                batch, self._buffer = self._buffer, []
                self._room.set()
                self._spoken_at = self._loop.time()
                self._is_silent = False
                yield batch
            elif self._error is not None:
                raise self._error
            elif self._num_open == 0:
                return
            elif self._is_silent:
                self._is_silent = False
                yield ()
            else:
                self._wake.clear()
                await self._wake.wait()

    def _beat(self) -> None:
        """Notice a silence. One timer that is set again when it rings, not one for each token."""
        now = self._loop.time()
        if now >= self._spoken_at + self._ping_interval_s:
            self._spoken_at = now
            self._is_silent = True
            self._wake.set()
        self._heartbeat = self._loop.call_at(self._spoken_at + self._ping_interval_s, self._beat)

    async def _read(self, index: int, turn: AsyncIterator[TurnEvent]) -> None:
        is_finished = False
        try:
            async for event in turn:
                if isinstance(event, TurnStarted):
                    self._started[index] = event
                is_finished = isinstance(event, TurnFinished)
                await self._put((index, event))
            if not is_finished or index not in self._started:
                raise StreamInterrupted("The turn broke off before its end.")
        except Exception as error:  # noqa: BLE001  a background task hands its error to whoever reads
            self._error = self._error or error
        finally:
            await _close(turn)
            self._num_open -= 1
            self._wake.set()

    async def _put(self, event: SourcedEvent) -> None:
        self._buffer.append(event)
        self._wake.set()
        while len(self._buffer) >= _MAX_BUFFERED:
            self._room.clear()
            await self._room.wait()


async def _close(turn: AsyncIterator[TurnEvent]) -> None:
    """A plain iterator has nothing to close; a generator that was cancelled is closed already."""
    aclose = getattr(turn, "aclose", None)
    if aclose is not None:
        await aclose()
