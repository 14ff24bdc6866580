"""Messages of conversations by what they say."""

from collections.abc import Sequence

from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.items.item import Item
from agent_memory.store.database import Database
from agent_memory.store.memory.item_rows import ItemRow
from agent_memory.store.safe_text import escape


class MessageStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_messages(
        self, workspace: WorkspaceId, contents: Sequence[tuple[ThreadId, str]]
    ) -> Sequence[Item]:
        """The messages of these threads and content hashes that exist, in the given order."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "find_messages_by_content",
                ItemRow,
                workspace_id=workspace,
                thread_ids=[escape(thread) for thread, _ in contents],
                content_hashes=[content_hash for _, content_hash in contents],
            )
        return [row.item() for row in rows]
