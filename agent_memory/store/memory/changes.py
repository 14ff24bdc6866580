"""Changes to single items."""

from collections.abc import Mapping, Sequence

import orjson

from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.search.terms import index_terms
from agent_memory.store.database import Database
from agent_memory.store.memory.ingestion import OnRemembered, do_nothing
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.memory.replacement import replace_message
from agent_memory.store.memory.safe_json import escape_mapping
from agent_memory.store.safe_text import escape


class ItemChangeStore:
    """Every method sees one workspace: an item of another is `NotFound`."""

    def __init__(self, database: Database, on_remembered: OnRemembered = do_nothing) -> None:
        self._database = database
        self._on_remembered = on_remembered

    async def replace_message(
        self, workspace: WorkspaceId, item: ItemId, prepared: Prepared
    ) -> Remembered:
        """Give a message another text, in its place and under its id.

        prepared: the new text as for an ingestion, its first draft being the message. What was
        derived from the old text alone is erased, with its vectors; `Remembered.updated` is the
        message, `added` what was derived again. `Conflict` when the item is under legal hold, is no
        message, or its thread has a message of that text already.
        """
        drafts = prepared.drafts
        terms = [index_terms(draft.text, draft.context, draft.search_text) for draft in drafts]
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            remembered = await replace_message(transaction, workspace, item, prepared, terms)
            await self._on_remembered(transaction, workspace, remembered)
        return remembered

    async def set_metadata(
        self, workspace: WorkspaceId, item: ItemId, metadata: Mapping[str, Json]
    ) -> None:
        raw = orjson.dumps(escape_mapping(metadata)).decode()
        await self._set("set_item_metadata", workspace, item, metadata=raw)

    async def set_importance(
        self, workspace: WorkspaceId, item: ItemId, importance: float | None
    ) -> None:
        """From 0 to 1; None leaves it to be computed again."""
        if importance is not None and not 0 <= importance <= 1:
            raise InvalidRequest("importance_override must be from 0 to 1.", "importance_override")
        await self._set("set_item_importance", workspace, item, importance=importance)

    async def set_legal_hold(self, workspace: WorkspaceId, item: ItemId, is_held: bool) -> None:
        """Keep the item, or let it go again."""
        await self._set("set_item_hold", workspace, item, is_held=is_held)

    async def archive(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> int:
        """Take active and superseded items out of the default index; how many that were."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            moved = await transaction.fetch_value(
                "archive_items",
                workspace_id=workspace,
                item_ids=[escape(item) for item in items],
            )
        return moved if isinstance(moved, int) else 0

    async def _set(self, name: str, workspace: WorkspaceId, item: ItemId, **values: object) -> None:
        async with self._database.workspace(workspace) as transaction:
            found = await transaction.fetch_value(
                name, workspace_id=workspace, item_id=escape(item), **values
            )
        if found is None:
            raise NotFound("item", item)
