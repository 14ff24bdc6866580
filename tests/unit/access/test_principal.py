import pytest

from agent_memory.access.principal import Principal, Scope
from agent_memory.errors import PermissionDenied
from agent_memory.ids import KeyId, WorkspaceId


def principal(*scopes: Scope) -> Principal:
    return Principal(KeyId("0123456789ab"), WorkspaceId("default"), frozenset(scopes))


def test_a_scope_that_the_key_has_is_granted() -> None:
    principal(Scope.SESSIONS).require(Scope.SESSIONS)


def test_admin_has_every_scope_of_the_workspace() -> None:
    for scope in set(Scope) - {Scope.OPERATOR}:
        principal(Scope.ADMIN).require(scope)


def test_the_machine_is_not_the_admins_of_a_workspace() -> None:
    with pytest.raises(PermissionDenied, match="operator"):
        principal(Scope.ADMIN).require(Scope.OPERATOR)


def test_an_operator_sees_nothing_of_the_workspace() -> None:
    for scope in set(Scope) - {Scope.OPERATOR}:
        assert not principal(Scope.OPERATOR).has(scope)


def test_a_scope_that_the_key_lacks_is_denied_by_name() -> None:
    with pytest.raises(PermissionDenied, match="sessions"):
        principal(Scope.INFERENCE).require(Scope.SESSIONS)
