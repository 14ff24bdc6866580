"""The meaning of the database's errors to the rest of the product."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg_pool import PoolTimeout

from agent_memory.errors import Conflict, InvalidRequest, InvariantBroken, StorageUnavailable


@contextmanager
def translated_errors(*, reads_only: bool = False) -> Iterator[None]:
    """Raise our own error for every error of psycopg's, with the first as its cause.

    reads_only: a write is refused because of the transaction, not because of the disk.
    """
    try:
        yield
    except errors.UniqueViolation as error:
        raise Conflict("An object with that id already exists.") from error
    except errors.ForeignKeyViolation as error:
        raise Conflict("Its workspace or session does not exist.") from error
    except errors.DataError as error:
        raise InvalidRequest(
            f"The database cannot hold this value: {_first_line(error)}"
        ) from error
    except UnicodeEncodeError as error:
        raise InvalidRequest("The database cannot hold half a surrogate pair.") from error
    except PoolTimeout as error:
        raise StorageUnavailable("The database cannot be reached.") from error
    except (
        psycopg.OperationalError,
        psycopg.InterfaceError,
        errors.ReadOnlySqlTransaction,  # how managed databases answer when their disk is full
    ) as error:
        if reads_only and isinstance(error, errors.ReadOnlySqlTransaction):
            raise InvariantBroken(f"A snapshot does not write: {_first_line(error)}") from error
        raise StorageUnavailable(f"The database cannot be used: {_first_line(error)}") from error
    except psycopg.Error as error:
        raise InvariantBroken(f"The database refused a statement: {_first_line(error)}") from error


@contextmanager
def given_up_in_time() -> Iterator[None]:
    """Raise `TimeoutError` for a statement that took longer than its transaction allows."""
    try:
        yield
    except errors.QueryCanceled as error:
        raise TimeoutError from error


def _first_line(error: psycopg.Error) -> str:
    return str(error).partition("\n")[0]
