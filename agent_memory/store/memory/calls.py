"""What earlier calls of the same idempotency key did."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from agent_memory.errors import Conflict
from agent_memory.ids import ItemId, MaterialId, WorkspaceId
from agent_memory.memory.ingestion import Prepared, Remembered
from agent_memory.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _CallRow:
    request_hash: str
    remembered: str


def hash_request(prepared: Sequence[Prepared]) -> str:
    """Names what is asked for, whatever order its metadata come in."""
    asked = [
        (entry.material.thread_id, entry.material.kind.value, entry.content_hash)
        for entry in prepared
    ]
    return hashlib.sha256(orjson.dumps(asked)).hexdigest()


async def find_call(
    transaction: Transaction, workspace: WorkspaceId, key: str, request_hash: str
) -> Remembered | None:
    """What the first call of this key did; `Conflict` when it was about something else."""
    row = await transaction.fetch_one(
        "find_remembered_call", _CallRow, workspace_id=workspace, idempotency_key=key
    )
    if row is None:
        return None
    if row.request_hash != request_hash:
        raise Conflict(f"The idempotency key '{key}' was used for something else.")
    values = orjson.loads(row.remembered)
    return Remembered(
        materials=tuple(MaterialId(value) for value in values["materials"]),
        added=tuple(ItemId(value) for value in values["added"]),
        updated=tuple(ItemId(value) for value in values["updated"]),
        num_known=values["num_known"],
    )


async def keep_call(
    transaction: Transaction,
    workspace: WorkspaceId,
    key: str,
    request_hash: str,
    remembered: Remembered,
) -> None:
    await transaction.run(
        "keep_remembered_call",
        workspace_id=workspace,
        idempotency_key=key,
        request_hash=request_hash,
        remembered=orjson.dumps(remembered).decode(),
    )
