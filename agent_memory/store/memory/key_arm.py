"""Finding items by the files, symbols, tests and fingerprints that the question names."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.recalled import Query
from agent_memory.store.memory.key_rows import KeyColumns
from agent_memory.store.pipelined import Answer, Pipelined

NUM_HOLDERS = 200
MAX_KEYS = 200


@dataclass(frozen=True, slots=True)
class HolderRow:
    item_no: int
    num_shared: int


async def ask_keys(
    pipeline: Pipelined, workspace: WorkspaceId, query: Query
) -> Answer[HolderRow] | None:
    """Who has keys of the question; None when it names none."""
    if not query.keys:
        return None
    columns = KeyColumns()
    columns.add(0, query.keys[:MAX_KEYS])
    return await pipeline.ask(
        "find_by_keys",
        HolderRow,
        workspace_id=workspace,
        kinds=columns.kinds,
        names=columns.names,
        values=columns.values,
        limit=NUM_HOLDERS,
    )


async def shared_keys(answer: Answer[HolderRow] | None) -> Mapping[int, int]:
    """How many keys items share with the question, by their numbers; the most first."""
    rows = [] if answer is None else await answer.rows()
    return {row.item_no: row.num_shared for row in rows}
