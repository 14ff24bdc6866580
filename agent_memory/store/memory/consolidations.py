"""Consolidation: near-duplicates found, plans carried out and taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import ItemId, WorkspaceId, new_id
from agent_memory.json_value import Json
from agent_memory.memory.consolidation.plan import Action, ConsolidationPlan
from agent_memory.memory.consolidation.record import ConsolidationRecord
from agent_memory.memory.consolidation.standing import Change
from agent_memory.memory.items.item import Item
from agent_memory.pages import Page
from agent_memory.store.cursors import Cursor
from agent_memory.store.database import Database
from agent_memory.store.memory.item_rows import ItemRow
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.memory.pages import check_limit, has_more
from agent_memory.store.memory.standing_json import decode_standing
from agent_memory.store.memory.standings import change_standings, keep_changes
from agent_memory.store.safe_text import escape, unescape
from agent_memory.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _RecordRow:
    consolidation_id: str
    action: str
    reason: str
    created_at: datetime
    undone_at: datetime | None
    item_ids: list[ItemId]

    def record(self) -> ConsolidationRecord:
        return ConsolidationRecord(
            consolidation_id=self.consolidation_id,
            action=self.action,
            reason=unescape(self.reason),
            created_at=self.created_at,
            undone_at=self.undone_at,
            items=tuple(self.item_ids),
        )


@dataclass(frozen=True, slots=True)
class _ChangeRow:
    item_id: ItemId
    before: dict[str, Json]
    after: dict[str, Json]

    def change(self) -> Change:
        return Change(self.item_id, decode_standing(self.before), decode_standing(self.after))


class ConsolidationStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_bands(
        self, workspace: WorkspaceId, bands: Mapping[ItemId, Sequence[int]]
    ) -> None:
        """Make items findable by their MinHash bands (64 bits with sign each)."""
        rows = [{"item_id": item, "bands": list(keys)} for item, keys in bands.items()]
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "put_bands", workspace_id=workspace, bands=orjson.dumps(rows).decode()
            )

    async def list_unbanded(self, workspace: WorkspaceId, limit: int) -> Sequence[Item]:
        """Active items without bands, the oldest first."""
        return await self._list("list_unbanded_items", workspace, limit=limit)

    async def find_near(
        self, workspace: WorkspaceId, bands: Sequence[int], limit: int
    ) -> Sequence[Item]:
        """Active items with one of these bands, those with the most first."""
        return await self._list("find_near_items", workspace, bands=list(bands), limit=limit)

    async def list_by_subject(
        self, workspace: WorkspaceId, subjects: Sequence[str], limit: int
    ) -> Sequence[Item]:
        """Active and superseded statements about these subjects, the oldest first."""
        wanted = [escape(subject) for subject in subjects]
        return await self._list("list_items_by_subject", workspace, subjects=wanted, limit=limit)

    async def apply_plan(self, workspace: WorkspaceId, plan: ConsolidationPlan) -> Sequence[str]:
        """Do all that is planned, or nothing; the ids to undo the actions by, in their order.

        `Conflict` when an item is not as the plan found it.
        """
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            return [await _apply(transaction, workspace, action) for action in plan.actions]

    async def undo(self, workspace: WorkspaceId, consolidation_id: str) -> None:
        """Put the items that still exist back. `NotFound` without it; `Conflict` when it was
        undone already or an item has changed since."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            found = await transaction.fetch_one(
                "undo_consolidation",
                _Undone,
                workspace_id=workspace,
                consolidation_id=escape(consolidation_id),
            )
            if found is None:
                raise NotFound("consolidation", consolidation_id)
            if found.was_undone:
                raise Conflict(f"The consolidation '{consolidation_id}' was already undone.")
            rows = await transaction.fetch_all(
                "list_consolidated_items",
                _ChangeRow,
                workspace_id=workspace,
                consolidation_id=consolidation_id,
            )
            changes = [row.change().inverse() for row in rows]
            await change_standings(transaction, workspace, changes)

    async def list_consolidations(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[ConsolidationRecord]:
        """Up to `limit` (1 to 1000) after `cursor`, the newest first, and the next cursor."""
        check_limit(limit)
        after = None if cursor is None else Cursor.decode(cursor)
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_consolidations",
                _RecordRow,
                workspace_id=workspace,
                before=after and after.created_at,
                before_id=after and after.id,
                limit=limit + 1,
            )
        page = tuple(row.record() for row in rows[:limit])
        following = Cursor(page[-1].created_at, page[-1].consolidation_id) if page else None
        return Page(page, following.encode() if following and has_more(rows, limit) else None)

    async def _list(self, name: str, workspace: WorkspaceId, **values: object) -> Sequence[Item]:
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(name, ItemRow, workspace_id=workspace, **values)
        return [row.item() for row in rows]


@dataclass(frozen=True, slots=True)
class _Undone:
    was_undone: bool


async def _apply(transaction: Transaction, workspace: WorkspaceId, action: Action) -> str:
    consolidation_id = new_id("cons")
    await change_standings(transaction, workspace, action.changes)
    await transaction.run(
        "keep_consolidation",
        workspace_id=workspace,
        consolidation_id=consolidation_id,
        action=action.kind.value,
        reason=escape(action.reason),
    )
    await keep_changes(transaction, workspace, consolidation_id, action.changes)
    return consolidation_id
