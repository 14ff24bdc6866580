"""The audit log: who changed what, each entry sealed with the hash of the one before it."""

import hashlib
import json
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


class AuditWalk:
    """Takes the entries of a log in their order and finds the first that is not as it was."""

    def __init__(self) -> None:
        self._count = 0
        self._previous = GENESIS
        self._broken_at: int | None = None

    def takes(self, entry: AuditEntry) -> bool:
        """Whether `entry` is what was written after the one before it."""
        number = self._count + 1
        expected = entry_hash(
            entry.workspace_id,
            number,
            entry.at,
            entry.actor,
            entry.action,
            entry.subject,
            entry.detail,
            self._previous,
        )
        is_linked = entry.entry_no == number and entry.previous_hash == self._previous
        if not is_linked or entry.hash != expected:
            self._broken_at = number
            return False
        self._count, self._previous = number, entry.hash
        return True

    def verdict(self, last_no: int, head: bytes) -> Verdict:
        """`last_no` and `head` are what the log is known to end with: entries that were cut off at
        the end are missed too."""
        broken_at = self._broken_at
        if broken_at is None and (self._count, self._previous) != (last_no, head):
            broken_at = self._count + 1
        return Verdict(self._count, self._previous, broken_at)
