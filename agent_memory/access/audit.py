"""The audit log: who changed what, each entry sealed with the hash of the one before it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from agent_memory.ids import WorkspaceId

GENESIS = bytes(32)
"""The hash before the first entry."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """actor: the id of a key, or `cli`. subject: what was changed. detail: JSON, never a secret."""

    workspace_id: WorkspaceId
    entry_no: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the log is whole. broken_at: number of the first entry that is not as it was."""

    num_entries: int
    head: bytes
    broken_at: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None


def entry_hash(
    workspace: WorkspaceId,
    entry_no: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: str,
    previous: bytes,
) -> bytes:
    """SHA-256 over everything that an entry says and the hash of the entry before it."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [workspace, entry_no, moment, actor, action, subject, detail, previous.hex()]
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).digest()


def verify(entries: Iterable[AuditEntry], last_no: int, head: bytes) -> Verdict:
    """Walk the chain. `last_no` and `head` are what the log is known to end with: entries that
    were cut off at the end are missed too."""
    previous, count = GENESIS, 0
    for count, entry in enumerate(entries, 1):  # noqa: B007  the count is what remains
        expected = entry_hash(
            entry.workspace_id,
            count,
            entry.at,
            entry.actor,
            entry.action,
            entry.subject,
            entry.detail,
            previous,
        )
        is_linked = entry.entry_no == count and entry.previous_hash == previous
        if not is_linked or entry.hash != expected:
            return Verdict(count, previous, broken_at=count)
        previous = entry.hash
    if (count, previous) != (last_no, head):
        return Verdict(count, previous, broken_at=count + 1)
    return Verdict(count, previous)
