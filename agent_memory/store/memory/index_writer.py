"""Postings and the statistics over them, which always agree with the items."""

from collections.abc import Sequence

from agent_memory.ids import WorkspaceId
from agent_memory.store.memory.arrays import int_array
from agent_memory.store.transaction import Transaction


async def add_to_index(
    transaction: Transaction, workspace: WorkspaceId, item_nos: Sequence[int]
) -> None:
    """Make stored items findable by their terms."""
    for name in ("insert_postings", "count_terms_in", "count_items_in"):
        await transaction.run(name, workspace_id=workspace, item_nos=int_array(item_nos))


async def take_from_index(
    transaction: Transaction, workspace: WorkspaceId, item_nos: Sequence[int]
) -> None:
    """The reverse, while the items are still stored with the terms that they were added with."""
    for name in ("delete_postings", "count_terms_out", "drop_unused_terms", "count_items_out"):
        await transaction.run(name, workspace_id=workspace, item_nos=int_array(item_nos))
