"""The way to the database: a few connections, and transactions that see one workspace."""

import select
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from pgvector import HalfVector
from pgvector.psycopg.halfvec import HalfVectorBinaryDumper
from psycopg import AsyncConnection, AsyncCursor, OperationalError, sql
from psycopg_pool import AsyncConnectionPool

from agent_memory.ids import WorkspaceId
from agent_memory.store.faults import given_up_in_time, translated_errors
from agent_memory.store.pipelined import Pipelined
from agent_memory.store.row_values import rows_of
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
"""Short, because the pool waits ever longer between its attempts, and a new request starts over."""
_MAX_IDLE_S = 300.0
_STATEMENT_TIMEOUT_S = 30.0
_NO_WORKSPACE = WorkspaceId("")
_COMMIT = "COMMIT"
"""As a statement, where psycopg's own way waits for its answer before the pipeline is left, which
waits for another one."""

Row = TypeVar("Row")
Enter = Callable[[AsyncConnection], Awaitable[None]]
"""The first statements of a transaction, which say what it may see."""
Ask = Callable[[Pipelined], Awaitable[None]]
"""Sends statements without waiting for them."""


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
            configure=_adapt,
            check=_check,
            open=False,
        )

    @property
    def url(self) -> str:
        """For programs that connect by themselves. It may hold a password."""
        return str(self._pool.conninfo)

    @asynccontextmanager
    async def workspace(self, workspace_id: WorkspaceId) -> AsyncIterator[Transaction]:
        """A transaction that reads and writes the rows of one workspace and sees no others.

        Committed at the end, rolled back on any error. Errors of the database arrive as
        `StorageUnavailable`, `Conflict`, `InvalidRequest` or `InvariantBroken`.
        """
        with translated_errors():
            async with self._connection(_entering(workspace_id)) as connection:
                yield Transaction(connection)

    @asynccontextmanager
    async def pipelined(
        self,
        workspace_id: WorkspaceId,
        timeout_s: float = _STATEMENT_TIMEOUT_S,
        ask_first: Ask | None = None,
        *,
        is_planned_once: bool,
    ) -> AsyncIterator[Pipelined]:
        """Like `workspace`, for statements that need not wait for each other's rows; their answers
        may be read after the end. `TimeoutError` when one of them takes longer than `timeout_s`.

        ask_first: sends what is known from the beginning, in the round trip that enters the
        workspace; again on another connection where the first turns out to be dead.
        is_planned_once: for statements whose best plan is the same whatever they are asked for.
        """
        planning = "force_generic_plan" if is_planned_once else "auto"
        enter = _entering(workspace_id, timeout_s, planning)

        async def enter_and_ask(connection: AsyncConnection) -> None:
            async with connection.pipeline() as pipeline:
                await enter(connection)
                if ask_first is not None:
                    await ask_first(Pipelined(connection, pipeline))

        with translated_errors(), given_up_in_time():
            async with (
                self._connection(enter_and_ask) as connection,
                connection.pipeline() as pipeline,
            ):
                yield Pipelined(connection, pipeline)
                await connection.execute(_COMMIT)

    async def at_once(
        self, workspace_id: WorkspaceId, name: str, row: type[Row], /, **values: object
    ) -> list[Row]:
        """One statement as a transaction of its own, in one round trip. It may run twice, where the
        connection dies before its answer has come."""
        enter = _entering(workspace_id, planning="force_generic_plan")
        cursor: AsyncCursor[Row]

        async def run(connection: AsyncConnection) -> None:
            nonlocal cursor
            # Without BEGIN all that is sent until the pipeline ends is one transaction.
            await connection.set_autocommit(True)
            try:
                async with connection.pipeline():
                    await enter(connection)
                    cursor = connection.cursor(row_factory=rows_of(row))
                    await cursor.execute(statement(name), values)
            finally:
                if not connection.closed:
                    await connection.set_autocommit(False)

        with translated_errors():
            async with self._connection(run):
                return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def snapshot(self, workspace_id: WorkspaceId) -> AsyncIterator[Transaction]:
        """Like `workspace`, for several reads that must see the same moment."""
        enter = _entering(workspace_id)

        async def freeze_and_enter(connection: AsyncConnection) -> None:
            await connection.execute(statement("freeze_snapshot"))
            await enter(connection)

        with translated_errors(reads_only=True):
            async with self._connection(freeze_and_enter) as connection:
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
            async with self._connection(_enter_job_queue) as connection:
                yield connection

    async def administer(self, *commands: sql.Composed) -> None:
        """Run commands as the owner of the tables, each by itself: for those that no transaction
        may contain, such as building an index while others write."""
        with translated_errors():
            is_alive = AsyncConnectionPool.check_connection
            async with self._connection(is_alive) as connection:
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
    async def _connection(self, enter: Enter) -> AsyncIterator[AsyncConnection]:
        """A connection on which `enter` has run."""
        if self._pool.closed:
            await self._pool.open()
        async with AsyncExitStack() as stack:
            yield await self._entered(stack, enter)

    async def _entered(self, stack: AsyncExitStack, enter: Enter) -> AsyncConnection:
        """Nothing was done on a connection that is found dead by its first statement, so another
        one takes its place; in the end one that is new."""
        for _ in range(self._pool.max_size):
            async with AsyncExitStack() as trial:
                connection = await trial.enter_async_context(self._pool.connection())
                try:
                    await enter(connection)
                except OperationalError:
                    if not connection.closed:
                        raise
                else:
                    stack.push_async_exit(trial.pop_all())
                    return connection
        connection = await stack.enter_async_context(self._pool.connection())
        await enter(connection)
        return connection


def _entering(
    workspace_id: WorkspaceId, timeout_s: float = _STATEMENT_TIMEOUT_S, planning: str = "auto"
) -> Enter:
    values = {
        "workspace_id": workspace_id,
        "timeout": f"{max(1, round(timeout_s * 1000))}ms",
        "planning": planning,
    }

    async def enter(connection: AsyncConnection) -> None:
        await connection.execute(statement("enter_application"), values)

    return enter


async def _enter_job_queue(connection: AsyncConnection) -> None:
    await connection.execute(statement("enter_job_queue"))


async def _adapt(connection: AsyncConnection) -> None:
    """Send vectors in binary. The statements say that they are of halfvec, so that the type's
    number, which every database gives again, need not be asked for."""
    connection.adapters.register_dumper(HalfVector, HalfVectorBinaryDumper)


async def _check(connection: AsyncConnection) -> None:
    """Raise for a connection that is known to have died. A live one says nothing unasked, so that
    a look at its socket will do, where asking would cost a round trip before each transaction."""
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    if socket.poll(0):
        await AsyncConnectionPool.check_connection(connection)
