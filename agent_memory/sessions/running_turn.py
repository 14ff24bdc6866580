"""A turn that runs in a task of its own, so that it ends in order even when nobody listens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from agent_memory.turns.events import TurnEvent, TurnStep


class RunningTurn:
    """The bridge between a turn's task and whoever reads its steps.

    `cancel` calls what `on_cancel` registered and lets the task come to its own end, so that leases
    are released and blocks published all the same; the reader may stop reading at any time.
    """

    def __init__(self, run: Callable[["RunningTurn"], Coroutine[Any, Any, None]]) -> None:
        self._steps: asyncio.Queue[TurnStep | None] = asyncio.Queue()
        self._cancel: Callable[[], None] | None = None
        self.is_cancelled = False
        self._task = asyncio.create_task(self._run_to_the_end(run))
        _running.add(self._task)
        self._task.add_done_callback(_forget)

    def emit(self, event: TurnEvent) -> None:
        self._steps.put_nowait(TurnStep((event,)))

    def step(self, events: tuple[TurnEvent, ...], token_ids: tuple[int, ...] = ()) -> None:
        self._steps.put_nowait(TurnStep(events, token_ids))

    def on_cancel(self, cancel: Callable[[], None]) -> None:
        """What stops the turn (called at once, if it was cancelled already)."""
        self._cancel = cancel
        if self.is_cancelled:
            cancel()

    def cancel(self) -> None:
        """Nobody wants the rest."""
        if not self.is_cancelled and not self._task.done():
            self.is_cancelled = True
            if self._cancel is not None:
                self._cancel()

    async def __aiter__(self) -> AsyncIterator[TurnStep]:
        """The steps as they come; the turn's error, if it fails, after the last of them."""
        while (step := await self._steps.get()) is not None:
            yield step
        await asyncio.shield(self._task)

    async def _run_to_the_end(
        self, run: Callable[["RunningTurn"], Coroutine[Any, Any, None]]
    ) -> None:
        try:
            await run(self)
        finally:
            self._steps.put_nowait(None)


_running: set["asyncio.Task[None]"] = set()
"""The event loop keeps only weak references to tasks."""


def _forget(task: "asyncio.Task[None]") -> None:
    """The reader may be gone; an error that nobody waits for has been seen."""
    _running.discard(task)
    if not task.cancelled():
        task.exception()
