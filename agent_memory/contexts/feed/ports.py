"""Ports: where changes are kept, and what says that there are new ones."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.contexts.feed.state import ChangePage, PresentState
from agent_memory.ids import WorkspaceId


class ChangeLog(Protocol):
    """The committed changes of every workspace, as long as they are kept."""

    async def head(self, workspace: WorkspaceId) -> int:
        """The number of the newest change; 0 before the first."""
        ...

    async def read(self, workspace: WorkspaceId, after: int, limit: int) -> ChangePage | None:
        """The changes after that number; None when some of them are not kept any more, or when
        the number is of the future."""
        ...

    async def present(self, workspace: WorkspaceId, patterns: Sequence[KeyPattern]) -> PresentState:
        """The contexts of the patterns, all of one moment."""
        ...


class Wakes(Protocol):
    """Says which workspaces have new changes. A sign may be lost, but not for long."""

    def wakes(self) -> AsyncIterator[WorkspaceId]:
        """Until the connection breaks (`StorageUnavailable`)."""
        ...
