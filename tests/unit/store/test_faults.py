import psycopg
import pytest
from psycopg import errors
from psycopg_pool import PoolTimeout

from agent_memory.errors import (
    AgentMemoryError,
    Conflict,
    InvalidRequest,
    InvariantBroken,
    NotFound,
    StorageUnavailable,
)
from agent_memory.store.faults import given_up_in_time, translated_errors


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (errors.UniqueViolation("duplicate key"), Conflict),
        (errors.ForeignKeyViolation("no such row"), Conflict),
        (errors.CharacterNotInRepertoire("0x00"), InvalidRequest),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), InvalidRequest),
        (psycopg.OperationalError("connection refused"), StorageUnavailable),
        (errors.AdminShutdown("terminating connection"), StorageUnavailable),
        (errors.QueryCanceled("statement timeout"), StorageUnavailable),
        (psycopg.InterfaceError("the connection is closed"), StorageUnavailable),
        (errors.DiskFull("could not extend file"), StorageUnavailable),
        (errors.ReadOnlySqlTransaction("cannot execute UPDATE"), StorageUnavailable),
        (PoolTimeout("no connection in 5 s"), StorageUnavailable),
        (errors.UndefinedTable("no such table"), InvariantBroken),
        (errors.InsufficientPrivilege("row-level security"), InvariantBroken),
    ],
)
def test_an_error_of_the_database_becomes_one_of_ours(
    foreign: Exception, ours: type[AgentMemoryError]
) -> None:
    with pytest.raises(ours) as raised, translated_errors():
        raise foreign

    assert raised.value.__cause__ is foreign


def test_an_error_of_ours_passes_as_it_is() -> None:
    with pytest.raises(NotFound), translated_errors():
        raise NotFound("session", "one")


def test_only_the_first_line_is_told_for_others_hold_values() -> None:
    foreign = errors.CheckViolation("violates check\nDETAIL:  Failing row contains (secret)")

    with pytest.raises(InvariantBroken) as raised, translated_errors():
        raise foreign

    assert "secret" not in str(raised.value)


def test_a_statement_given_up_in_time_is_told_from_a_database_that_cannot_be_used() -> None:
    with pytest.raises(TimeoutError), translated_errors(), given_up_in_time():
        raise errors.QueryCanceled("statement timeout")
    with pytest.raises(StorageUnavailable), translated_errors(), given_up_in_time():
        raise errors.AdminShutdown("terminating connection")
