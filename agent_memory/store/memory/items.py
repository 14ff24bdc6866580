"""Items read one by one, by what they are linked with, and by what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.errors import NotFound
from agent_memory.ids import ItemId, MaterialId, ThreadId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.items.item import Item, Material
from agent_memory.memory.items.kinds import MaterialKind
from agent_memory.pages import Page
from agent_memory.store.cursors import Cursor
from agent_memory.store.database import Database
from agent_memory.store.memory.item_rows import ItemRow
from agent_memory.store.memory.pages import ItemCursor, check_limit, has_more
from agent_memory.store.memory.safe_json import unescape_mapping
from agent_memory.store.safe_text import escape, unescape


@dataclass(frozen=True, slots=True)
class _MaterialRow:
    thread_id: ThreadId
    kind: str
    text: str
    occurred_at: datetime
    purpose: str | None
    metadata: dict[str, Json]
    notes: list[str]


class ItemStore:
    """Implements `Items` and `Timeline` of `agent_memory.memory.ports`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_item(self, workspace: WorkspaceId, item: ItemId) -> Item:
        """`NotFound` without it."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "get_item", ItemRow, workspace_id=workspace, item_id=escape(item)
            )
        if row is None:
            raise NotFound("item", item)
        return row.item()

    async def get_items(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> Sequence[Item]:
        """Those that exist, in the given order."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "get_items",
                ItemRow,
                workspace_id=workspace,
                item_ids=[escape(item) for item in items],
            )
        return [row.item() for row in rows]

    async def find_linked(self, workspace: WorkspaceId, item: ItemId, limit: int) -> Sequence[Item]:
        """Items that share a key with it, those that share the most and the rarest first."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "find_linked_items",
                ItemRow,
                workspace_id=workspace,
                item_id=escape(item),
                limit=limit,
            )
        return [row.item() for row in rows]

    async def find_history(self, workspace: WorkspaceId, item: ItemId) -> Sequence[Item]:
        """The chain of statements that this one superseded and was superseded by, oldest first;
        itself among them. `NotFound` without it."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "find_item_history", ItemRow, workspace_id=workspace, item_id=escape(item)
            )
        if not rows:
            raise NotFound("item", item)
        return [row.item() for row in rows]

    async def list_outdated(
        self, workspace: WorkspaceId, sources: Sequence[ItemId]
    ) -> Sequence[Item]:
        """What was stated in these messages and superseded since."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_outdated_statements",
                ItemRow,
                workspace_id=workspace,
                sources=[escape(source) for source in sources],
            )
        return [row.item() for row in rows]

    async def get_material(
        self, workspace: WorkspaceId, material: MaterialId
    ) -> tuple[Material, Sequence[str]]:
        """The raw text, and the notes made when it was read; `NotFound` without it."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "get_material",
                _MaterialRow,
                workspace_id=workspace,
                material_id=escape(material),
            )
        if row is None:
            raise NotFound("material", material)
        return _material(row), [unescape(note) for note in row.notes]

    async def list_items(
        self,
        workspace: WorkspaceId,
        kinds: frozenset[str],
        thread: ThreadId | None,
        as_of: datetime | None,
        limit: int,
    ) -> Sequence[Item]:
        """The newest first; of no kinds, all. What is superseded is listed only `as_of` a time
        at which it held."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_items",
                ItemRow,
                workspace_id=workspace,
                kinds=sorted(kinds) or None,
                thread_id=None if thread is None else escape(thread),
                as_of=as_of,
                limit=limit,
            )
        return [row.item() for row in rows]

    async def list_page(
        self,
        workspace: WorkspaceId,
        thread: ThreadId | None,
        kinds: frozenset[str],
        states: frozenset[str],
        cursor: str | None,
        limit: int,
    ) -> Page[Item]:
        """Up to `limit` (1 to 1000) items after `cursor`, the oldest first, and the cursor of the
        next page, or None on the last. No kinds or states mean any."""
        check_limit(limit)
        after = None if cursor is None else ItemCursor.decode(cursor)
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_items_in_order",
                ItemRow,
                workspace_id=workspace,
                thread_id=None if thread is None else escape(thread),
                kinds=sorted(kinds) or None,
                states=sorted(states) or None,
                after=after and after.cursor.created_at,
                after_no=after and after.item_no,
                limit=limit + 1,
            )
        page = rows[:limit]
        following = Cursor(page[-1].occurred_at, str(page[-1].item_no)) if page else None
        more = following.encode() if following and has_more(rows, limit) else None
        return Page([row.item() for row in page], more)


def _material(row: _MaterialRow) -> Material:
    return Material(
        thread_id=row.thread_id,
        kind=MaterialKind(row.kind),
        text=unescape(row.text),
        occurred_at=row.occurred_at,
        purpose=None if row.purpose is None else unescape(row.purpose),
        metadata=unescape_mapping(row.metadata),
    )
