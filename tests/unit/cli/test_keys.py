"""How keys are shown."""

from datetime import UTC, datetime, timedelta

import pytest

from agent_memory.access.principal import ALL_SCOPES, ApiKeyRecord
from agent_memory.cli.keys import state_of
from agent_memory.ids import KeyId, WorkspaceId

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def key(expires_at: datetime | None = None, revoked_at: datetime | None = None) -> ApiKeyRecord:
    return ApiKeyRecord(
        key_id=KeyId("k"),
        workspace_id=WorkspaceId("default"),
        name="ann",
        scopes=ALL_SCOPES,
        created_at=NOW - HOUR,
        expires_at=expires_at,
        revoked_at=revoked_at,
        last_used_at=None,
    )


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (key(), "valid"),
        (key(expires_at=NOW + HOUR), "valid until 2026-01-02 04:04Z"),
        (key(expires_at=NOW - HOUR), "expired"),
        (key(revoked_at=NOW - HOUR), "revoked"),
        (key(expires_at=NOW + HOUR, revoked_at=NOW), "revoked"),
    ],
)
def test_the_state_of_a_key_is_told_in_words(record: ApiKeyRecord, state: str) -> None:
    assert state_of(record, NOW) == state
