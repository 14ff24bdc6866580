"""The audit log in the database: entries are written in the transaction of what they tell."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson

from agent_memory.access.audit import GENESIS, AuditEntry, AuditWalk, Verdict, entry_hash
from agent_memory.clock import utc_now
from agent_memory.errors import InvalidRequest, InvariantBroken
from agent_memory.ids import WorkspaceId
from agent_memory.pages import Page
from agent_memory.store.database import Database
from agent_memory.store.memory.pages import check_limit, has_more
from agent_memory.store.transaction import Transaction

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Head:
    entry_no: int
    hash: bytes


async def append_audit(
    transaction: Transaction,
    workspace: WorkspaceId,
    actor: str,
    action: str,
    subject: str,
    **detail: object,
) -> None:
    """One more entry, after all others of the workspace: they wait for one another here."""
    head = await transaction.fetch_one(
        "lock_audit_head", _Head, workspace_id=workspace, genesis=GENESIS
    )
    if head is None:
        raise InvariantBroken("the audit log has no head")
    now, number = utc_now(), head.entry_no + 1
    said = orjson.dumps(detail, default=str, option=orjson.OPT_SORT_KEYS).decode()
    sealed = entry_hash(workspace, number, now, actor, action, subject, said, head.hash)
    await transaction.run(
        "insert_audit_entry",
        workspace_id=workspace,
        entry_no=number,
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        detail=said,
        previous_hash=head.hash,
        hash=sealed,
    )


class AuditStore:
    """Reads the log and checks that it is whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[AuditEntry]:
        """Newest first, and the cursor of the next page."""
        check_limit(limit)
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_audit_entries", AuditEntry, before=_number(cursor), limit=limit + 1
            )
        page = rows[:limit]
        return Page(page, str(page[-1].entry_no) if has_more(rows, limit) else None)

    async def verify(self, workspace: WorkspaceId) -> Verdict:
        """Whether nothing was changed, left out or cut off since it was written."""
        async with self._database.snapshot(workspace) as transaction:
            head = await transaction.fetch_one("get_audit_head", _Head)
            walk = AuditWalk()
            async for entry in _entries(transaction):
                if not walk.takes(entry):
                    break
            return walk.verdict(*((head.entry_no, head.hash) if head else (0, GENESIS)))


async def _entries(transaction: Transaction) -> AsyncIterator[AuditEntry]:
    after = 0
    while True:
        rows = await transaction.fetch_all(
            "walk_audit_log", AuditEntry, after=after, limit=_AT_ONCE
        )
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].entry_no


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit()) or len(cursor) > 18:
        raise InvalidRequest("The cursor is not valid; use next_cursor.", "cursor")
    return int(cursor)
