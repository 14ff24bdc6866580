"""Outcomes of earlier calls by idempotency key, kept in the transaction of their writes."""

from dataclasses import dataclass

from agent_memory.errors import Conflict
from agent_memory.ids import WorkspaceId
from agent_memory.store.transaction import Transaction
from agent_memory.work.once import Once


@dataclass(frozen=True, slots=True)
class _CallRow:
    request_hash: str
    remembered: str


async def find_call(transaction: Transaction, workspace: WorkspaceId, once: Once) -> str | None:
    """The first call's outcome as JSON; `Conflict` when it was about something else.

    Two calls of one key must not both find nothing: the caller holds a lock of the workspace.
    """
    row = await transaction.fetch_one(
        "find_remembered_call", _CallRow, workspace_id=workspace, idempotency_key=once.key
    )
    if row is None:
        return None
    if row.request_hash != once.request_hash:
        raise Conflict(f"The idempotency key '{once.key}' was used for something else.")
    return row.remembered


async def keep_call(
    transaction: Transaction, workspace: WorkspaceId, once: Once, outcome: str
) -> None:
    """outcome: JSON."""
    await transaction.run(
        "keep_remembered_call",
        workspace_id=workspace,
        idempotency_key=once.key,
        request_hash=once.request_hash,
        remembered=outcome,
    )
