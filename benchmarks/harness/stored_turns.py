"""Turns through the whole of an ingestion, into a PostgreSQL of their own."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_memory.clock import utc_now
from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.estimated_tokens import EstimatedTokens
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.search.recalled import Embedding
from agent_memory.memory.service.composition import World
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.store.database import Database
from agent_memory.store.stored_memory import stored_memory
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.postgres import embedded_database
from benchmarks.harness.process_table import family
from benchmarks.harness.workplace import scratch_folder

TURNS_A_CALL = 100
_WORKSPACE = WorkspaceId("ingest_rate")


@dataclass(frozen=True, slots=True)
class StoredRate:
    """For each turn, CPU of this process and of all processes of the database, in milliseconds."""

    num_turns: int
    own_cpu_ms: float
    database_cpu_ms: float
    turns_per_s: float


async def store_turns(conversations: Mapping[str, Sequence[ChatMessage]]) -> StoredRate:
    """Redacted, read, indexed by words; without embeddings."""
    with scratch_folder() as folder, embedded_database(folder / "database") as url:
        database = Database(url)
        memory = stored_memory(database, World(_NoVectors(), WordsOnly(), _estimated, utc_now))
        workspace = await WorkspaceStore(database).ensure_workspace(_WORKSPACE)
        marks = (str(folder),)
        own_before, theirs_before, began_at = time.process_time(), _cpu_s(marks), time.monotonic()
        for name, messages in conversations.items():
            for begin in range(0, len(messages), TURNS_A_CALL):
                chat = tuple(messages[begin : begin + TURNS_A_CALL])
                await memory.ingest.ingest(workspace, IngestRequest(ThreadId(name), chat=chat))
        elapsed_s = time.monotonic() - began_at
        own_s, theirs_s = time.process_time() - own_before, _cpu_s(marks) - theirs_before
        await database.close()
    num = sum(map(len, conversations.values()))
    return StoredRate(num, 1000 * own_s / num, 1000 * theirs_s / num, num / elapsed_s)


def _cpu_s(marks: tuple[str, ...]) -> float:
    own = os.getpid()
    return sum(one.cpu_s for pid, one in family(own, marks).items() if pid != own)


class _NoVectors:
    async def embed_query(self, workspace: WorkspaceId, text: str) -> Embedding | None:
        del workspace, text
        return None


async def _estimated() -> TokenCounter:
    return EstimatedTokens()
