"""Vectors of contexts, made after they are written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.document import Document
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.store.contexts.finding import find_context
from agent_memory.store.contexts.text_index import text_of
from agent_memory.store.database import Database


@dataclass(frozen=True, slots=True)
class _TextRow:
    text_no: int
    key: ContextKey
    lineage: Lineage
    version: int


class ContextVectorStore:
    """Implements `agent_memory.jobs.context_vectors.ContextTexts`."""

    def __init__(self, database: Database, codec: ContextCodec) -> None:
        self._database = database
        self._codec = codec

    async def list_unembedded(
        self, workspace: WorkspaceId, space_id: str, limit: int
    ) -> Sequence[tuple[int, str]]:
        """Numbers and texts of those that have no vector in the space, the newest first."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_unembedded_contexts",
                _TextRow,
                workspace_id=workspace,
                space_id=space_id,
                limit=limit,
            )
            texts = []
            for row in rows:
                stored = await find_context(transaction, workspace, row.key, None, None)
                text = ""
                if stored is not None and not stored.version.is_sealed:
                    version = stored.version
                    body = self._codec.open(stored.body, version.address)
                    text = text_of(Document(version.format, version.media_type, body)) or ""
                texts.append((row.text_no, f"{row.key}\n{text}"))
        return texts

    async def put_vectors(
        self,
        workspace: WorkspaceId,
        space_id: str,
        text_nos: Sequence[int],
        vectors: NDArray[np.float32] | None,
    ) -> None:
        """None: the model does not take the texts. What has changed meanwhile is passed over."""
        found: list[str | None] = [None] * len(text_nos)
        if vectors is not None:
            found = [f"[{','.join(map(str, vector.tolist()))}]" for vector in vectors]
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "put_context_vectors",
                workspace_id=workspace,
                space_id=space_id,
                text_nos=list(text_nos),
                vectors=found,
            )
