"""The way to the database: a few connections, and transactions that see one workspace."""

import select
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool

from agent_memory.ids import WorkspaceId
from agent_memory.store.faults import given_up_in_time, translated_errors
from agent_memory.store.pipelined import Pipelined
from agent_memory.store.statements import statement
from agent_memory.store.transaction import Transaction

CONNECTION_OPTIONS: Mapping[str, str | int] = {
    "application_name": "agent_memory",
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_RECONNECT_TIMEOUT_S = 2.0
"""Short, because the pool waits ever longer between its attempts, and a new request begins anew."""
_MAX_IDLE_S = 300.0
_STATEMENT_TIMEOUT_S = 30.0
_NO_WORKSPACE = WorkspaceId("")


class Database:
    """A pool of connections, opened when first needed, on the event loop that uses it.

    Role, workspace and search path are set within each transaction, so that a connection carries
    nothing from one to the next and may go through a pooler. A connection that died is replaced:
    after the database was restarted the next transaction works.
    """

    def __init__(self, url: str, max_size: int = 4, timeout_s: float = 5.0) -> None:
        """timeout_s: how long to wait for a connection before `StorageUnavailable`."""
        self._pool = AsyncConnectionPool(
            url,
            connection_class=AsyncConnection,
            kwargs=dict(CONNECTION_OPTIONS),
            min_size=0,
            max_size=max_size,
            timeout=timeout_s,
            max_idle=_MAX_IDLE_S,
            reconnect_timeout=_RECONNECT_TIMEOUT_S,
            check=_check,
            open=False,
        )

    @asynccontextmanager
    async def workspace(self, workspace_id: WorkspaceId) -> AsyncIterator[Transaction]:
        """A transaction that reads and writes the rows of one workspace and sees no others.

        Committed at the end, rolled back on any error. Errors of the database arrive as
        `StorageUnavailable`, `Conflict`, `InvalidRequest` or `InvariantBroken`.
        """
        with translated_errors():
            async with self._connection() as connection:
                await _enter(connection, workspace_id)
                yield Transaction(connection)

    @asynccontextmanager
    async def pipelined(
        self, workspace_id: WorkspaceId, timeout_s: float, *, is_planned_once: bool
    ) -> AsyncIterator[Pipelined]:
        """Like `workspace`, for statements that need not wait for each other's rows; their answers
        may be read after the end. `TimeoutError` when one of them takes longer than `timeout_s`.

        is_planned_once: for statements whose best plan is the same whatever they are asked for.
        """
        planning = "force_generic_plan" if is_planned_once else "auto"
        with translated_errors(), given_up_in_time():
            async with self._connection() as connection, connection.pipeline() as pipeline:
                await _enter(connection, workspace_id, timeout_s, planning)
                yield Pipelined(connection, pipeline)
                await connection.commit()

    @asynccontextmanager
    async def snapshot(self, workspace_id: WorkspaceId) -> AsyncIterator[Transaction]:
        """Like `workspace`, for several reads that must see the same moment."""
        with translated_errors():
            async with self._connection() as connection:
                await connection.execute(statement("freeze_snapshot"))
                await _enter(connection, workspace_id)
                yield Transaction(connection)

    @asynccontextmanager
    async def no_workspace(self) -> AsyncIterator[Transaction]:
        """A transaction that sees no workspace's rows: for what comes before one is known."""
        async with self.workspace(_NO_WORKSPACE) as transaction:
            yield transaction

    @asynccontextmanager
    async def job_queue(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees the jobs of all workspaces, and nothing else of them."""
        with translated_errors():
            async with self._connection() as connection:
                await connection.execute(statement("enter_job_queue"))
                yield connection

    async def administer(self, *commands: sql.Composed) -> None:
        """Run commands as the owner of the tables, each by itself: for those that no transaction
        may contain, such as building an index while others write."""
        with translated_errors():
            async with self._connection() as connection:
                await connection.set_autocommit(True)
                try:
                    await connection.execute(statement("act_as_owner"))
                    for command in commands:
                        await connection.execute(command)
                finally:
                    await connection.execute(statement("act_as_oneself"))
                    await connection.set_autocommit(False)

    async def ping(self) -> None:
        """Return when the database answers and knows our role; else `StorageUnavailable`."""
        async with self.no_workspace():
            pass

    async def close(self) -> None:
        """Close all connections. Harmless when none was ever opened."""
        await self._pool.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        if self._pool.closed:
            await self._pool.open()
        async with self._pool.connection() as connection:
            yield connection


async def _enter(
    connection: AsyncConnection,
    workspace_id: WorkspaceId,
    timeout_s: float = _STATEMENT_TIMEOUT_S,
    planning: str = "auto",
) -> None:
    values = {
        "workspace_id": workspace_id,
        "timeout": f"{max(1, round(timeout_s * 1000))}ms",
        "planning": planning,
    }
    await connection.execute(statement("enter_application"), values)


async def _check(connection: AsyncConnection) -> None:
    """Raise for a connection that died. A live one says nothing unasked, so that nearly always a
    look at its socket will do, where asking would cost a round trip before each transaction."""
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    if socket.poll(0):
        await AsyncConnectionPool.check_connection(connection)
