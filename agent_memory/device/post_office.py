"""Delivers what a step has to say to all its readers at once."""

import asyncio
import logging
from collections.abc import Callable

from agent_memory.device.event_stream import EventStream
from agent_memory.engine.events import EngineEvent
from agent_memory.engine.outbox import Failed, Outbox

log = logging.getLogger(__name__)

Letters = list[EngineEvent | Failed]


class PostOffice:
    """The streams that are open, by request. Used by MLX's thread; wakes each loop once a time."""

    def __init__(
        self, outbox: Outbox, *, on_ended: Callable[[int], None], on_lost: Callable[[int], None]
    ) -> None:
        self._outbox = outbox
        self._on_ended = on_ended
        self._on_lost = on_lost
        self._streams: dict[int, EventStream] = {}

    def open(self, key: int, stream: EventStream) -> None:
        self._streams[key] = stream

    def deliver(self, is_over: Callable[[int], bool]) -> None:
        """Send everything that is in the outbox."""
        letters: dict[int, Letters] = {}
        for key, letter in self._outbox.take():
            letters.setdefault(key, []).append(letter)
        if letters:
            self._send(letters, is_over)

    def fail_all(self, error: Exception) -> None:
        """End every stream with an error."""
        self._send({key: [Failed(error)] for key in self._streams}, lambda _: True)

    def _send(self, letters: dict[int, Letters], is_over: Callable[[int], bool]) -> None:
        bags: dict[asyncio.AbstractEventLoop, list[tuple[EventStream, Letters, bool]]] = {}
        for key, mail in letters.items():
            is_end = is_over(key)
            stream = self._streams.pop(key) if is_end else self._streams[key]
            if is_end:
                # Before it is told: who hears of the end may ask again at once.
                self._on_ended(key)
            bags.setdefault(stream.loop, []).append((stream, mail, is_end))
        for loop, bag in bags.items():
            try:
                loop.call_soon_threadsafe(_hand_out, bag)
            except RuntimeError:
                self._lose(loop)

    def _lose(self, loop: asyncio.AbstractEventLoop) -> None:
        """The loop is closed: nobody reads there any more."""
        lost = [key for key, stream in self._streams.items() if stream.loop is loop]
        for key in lost:
            self._on_lost(key)


def _hand_out(bag: list[tuple[EventStream, Letters, bool]]) -> None:
    for stream, letters, is_end in bag:
        stream.deliver(letters, is_end=is_end)
