"""Asking a database what it is, without changing anything in it."""

from dataclasses import dataclass

import psycopg

from agent_memory.store.address import check_address
from agent_memory.store.faults import translated_errors
from agent_memory.store.statements import statement

_CONNECT_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """`version` as in "18.1"; `vector_version` of the pgvector that could be used, if any."""

    version: str
    vector_version: str | None


def probe_database(url: str) -> ServerFacts:
    """What answers at `url`. Blocks; `StorageUnavailable` when nothing does."""
    check_address(url)
    with (
        translated_errors(),
        psycopg.connect(url, connect_timeout=_CONNECT_TIMEOUT_S) as connection,
    ):
        number = connection.info.server_version
        row = connection.execute(statement("find_vector")).fetchone()
    vector = None if row is None else str(row[0])
    return ServerFacts(f"{number // 10000}.{number % 10000}", vector)
