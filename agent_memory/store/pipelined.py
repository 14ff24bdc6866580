"""One transaction whose statements are sent at once, without waiting for one another's rows."""

from typing import Generic, TypeVar

from psycopg import AsyncConnection, AsyncCursor, AsyncPipeline

from agent_memory.store.row_values import rows_of
from agent_memory.store.statements import statement

Row = TypeVar("Row")


class Answer(Generic[Row]):
    """What a statement has found, once its pipeline is settled or at its end."""

    def __init__(self, cursor: AsyncCursor[Row]) -> None:
        self._cursor = cursor

    async def rows(self) -> list[Row]:
        """None of a statement that failed, or was not run because one before it did."""
        return [] if self._cursor.pgresult is None else await self._cursor.fetchall()


class Pipelined:
    """Runs the statements of `queries/` as a `Transaction` does, many in one round trip.

    Where one fails, those sent after it are not run. The error is raised when the pipeline is
    settled or ends, or when the next statement is sent.
    """

    def __init__(self, connection: AsyncConnection, pipeline: AsyncPipeline) -> None:
        self._connection = connection
        self._pipeline = pipeline

    async def ask(self, name: str, row: type[Row], /, **values: object) -> Answer[Row]:
        """Rows whose columns are the fields of `row`."""
        cursor = self._connection.cursor(row_factory=rows_of(row))
        await cursor.execute(statement(name), values)
        return Answer(cursor)

    async def ask_binary(self, name: str, row: type[Row], /, **values: object) -> Answer[Row]:
        """As `ask`, the values coming as the database has them: for what is mostly bytes, which
        as text would be twice as long. A `real` comes with what its text rounds off."""
        cursor = self._connection.cursor(binary=True, row_factory=rows_of(row))
        await cursor.execute(statement(name), values)
        return Answer(cursor)

    async def settle(self) -> None:
        """Wait for all answers."""
        await self._pipeline.sync()
