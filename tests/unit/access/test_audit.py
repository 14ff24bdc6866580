"""The chain of the audit log."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_memory.access.audit import GENESIS, AuditEntry, AuditWalk, Verdict, entry_hash
from agent_memory.ids import WorkspaceId

AT = datetime(2026, 1, 1, tzinfo=UTC)


def chain(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    previous = GENESIS
    for number in range(1, length + 1):
        said = (WorkspaceId("w"), number, AT, "cli", "key.create", f"k{number}", "{}")
        sealed = entry_hash(*said, previous)
        entries.append(AuditEntry(*said, previous, sealed))
        previous = sealed
    return entries


def walked(entries: list[AuditEntry], last: AuditEntry) -> Verdict:
    walk = AuditWalk()
    for entry in entries:
        if not walk.takes(entry):
            break
    return walk.verdict(last.entry_no, last.hash)


def test_a_log_as_it_was_written_is_whole() -> None:
    entries = chain(5)
    assert walked(entries, entries[-1]) == Verdict(5, entries[-1].hash)
    assert AuditWalk().verdict(0, GENESIS).is_whole


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "eve"},
        {"action": "key.revoke"},
        {"subject": "k9"},
        {"detail": '{"a":1}'},
        {"at": AT.replace(microsecond=1)},
        {"workspace_id": WorkspaceId("other")},
    ],
)
def test_every_word_of_an_entry_is_sealed(change: dict[str, object]) -> None:
    entries = chain(5)
    touched = [*entries[:2], replace(entries[2], **change), *entries[3:]]  # type: ignore[arg-type]
    assert walked(touched, entries[-1]).broken_at == 3


def test_an_entry_that_is_missing_is_found_at_the_end_too() -> None:
    entries = chain(5)
    assert walked([*entries[:2], *entries[3:]], entries[-1]).broken_at == 3
    assert walked(entries[:4], entries[-1]).broken_at == 5
    assert walked([], entries[-1]).broken_at == 1
