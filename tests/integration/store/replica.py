"""A process that admits requests and tells of it: `replica.py URL KEY NUM_REQUESTS`. It books none,
and waits to be killed."""

import asyncio
import sys
from datetime import timedelta

from agent_memory.access.limiter import LocalLimiter
from agent_memory.gateway.accountant import Accountant
from agent_memory.gateway.accounting import Asked
from agent_memory.gateway.books import Progress
from agent_memory.gateway.prices import FREE, TokenCounts
from agent_memory.ids import KeyId, RequestId, WorkspaceId
from agent_memory.store.books import BookStore
from agent_memory.store.database import Database

LEASE = timedelta(seconds=2)
NUM_STREAMED = 30
"""Tokens that each of its requests is known to have used when it dies."""
MOST = 100


def asked(number: int, key: str) -> Asked:
    return Asked(
        request_id=RequestId(f"req_{number}"),
        workspace_id=WorkspaceId("alpha"),
        key_id=KeyId(key),
        session_id=None,
        surface="messages",
        provider="local",
        model="tiny",
        num_prompt_tokens=0,
        max_tokens=MOST,
        price=FREE,
    )


async def main(url: str, key: str, num_requests: int) -> None:
    database = Database(url)
    books = BookStore(database, lease=LEASE)
    desk = Accountant(books, LocalLimiter())
    for number in range(num_requests):
        await desk.admit(asked(number, key))
    entries = [entry for entries in desk._open.values() for entry in entries]
    streamed = TokenCounts(output_tokens=NUM_STREAMED)
    await books.extend(
        WorkspaceId("alpha"), [Progress(one.entry_id, streamed, None) for one in entries]
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
