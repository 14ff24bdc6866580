"""One transaction of the application's, in which statements are run by name."""

from typing import TypeVar

from psycopg import AsyncConnection
from psycopg.rows import scalar_row

from agent_memory.store.row_values import rows_of
from agent_memory.store.statements import statement

Row = TypeVar("Row")


class Transaction:
    """Runs the statements of `queries/`; rows come back as values of the type that is named.

    Errors of psycopg leave it as they are: whoever opened the transaction translates them.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @property
    def backend(self) -> int:
        """The process id of the database's that serves this transaction."""
        return self._connection.info.backend_pid

    async def run(self, name: str, /, **values: object) -> None:
        """Run a statement for its effect."""
        await self._connection.execute(statement(name), values)

    async def fetch_one(self, name: str, row: type[Row], /, **values: object) -> Row | None:
        """The first row, its columns being the fields of `row`; None without one."""
        async with self._connection.cursor(row_factory=rows_of(row)) as cursor:
            await cursor.execute(statement(name), values)
            return await cursor.fetchone()

    async def fetch_all(self, name: str, row: type[Row], /, **values: object) -> list[Row]:
        """All rows, their columns being the fields of `row`."""
        async with self._connection.cursor(row_factory=rows_of(row)) as cursor:
            await cursor.execute(statement(name), values)
            return await cursor.fetchall()

    async def fetch_value(self, name: str, /, **values: object) -> object:
        """The first column of the first row; None without one."""
        async with self._connection.cursor(row_factory=scalar_row) as cursor:
            await cursor.execute(statement(name), values)
            return await cursor.fetchone()
