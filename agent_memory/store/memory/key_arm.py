"""Finding items by the files, symbols, tests and fingerprints that the question names."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent_memory.ids import WorkspaceId
from agent_memory.memory.recalled import Query
from agent_memory.store.memory.key_rows import KeyColumns
from agent_memory.store.transaction import Transaction

NUM_HOLDERS = 200
MAX_KEYS = 200


@dataclass(frozen=True, slots=True)
class _HolderRow:
    item_no: int
    num_shared: int


async def find_by_keys(
    transaction: Transaction, workspace: WorkspaceId, query: Query
) -> Mapping[int, int]:
    """How many keys items share with the question, by their numbers; the most first."""
    if not query.keys:
        return {}
    columns = KeyColumns()
    columns.add(0, query.keys[:MAX_KEYS])
    rows = await transaction.fetch_all(
        "find_by_keys",
        _HolderRow,
        workspace_id=workspace,
        kinds=columns.kinds,
        names=columns.names,
        values=columns.values,
        limit=NUM_HOLDERS,
    )
    return {row.item_no: row.num_shared for row in rows}
