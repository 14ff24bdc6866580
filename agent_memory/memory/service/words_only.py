"""Recall where there is nobody to embed."""

from agent_memory.ids import WorkspaceId
from agent_memory.memory.recalled import Embedding


class WordsOnly:
    """Implements `ports.Embedder`: every question is answered by its words."""

    async def embed_query(self, workspace: WorkspaceId, text: str) -> Embedding | None:
        """None, always."""
        del workspace, text
        return None
