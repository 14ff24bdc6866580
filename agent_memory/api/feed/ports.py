"""Ports: what the surfaces of the feed need."""

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from agent_memory.access.principal import Principal
from agent_memory.ids import KeyId, WorkspaceId

GetContext = Callable[[str, int | None], Awaitable[object]]
"""The context of a key, or its version, as it is told; `NotFound` without it."""


class Readers(Protocol):
    """Who may read, and still may."""

    async def issue(self, principal: Principal) -> str:
        """A ticket for one connection of the holder's."""
        ...

    async def take(self, ticket: str) -> Principal:
        """Whose ticket it is; from now on nobody's. `Unauthenticated` when it is not valid."""
        ...

    async def live_keys(self, workspace: WorkspaceId, keys: Collection[KeyId]) -> frozenset[KeyId]:
        """Those of `keys` that are valid now."""
        ...
