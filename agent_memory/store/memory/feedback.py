"""Feedback on items, counted on the items themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from agent_memory.errors import NotFound
from agent_memory.ids import ItemId, WorkspaceId, new_id
from agent_memory.json_value import Json
from agent_memory.memory.feedback import Feedback, Verdict
from agent_memory.pages import Page
from agent_memory.store.cursors import Cursor
from agent_memory.store.database import Database
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.memory.pages import check_limit, has_more
from agent_memory.store.remembered_calls import find_call, keep_call
from agent_memory.store.safe_text import escape
from agent_memory.store.transaction import Transaction
from agent_memory.work.once import Once


@dataclass(frozen=True, slots=True)
class _FeedbackRow:
    feedback_id: str
    item_id: ItemId
    verdict: str
    created_at: datetime
    impression_id: str | None
    other_item_id: ItemId | None
    withdrawn_at: datetime | None

    def feedback(self) -> Feedback:
        return Feedback(
            feedback_id=self.feedback_id,
            item_id=self.item_id,
            verdict=Verdict(self.verdict),
            created_at=self.created_at,
            impression_id=self.impression_id,
            other_item_id=self.other_item_id,
            withdrawn_at=self.withdrawn_at,
        )


class FeedbackStore:
    """Every method sees one workspace: an item of another is `NotFound`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_feedback(
        self,
        workspace: WorkspaceId,
        items: Sequence[ItemId],
        verdict: Verdict,
        impression_id: str | None = None,
        other_item: ItemId | None = None,
        once: Once | None = None,
    ) -> Sequence[Feedback]:
        """Keep one verdict an item and count it on the item, all of them or none. `NotFound`
        without an item, or without the other item or the impression where one is named; `Conflict`
        when the key of `once` was used for something else."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            if once is not None:
                done = await find_call(transaction, workspace, once)
                if done is not None:
                    return [_read(one) for one in orjson.loads(done)]
            await _check_items(transaction, workspace, items, other_item)
            await _check_impression(transaction, workspace, impression_id)
            given = [
                await _insert(transaction, workspace, item, verdict, impression_id, other_item)
                for item in items
            ]
            if once is not None:
                outcome = orjson.dumps([_written(one) for one in given]).decode()
                await keep_call(transaction, workspace, once, outcome)
        return given

    async def withdraw_feedback(self, workspace: WorkspaceId, feedback_id: str) -> Feedback:
        """Take it back, counts too; doing so again changes nothing. `NotFound` without it."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            row = await transaction.fetch_one(
                "withdraw_feedback",
                _FeedbackRow,
                workspace_id=workspace,
                feedback_id=escape(feedback_id),
            )
            if row is None:
                raise NotFound("feedback", feedback_id)
            await _count(transaction, workspace, row.item_id)
        return row.feedback()

    async def list_feedback(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[Feedback]:
        """Up to `limit` (1 to 1000) after `cursor`, the oldest first, and the next cursor."""
        check_limit(limit)
        after = None if cursor is None else Cursor.decode(cursor)
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_feedback",
                _FeedbackRow,
                workspace_id=workspace,
                after=after and after.created_at,
                after_id=after and after.id,
                limit=limit + 1,
            )
        page = [row.feedback() for row in rows[:limit]]
        following = Cursor(page[-1].created_at, page[-1].feedback_id) if page else None
        return Page(page, following.encode() if following and has_more(rows, limit) else None)


async def _insert(
    transaction: Transaction,
    workspace: WorkspaceId,
    item: ItemId,
    verdict: Verdict,
    impression_id: str | None,
    other_item: ItemId | None,
) -> Feedback:
    row = await transaction.fetch_one(
        "insert_feedback",
        _FeedbackRow,
        workspace_id=workspace,
        feedback_id=new_id("fb"),
        item_id=item,
        verdict=verdict.value,
        impression_id=impression_id,
        other_item_id=other_item,
    )
    if row is None:
        raise NotFound("item", item)
    await _count(transaction, workspace, row.item_id)
    return row.feedback()


async def _check_items(
    transaction: Transaction,
    workspace: WorkspaceId,
    items: Sequence[ItemId],
    other: ItemId | None,
) -> None:
    wanted = items if other is None else [*items, other]
    escaped = {escape(item): item for item in wanted}
    missing = await transaction.fetch_value(
        "find_missing_item", workspace_id=workspace, item_ids=list(escaped)
    )
    if missing is not None:
        raise NotFound("item", escaped[str(missing)])


async def _check_impression(
    transaction: Transaction, workspace: WorkspaceId, impression_id: str | None
) -> None:
    if impression_id is None:
        return
    found = await transaction.fetch_value(
        "find_impression", workspace_id=workspace, impression_id=escape(impression_id)
    )
    if found is None:
        raise NotFound("recall", impression_id)


async def _count(transaction: Transaction, workspace: WorkspaceId, item: ItemId) -> None:
    """As `memory.learning.tally` counts: by question, and the last word on each."""
    await transaction.run("count_feedback", workspace_id=workspace, item_id=item)


def _written(one: Feedback) -> Mapping[str, Json]:
    return {
        "feedback_id": one.feedback_id,
        "item_id": one.item_id,
        "verdict": one.verdict.value,
        "created_at": one.created_at.isoformat(),
        "impression_id": one.impression_id,
        "other_item_id": one.other_item_id,
    }


def _read(one: Mapping[str, Json]) -> Feedback:
    other, impression = one["other_item_id"], one["impression_id"]
    return Feedback(
        str(one["feedback_id"]),
        ItemId(str(one["item_id"])),
        Verdict(str(one["verdict"])),
        datetime.fromisoformat(str(one["created_at"])),
        None if impression is None else str(impression),
        None if other is None else ItemId(str(other)),
    )
