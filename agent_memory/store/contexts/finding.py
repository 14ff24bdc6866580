"""A context by its key, within a transaction."""

from datetime import datetime

from agent_memory.contexts.context import StoredContext
from agent_memory.contexts.document import MAX_DOCUMENT_BYTES
from agent_memory.ids import ContextKey, WorkspaceId
from agent_memory.store.contexts.rows import ContextRow, VersionRow
from agent_memory.store.transaction import Transaction


async def find_context(
    transaction: Transaction,
    workspace: WorkspaceId,
    key: ContextKey,
    now: datetime | None,
    version: int | None,
    *,
    with_body: bool = True,
    most_bytes: int = MAX_DOCUMENT_BYTES,
) -> StoredContext | None:
    """As it stands, with the content of `version`; None unless that exists and the context lives at
    `now`. now: None finds expired ones too. most_bytes: a longer body of the present version is
    left out, unless it is sealed."""
    row = await transaction.fetch_one(
        "find_context",
        ContextRow,
        workspace_id=workspace,
        key=key,
        now=now,
        with_body=with_body and version is None,
        most_bytes=most_bytes,
    )
    if row is None:
        return None
    if version is None:
        return row.stored(workspace)
    asked = await transaction.fetch_one(
        "find_context_version",
        VersionRow,
        workspace_id=workspace,
        lineage=row.lineage,
        version=version,
    )
    if asked is None:
        return None
    return StoredContext(row.context(workspace), asked.info(workspace), asked.closed())
