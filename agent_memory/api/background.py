"""Responses that are made while nobody waits for them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from agent_memory.api.errors import fault_of
from agent_memory.api.translators.responses.renderer import ResponsesRenderer, Told
from agent_memory.errors import TurnCancelled
from agent_memory.ids import TurnId, WorkspaceId
from agent_memory.turns.events import TurnEvent

MAX_ENDED = 256
"""So many that have ended are kept with their events; of older ones, what is stored is told."""


class BackgroundRun:
    """A turn that runs whether anybody listens or not. events: all so far, in order."""

    def __init__(self, renderer: ResponsesRenderer, turn: AsyncGenerator[TurnEvent, None]) -> None:
        self.renderer = renderer
        self.events: list[Told] = list(renderer.begun())
        self.is_over = False
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._run(turn))

    async def follow(self, after: int, ping_interval_s: float) -> AsyncIterator[bytes]:
        """The events with a higher number than `after`, and those to come; a sign of life after
        each silence of `ping_interval_s`."""
        at = 0
        while True:
            while at < len(self.events):
                if self.events[at].number > after:
                    yield self.events[at].raw
                at += 1
            if self.is_over:
                return
            try:
                await asyncio.wait_for(self._news.wait(), ping_interval_s)
            except TimeoutError:
                yield self.renderer.ping()

    async def cancel(self) -> None:
        """Stop it, unless it is over; returns when it is."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self, turn: AsyncGenerator[TurnEvent, None]) -> None:
        try:
            async with aclosing(turn) as events:
                async for event in events:
                    self._tell(*self.renderer.told(event))
        except (asyncio.CancelledError, TurnCancelled):
            self.renderer.cancelled()
        except Exception as error:  # noqa: BLE001  the table of errors, told as the response's end
            self._tell(self.renderer.failed(fault_of(error)))
        finally:
            self.is_over = True
            self._tell()

    def _tell(self, *told: Told) -> None:
        self.events.extend(told)
        news, self._news = self._news, asyncio.Event()
        news.set()


class BackgroundRuns:
    """Those of this process, by the turns that they are."""

    def __init__(self) -> None:
        self._runs: dict[tuple[WorkspaceId, TurnId], BackgroundRun] = {}

    def start(
        self,
        workspace: WorkspaceId,
        turn_id: TurnId,
        renderer: ResponsesRenderer,
        turn: AsyncGenerator[TurnEvent, None],
    ) -> BackgroundRun:
        """Begin one. One that is asked for again under the same key is the same one."""
        if (known := self._runs.get((workspace, turn_id))) is not None:
            return known
        self._forget_old()
        run = self._runs[workspace, turn_id] = BackgroundRun(renderer, turn)
        return run

    def find(self, workspace: WorkspaceId, turn_id: TurnId) -> BackgroundRun | None:
        return self._runs.get((workspace, turn_id))

    def forget(self, workspace: WorkspaceId, turn_id: TurnId) -> None:
        self._runs.pop((workspace, turn_id), None)

    def _forget_old(self) -> None:
        ended = [place for place, run in self._runs.items() if run.is_over]
        for place in ended[: max(0, len(ended) - MAX_ENDED)]:
            del self._runs[place]
