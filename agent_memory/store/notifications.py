"""What the database tells unasked."""

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing

from psycopg import AsyncConnection, sql
from psycopg.conninfo import make_conninfo

from agent_memory.store.database import CONNECTION_OPTIONS
from agent_memory.store.faults import translated_errors


async def notifications(url: str, channels: Iterable[str]) -> AsyncIterator[tuple[str, str]]:
    """(channel, payload) of what is told from now on, over a connection of its own, until that
    breaks (`StorageUnavailable`)."""
    with translated_errors():
        options = make_conninfo(url, **CONNECTION_OPTIONS)
        async with await AsyncConnection.connect(options, autocommit=True) as connection:
            for channel in channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            async with aclosing(connection.notifies()) as notifies:
                async for told in notifies:
                    yield told.channel, told.payload
