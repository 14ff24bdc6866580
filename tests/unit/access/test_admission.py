from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent_memory.access.admission import StoredKey, admit
from agent_memory.access.keys import generate_key
from agent_memory.access.principal import Principal, Scope
from agent_memory.errors import Unauthenticated
from agent_memory.ids import WorkspaceId

NOW = datetime(2026, 5, 1, tzinfo=UTC)
KEY = generate_key()
STORED = StoredKey(
    key_id=KEY.key_id,
    workspace_id=WorkspaceId("default"),
    secret_hash=KEY.secret_hash,
    scopes=frozenset({Scope.INFERENCE}),
    expires_at=NOW + timedelta(hours=1),
    revoked_at=None,
)


def test_a_valid_key_is_admitted_with_its_workspace_and_scopes() -> None:
    principal = admit(KEY, STORED, NOW)

    expected = Principal(KEY.key_id, WorkspaceId("default"), frozenset({Scope.INFERENCE}))
    assert principal == expected


def test_a_key_without_expiry_is_admitted_at_any_time() -> None:
    stored = replace(STORED, expires_at=None)

    assert admit(KEY, stored, NOW + timedelta(days=36500)).key_id == KEY.key_id


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(Unauthenticated, match="not known"):
        admit(KEY, None, NOW)


def test_a_key_is_refused_from_the_moment_it_expires() -> None:
    with pytest.raises(Unauthenticated, match="expired"):
        admit(KEY, STORED, NOW + timedelta(hours=1))


def test_a_revoked_key_is_refused() -> None:
    with pytest.raises(Unauthenticated, match="revoked"):
        admit(KEY, replace(STORED, revoked_at=NOW), NOW)


def test_a_wrong_secret_learns_nothing_about_the_state_of_the_key() -> None:
    revoked = replace(STORED, revoked_at=NOW, secret_hash=generate_key().secret_hash)

    with pytest.raises(Unauthenticated, match="not known"):
        admit(KEY, revoked, NOW)
