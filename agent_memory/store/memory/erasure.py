"""Forgetting for good."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.items.erased import Erased
from agent_memory.store.database import Database
from agent_memory.store.memory.eraser import erase, list_doomed, refuse_held
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.safe_text import escape
from agent_memory.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _Number:
    item_no: int


@dataclass(frozen=True, slots=True)
class _Counts:
    num_items: int
    num_materials: int
    num_threads: int
    num_held: int


class ErasureStore:
    """Removes rows, postings, vectors, keys and impressions, and what was derived from what is
    removed alone; the statistics of the workspace are exact afterwards. What is under legal hold
    is not removed: `Conflict`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def erase_item(self, workspace: WorkspaceId, item: ItemId) -> Erased:
        """`NotFound` without it."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            numbers = await _find_numbers(transaction, workspace, [item])
            if not numbers:
                raise NotFound("item", item)
            doomed = await list_doomed(transaction, workspace, numbers)
            refuse_held(doomed)
            return await erase(transaction, workspace, doomed)

    async def erase_items(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> Erased:
        """Those that exist and are not held; the others stay without a word."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            numbers = await _find_numbers(transaction, workspace, items)
            doomed = await list_doomed(transaction, workspace, numbers)
            free = [row for row in doomed if not row.legal_hold]
            return await erase(transaction, workspace, free)

    async def erase_thread(self, workspace: WorkspaceId, thread: ThreadId) -> Erased:
        """The thread with all its items and raw texts; `NotFound` without it."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            rows = await transaction.fetch_all(
                "list_thread_item_numbers",
                _Number,
                workspace_id=workspace,
                thread_id=escape(thread),
            )
            doomed = await list_doomed(transaction, workspace, [row.item_no for row in rows])
            refuse_held(doomed)
            await _refuse_held_thread(transaction, workspace, thread)
            erased = await erase(transaction, workspace, doomed)
            num_left = await transaction.fetch_value(
                "delete_thread", workspace_id=workspace, thread_id=escape(thread)
            )
        if not isinstance(num_left, int):
            raise NotFound("thread", thread)
        return replace(erased, num_materials=erased.num_materials + num_left, num_threads=1)

    async def erase_all(self, workspace: WorkspaceId) -> Erased:
        """The whole memory of the workspace; its policies and sessions stay."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            counts = await transaction.fetch_one("count_memory", _Counts, workspace_id=workspace)
            if counts is None or counts.num_held:
                raise Conflict("An item or thread of this memory is under legal hold.")
            for name in _EVERYTHING:
                await transaction.run(name, workspace_id=workspace)
        return Erased(counts.num_items, counts.num_materials, counts.num_threads)


_EVERYTHING = (
    "clear_threads",
    "clear_postings",
    "clear_term_statistics",
    "clear_memory_statistics",
    "clear_item_keys",
    "clear_impressions",
    "clear_consolidations",
    "clear_remembered_calls",
    "clear_weight_sets",
)


async def _refuse_held_thread(
    transaction: Transaction, workspace: WorkspaceId, thread: ThreadId
) -> None:
    if await transaction.fetch_value(
        "is_thread_held", workspace_id=workspace, thread_id=escape(thread)
    ):
        raise Conflict(f"The thread '{thread}' is under legal hold.")


async def _find_numbers(
    transaction: Transaction, workspace: WorkspaceId, items: Sequence[ItemId]
) -> list[int]:
    rows = await transaction.fetch_all(
        "find_item_numbers",
        _Number,
        workspace_id=workspace,
        item_ids=[escape(item) for item in items],
    )
    return [row.item_no for row in rows]
