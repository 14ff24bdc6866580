"""Memory where there is nobody to embed."""

from collections.abc import Sequence

from agent_memory.ids import WorkspaceId
from agent_memory.memory.items.item import Item
from agent_memory.memory.search.recalled import Embedding


class WordsOnly:
    """Implements `ports.Embedder` and `EmbedNow`: every question is answered by its words."""

    async def embed_query(self, workspace: WorkspaceId, text: str) -> Embedding | None:
        """None, always."""
        del workspace, text
        return None

    async def embed_now(self, workspace: WorkspaceId, items: Sequence[Item]) -> bool:
        """False, always."""
        del workspace, items
        return False
