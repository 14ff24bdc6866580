"""The queue as the processes see it that run jobs, of all workspaces."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime

import orjson
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from agent_memory.json_value import Json
from agent_memory.store.database import Database
from agent_memory.store.memory.safe_json import escape_mapping, unescape_mapping
from agent_memory.store.notifications import notifications
from agent_memory.store.safe_text import escape
from agent_memory.store.statements import statement

_MAX_ERROR = 2000


class JobQueueStore:
    """Runs the statements of the queue's own library, as the owner of its tables."""

    def __init__(self, database: Database, url: str) -> None:
        """url: of the same database, for the connection that listens."""
        self._database = database
        self._url = url

    async def execute(
        self, query: str, values: Mapping[str, object]
    ) -> Sequence[dict[str, object]]:
        """All rows, none for a statement that has none. Each call is a transaction of its own."""
        adapted = {key: _adapted(value) for key, value in values.items()}
        async with (
            self._database.job_queue() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(query.encode(), adapted)
            rows = await cursor.fetchall() if cursor.description is not None else []
        return [_unescaped(row) for row in rows]

    def notifications(self, channels: Iterable[str]) -> AsyncIterator[tuple[str, str]]:
        """(channel, payload) of what is told from now on, over a connection of its own, until that
        breaks (`StorageUnavailable`)."""
        return notifications(self._url, channels)

    async def note_outcome(self, job_no: int, outcome: Mapping[str, Json]) -> None:
        """What the job has done so far."""
        text = orjson.dumps(escape_mapping(outcome)).decode()
        async with self._database.job_queue() as connection:
            values = {"job_no": job_no, "outcome": text}
            await connection.execute(statement("note_job_outcome"), values)

    async def note_error(self, job_no: int, error: str) -> None:
        """Why the attempt failed."""
        async with self._database.job_queue() as connection:
            values = {"job_no": job_no, "error": escape(error[:_MAX_ERROR])}
            await connection.execute(statement("note_job_error"), values)

    async def rescue_jobs(self, silent_s: float, max_attempts: int) -> int:
        """Put back the running jobs of workers that have not been seen for so long; how many. One
        that has been tried so often is dead."""
        return await self._count("rescue_jobs", silent_s=silent_s, max_attempts=max_attempts)

    async def forget_jobs(self, others_before: datetime, dead_before: datetime) -> int:
        """Drop jobs that ended before then; the dead ones have a time of their own."""
        return await self._count(
            "forget_jobs", others_before=others_before, dead_before=dead_before
        )

    async def _count(self, name: str, **values: object) -> int:
        async with self._database.job_queue() as connection:
            cursor = await connection.execute(statement(name), values)
            row = await cursor.fetchone()
        return int(row[0]) if row is not None else 0


def _adapted(value: object) -> object:
    return Jsonb(value) if isinstance(value, dict) else value


def _unescaped(row: dict[str, object]) -> dict[str, object]:
    match row.get("args"):
        case dict(args):
            return {**row, "args": unescape_mapping(args)}
        case _:
            return row
