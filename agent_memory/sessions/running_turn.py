"""A turn that runs in a task of its own, so that it ends in order even when nobody listens."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from agent_memory.turns.events import TurnEvent, TurnStep


class Running(Protocol):
    """A turn that runs, as those see it who answer it."""

    @property
    def is_cancelled(self) -> bool: ...

    def emit(self, event: TurnEvent) -> None: ...

    def step(
        self,
        events: tuple[TurnEvent, ...],
        token_ids: tuple[int, ...] = (),
        *,
        can_resume: bool = True,
    ) -> None:
        """See `TurnStep`."""
        ...

    def on_cancel(self, cancel: Callable[[], None]) -> None:
        """What stops the turn (called at once, if it was cancelled already)."""
        ...


class RunningTurn:
    """A turn's task, and the way of its steps to whoever asked for them.

    `cancel` calls what `on_cancel` registered and lets the task come to its own end, so that leases
    are released and blocks published all the same; whoever listens may go away at any time.
    """

    def __init__(
        self,
        run: Callable[["RunningTurn"], Coroutine[Any, Any, None]],
        deliver: Callable[[TurnStep], None],
    ) -> None:
        self._deliver = deliver
        self._cancel: Callable[[], None] | None = None
        self.is_cancelled = False
        self._task = asyncio.create_task(run(self))
        _running.add(self._task)
        self._task.add_done_callback(_forget)

    def emit(self, event: TurnEvent) -> None:
        self._deliver(TurnStep((event,)))

    def step(
        self,
        events: tuple[TurnEvent, ...],
        token_ids: tuple[int, ...] = (),
        *,
        can_resume: bool = True,
    ) -> None:
        self._deliver(TurnStep(events, token_ids, can_resume))

    def on_cancel(self, cancel: Callable[[], None]) -> None:
        """What stops the turn (called at once, if it was cancelled already)."""
        self._cancel = cancel
        if self.is_cancelled:
            cancel()

    def on_end(self, ended: Callable[[], None]) -> None:
        """Call `ended` when the turn has come to its end, whichever that is."""
        self._task.add_done_callback(lambda _: ended())

    def cancel(self) -> None:
        """Nobody wants the rest."""
        if not self.is_cancelled and not self._task.done():
            self.is_cancelled = True
            if self._cancel is not None:
                self._cancel()

    async def wait(self) -> None:
        """Until the turn has ended; raises what it failed with."""
        await asyncio.shield(self._task)


_running: set["asyncio.Task[None]"] = set()
"""The event loop keeps only weak references to tasks."""


def _forget(task: "asyncio.Task[None]") -> None:
    """Whoever waited may be gone; an error that nobody waits for has been seen."""
    _running.discard(task)
    if not task.cancelled():
        task.exception()
