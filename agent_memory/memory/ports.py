"""Ports of memory. Every method sees one workspace: another's id is `NotFound`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from agent_memory.ids import ItemId, MaterialId, ThreadId, WorkspaceId
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.items.item import Item, Material
from agent_memory.memory.search.recalled import Candidates, Embedding, Query


class Ingestion(Protocol):
    """Where items are written: rows, postings, keys and the jobs they cause in one transaction."""

    async def remember(
        self,
        workspace: WorkspaceId,
        prepared: Sequence[Prepared],
        idempotency_key: str | None = None,
    ) -> Remembered:
        """Durable and findable by words on return. The same again adds nothing and returns what
        the first call did."""
        ...


class Search(Protocol):
    """Where candidates are found."""

    async def search(self, workspace: WorkspaceId, query: Query) -> Candidates:
        """The best candidates of every arm, unranked among each other, at most some hundreds."""
        ...


class Items(Protocol):
    """Where items are read one by one."""

    async def get_item(self, workspace: WorkspaceId, item: ItemId) -> Item: ...

    async def get_items(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> Sequence[Item]:
        """Those that exist, in the given order."""
        ...

    async def find_linked(self, workspace: WorkspaceId, item: ItemId, limit: int) -> Sequence[Item]:
        """Items that share a key with it, those that share the most and the rarest first."""
        ...

    async def find_history(self, workspace: WorkspaceId, item: ItemId) -> Sequence[Item]:
        """The chain of statements that this one superseded and was superseded by, oldest first."""
        ...

    async def get_material(
        self, workspace: WorkspaceId, material: MaterialId
    ) -> tuple[Material, Sequence[str]]:
        """The raw text, and the notes made when it was read."""
        ...


class Outdating(Protocol):
    """Where it is read what no longer holds."""

    async def get_items(
        self, workspace: WorkspaceId, items: Sequence[ItemId]
    ) -> Sequence[Item]: ...

    async def list_outdated(
        self, workspace: WorkspaceId, sources: Sequence[ItemId]
    ) -> Sequence[Item]:
        """What was stated in these messages and superseded since."""
        ...


class Timeline(Protocol):
    """Where items are listed by what they are rather than by what they say."""

    async def list_items(
        self,
        workspace: WorkspaceId,
        kinds: frozenset[str],
        thread: ThreadId | None,
        as_of: datetime | None,
        limit: int,
    ) -> Sequence[Item]:
        """The newest first."""
        ...


class Embedder(Protocol):
    """Where texts become vectors."""

    async def embed_query(self, workspace: WorkspaceId, text: str) -> Embedding | None:
        """In the space that serves this workspace; None, at once, when the provider is down."""
        ...


class TokenCounter(Protocol):
    """How long a text is to the model that is served."""

    def count(self, text: str) -> int:
        """Tokens of the text alone."""
        ...
