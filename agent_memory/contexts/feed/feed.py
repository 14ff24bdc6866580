"""The feed of a process: joining, catching up, and beginning again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from agent_memory.contexts.change import Change
from agent_memory.contexts.feed.hub import Hub
from agent_memory.contexts.feed.listener import Listener
from agent_memory.contexts.feed.pattern import KeyPattern, any_matches
from agent_memory.contexts.feed.ports import ChangeLog
from agent_memory.contexts.feed.reader import FeedReader
from agent_memory.contexts.feed.state import PresentState
from agent_memory.ids import WorkspaceId

_PAGE = 200

Told = Change | PresentState


class Feed:
    """Subscriptions over the log of changes, with one reader for all of them."""

    def __init__(self, hub: Hub, changes: ChangeLog, reader: FeedReader) -> None:
        self._hub = hub
        self._changes = changes
        self._reader = reader

    @property
    def num_listeners(self) -> int:
        return self._hub.num_listeners

    @asynccontextmanager
    async def listening(self, workspace: WorkspaceId) -> AsyncIterator[Listener]:
        """A reader without subscriptions, for as long as the context is open."""
        self._reader.ensure_running()
        listener = self._hub.join(workspace, await self._changes.head(workspace))
        try:
            yield listener
        finally:
            self._hub.leave(listener)

    def head(self, listener: Listener) -> int:
        """The last change that the listener's workspace was told of."""
        return self._hub.position(listener.workspace) or 0

    async def subscribe(
        self, listener: Listener, patterns: Sequence[KeyPattern], since: int | None
    ) -> AsyncIterator[Told]:
        """Start to hear `patterns`, first what came after `since` (None: nothing before now).

        Where that is not kept any more, the present state comes instead, and then what follows it.
        Changes that the listener gets by another subscription are left out. The caller sends each
        before it asks for the next: the listener hears what comes after the last one.
        """
        listener.check_room(patterns)
        if since is None:
            _start(listener, patterns, self.head(listener), None)
            return
        position = since
        while True:
            page = await self._changes.read(listener.workspace, position, _PAGE)
            if page is None:
                state = await self._changes.present(listener.workspace, patterns)
                yield state
                position = since = state.seq
                continue
            for change in page.changes:
                if any_matches(patterns, change.key) and not listener.has(change):
                    yield change
            position = page.through
            if position >= self.head(listener):
                _start(listener, patterns, position, since)
                return


def _start(
    listener: Listener, patterns: Sequence[KeyPattern], after: int, since: int | None
) -> None:
    for pattern in patterns:
        listener.start(pattern, after, since)
