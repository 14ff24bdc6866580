"""One reader of the feed: what it subscribed to, and what waits for it."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_memory.contexts.change import Change
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.errors import InvalidRequest
from agent_memory.ids import WorkspaceId

MAX_PATTERNS = 1000


@dataclass(frozen=True, slots=True)
class _Heard:
    """Of one pattern. since: what came later was sent or will be. after: it comes from here."""

    since: int
    after: int


class Listener:
    """Hears each change once that one of its patterns is for, in order.

    A reader that lets `max_waiting` changes wait has lost its place: it hears nothing more, and
    `resume_from` says from where it may come back.
    """

    def __init__(self, workspace: WorkspaceId, max_waiting: int) -> None:
        self.workspace = workspace
        self._max_waiting = max_waiting
        self._heard: dict[KeyPattern, _Heard] = {}
        self._waiting: deque[Change] = deque()
        self._taken_through = 0
        self.is_late = asyncio.Event()
        """Set when more changes waited than may."""
        self._wake = asyncio.Event()

    @property
    def num_waiting(self) -> int:
        return len(self._waiting)

    @property
    def resume_from(self) -> int:
        """The last change that was taken: those after it may not have arrived."""
        return self._taken_through

    def start(self, pattern: KeyPattern, after: int, since: int | None = None) -> None:
        """Hear the changes of `pattern` after number `after` from now on. since: those from there
        to `after` were sent already."""
        self.check_room([pattern])
        self._heard[pattern] = _Heard(after if since is None else since, after)
        self._taken_through = max(self._taken_through, after)

    def stop(self, pattern: KeyPattern) -> bool:
        """Hear no more of it; whether it was heard."""
        return self._heard.pop(pattern, None) is not None

    def check_room(self, patterns: Iterable[KeyPattern]) -> None:
        """`InvalidRequest` for more subscriptions than there may be."""
        if len(self._heard.keys() | set(patterns)) > MAX_PATTERNS:
            raise InvalidRequest(f"A connection has at most {MAX_PATTERNS} subscriptions.", "key")

    def has(self, change: Change) -> bool:
        """Whether another subscription has brought the change, or will."""
        return any(
            change.seq > heard.since and pattern.matches(change.key)
            for pattern, heard in self._heard.items()
        )

    def tell(self, change: Change) -> None:
        if self.is_late.is_set() or not self._is_due(change):
            return
        if len(self._waiting) >= self._max_waiting:
            self.lose_place()
        else:
            self._waiting.append(change)
            self._wake.set()

    def lose_place(self) -> None:
        """The reader has to come back with `resume_from`."""
        self.is_late.set()
        self._waiting.clear()
        self._wake.set()

    def take(self) -> Sequence[Change]:
        """What waits, oldest first."""
        taken = list(self._waiting)
        self._waiting.clear()
        self._wake.clear()
        if taken:
            self._taken_through = taken[-1].seq
        return taken

    async def wait(self, timeout_s: float) -> bool:
        """Until something waits, or the reader is late; False when `timeout_s` seconds passed."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    def _is_due(self, change: Change) -> bool:
        return any(
            change.seq > heard.after and pattern.matches(change.key)
            for pattern, heard in self._heard.items()
        )
