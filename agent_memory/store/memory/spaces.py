"""Embedding spaces and the vectors in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import WorkspaceId
from agent_memory.memory.items.item import Item
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace
from agent_memory.memory.vectors.stored_space import SpaceState, StoredSpace
from agent_memory.store.database import Database
from agent_memory.store.memory.item_rows import ItemRow
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.memory.vector_index import drop_vector_index
from agent_memory.store.safe_text import escape
from agent_memory.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _SpaceRow:
    space_id: str
    provider: str
    model: str
    num_dimensions: int
    state: str
    created_at: datetime
    num_vectors: int
    num_missing: int
    num_unembeddable: int

    def space(self) -> StoredSpace:
        return StoredSpace(
            space_id=self.space_id,
            provider=self.provider,
            model=self.model,
            num_dims=self.num_dimensions,
            state=SpaceState(self.state),
            created_at=self.created_at,
            num_vectors=self.num_vectors,
            num_missing=self.num_missing,
            num_unembeddable=self.num_unembeddable,
        )


@dataclass(frozen=True, slots=True)
class _RetiredRow:
    space_id: str


class SpaceStore:
    """Every method sees one workspace: a space of another is `NotFound`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ensure_space(self, workspace: WorkspaceId, space: EmbeddingSpace) -> None:
        """Make the space unless it exists: serving when no other serves, else building."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            await transaction.run(
                "ensure_space",
                workspace_id=workspace,
                space_id=space.space_id,
                provider=space.provider,
                model=space.model,
                num_dimensions=space.num_dims,
            )

    async def list_spaces(self, workspace: WorkspaceId) -> Sequence[StoredSpace]:
        """All, the newest first, with what they have and lack."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all("list_spaces", _SpaceRow, workspace_id=workspace)
        return [row.space() for row in rows]

    async def find_serving(self, workspace: WorkspaceId) -> EmbeddingSpace | None:
        """The space that questions are asked in; None when there is none."""
        async with self._database.workspace(workspace) as transaction:
            space_id = await transaction.fetch_value("find_serving_space", workspace_id=workspace)
        return None if space_id is None else EmbeddingSpace.parse(str(space_id))

    async def serve_space(self, workspace: WorkspaceId, space_id: str) -> None:
        """Ask questions in this space from now on; the one that served is retired, and loses the
        index over its vectors.

        `NotFound` without it; `Conflict` while active items lack a vector that they could have.
        """
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            num_missing = await transaction.fetch_value(
                "count_unembedded_items", workspace_id=workspace, space_id=escape(space_id)
            )
            if num_missing is None:
                raise NotFound("embedding space", space_id)
            if num_missing:
                raise Conflict(f"{num_missing} items have no vector in '{space_id}' yet.")
            retired = await transaction.fetch_all(
                "retire_spaces", _RetiredRow, workspace_id=workspace, space_id=space_id
            )
            await transaction.run("serve_space", workspace_id=workspace, space_id=space_id)
        for space in retired:
            await drop_vector_index(self._database, workspace, space.space_id)

    async def delete_space(self, workspace: WorkspaceId, space_id: str) -> None:
        """With its vectors and the index over them; `Conflict` while it serves, `NotFound` without
        it."""
        async with self._database.workspace(workspace) as transaction:
            await _lock_idle(transaction, workspace, space_id)
            await transaction.run("forget_vector_index", workspace_id=workspace, space_id=space_id)
        # First, since nobody would know of the index any more once the space is gone.
        await drop_vector_index(self._database, workspace, space_id)
        async with self._database.workspace(workspace) as transaction:
            await _lock_idle(transaction, workspace, space_id)
            await transaction.run("delete_space", workspace_id=workspace, space_id=space_id)

    async def list_unembedded(
        self, workspace: WorkspaceId, space_id: str, limit: int
    ) -> Sequence[Item]:
        """Items that are not merged and have no vector in the space, the newest first, without
        those that its provider does not take."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_unembedded_items",
                ItemRow,
                workspace_id=workspace,
                space_id=escape(space_id),
                limit=limit,
            )
        return [row.item() for row in rows]

    async def mark_unembeddable(self, workspace: WorkspaceId, space_id: str, item: Item) -> None:
        """Its text is not taken there; until it changes, it counts as done."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            await transaction.run(
                "mark_unembeddable",
                workspace_id=workspace,
                space_id=escape(space_id),
                item_id=item.item_id,
                content_hash=item.content_hash,
            )

    async def put_vectors(
        self,
        workspace: WorkspaceId,
        space_id: str,
        items: Sequence[Item],
        vectors: NDArray[np.float32],
    ) -> int:
        """Store vectors [items, dims]; how many were new. What was erased or changed meanwhile, or
        has a vector already, is passed over. `NotFound` without the space, `InvalidRequest` for
        vectors of another size."""
        async with self._database.workspace(workspace) as transaction:
            num_dims = await transaction.fetch_value(
                "get_space_size", workspace_id=workspace, space_id=escape(space_id)
            )
            if num_dims is None:
                raise NotFound("embedding space", space_id)
            if vectors.shape != (len(items), num_dims):
                raise InvalidRequest(f"The vectors of '{space_id}' have {num_dims} dimensions.")
            await lock_memory(transaction, workspace)
            stored = await transaction.fetch_value(
                "put_vectors",
                workspace_id=workspace,
                space_id=space_id,
                item_ids=[item.item_id for item in items],
                content_hashes=[item.content_hash for item in items],
                vectors=[HalfVector(vector).to_text() for vector in vectors],
            )
        return stored if isinstance(stored, int) else 0


async def _lock_idle(transaction: Transaction, workspace: WorkspaceId, space_id: str) -> None:
    """`Conflict` for a space that serves, `NotFound` without it."""
    await lock_memory(transaction, workspace)
    state = await transaction.fetch_value(
        "get_space_state", workspace_id=workspace, space_id=escape(space_id)
    )
    if state is None:
        raise NotFound("embedding space", space_id)
    if state == SpaceState.SERVING:
        raise Conflict(f"The embedding space '{space_id}' is serving.")
