"""Items get vectors after they were remembered, and keep them when the model changes."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from agent_memory.errors import EmbeddingUnavailable
from agent_memory.ids import ThreadId
from agent_memory.jobs import attempt
from agent_memory.jobs.embedding import EmbedItems, Reembed
from agent_memory.jobs.expiry import Expire
from agent_memory.jobs.forms import JobForm, NoArgs
from agent_memory.jobs.spec import JobSpec
from agent_memory.jobs.upkeep import needs_vectors
from agent_memory.jobs.worker import JobWorker
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import Role
from agent_memory.memory.search.recalled import Embedding, Query
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.memory.vectors.stored_space import SpaceState
from agent_memory.store.database import Database
from agent_memory.store.job_queue import JobQueueStore
from agent_memory.store.jobs import JobStore
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.old_calls import RememberedCallStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.store.prompt_log import PromptLogStore
from agent_memory.testing.embeddings import HASHING_SPACE, hashed
from agent_memory.work.job import JobKind, JobState, NewJob
from tests.integration.jobs.effects import FAST, WORKSPACE

OTHER_SPACE = EmbeddingSpace("test", "hashing-2", 32)
TIMEOUT_S = 20.0
NOW = datetime(2026, 5, 1, tzinfo=UTC)


class Hashing:
    """Embeds without a model, unless it is away."""

    def __init__(self) -> None:
        self.space = HASHING_SPACE
        self.is_away = False

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose
    ) -> Embedded:
        assert purpose is Purpose.DOCUMENT
        assert space in (HASHING_SPACE, OTHER_SPACE)
        if self.is_away:
            raise EmbeddingUnavailable("away")
        return hashed(texts)


@pytest.fixture
def embedder() -> Hashing:
    return Hashing()


@pytest.fixture
def spaces(database: Database) -> SpaceStore:
    return SpaceStore(database)


class Workers:
    """Runs jobs until none of these kinds waits any more."""

    def __init__(self, database: Database, queue: JobQueueStore, embedder: Hashing) -> None:
        self._jobs = JobStore(database)
        spaces = SpaceStore(database)
        expire = Expire(
            ImpressionStore(database),
            RememberedCallStore(database),
            spaces,
            PromptLogStore(database),
        )
        specs = [
            JobSpec(
                JobForm(JobKind.EMBED_ITEMS, NoArgs), EmbedItems(spaces, embedder, self._jobs).do
            ),
            JobSpec(JobForm(JobKind.REEMBED, NoArgs), Reembed(spaces, embedder).do),
            JobSpec(JobForm(JobKind.EXPIRE, NoArgs), expire.do),
        ]
        self._worker = JobWorker(specs, queue, {}, FAST)

    async def __aenter__(self) -> "Workers":
        self._running = asyncio.create_task(self._worker.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._worker.drain(0.0)
        await self._running

    async def wait_until(self, kind: JobKind, *states: JobState) -> None:
        """Every job of the kind stands so, and there is one."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                records, _ = await self._jobs.list_jobs(WORKSPACE, kind=kind)
                if records and all(record.state in states for record in records):
                    return
                await asyncio.sleep(0.02)

    async def wait_for_error(self, kind: JobKind) -> None:
        """An attempt of a job of the kind has failed, and is counted."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                records, _ = await self._jobs.list_jobs(WORKSPACE, kind=kind)
                if any(record.last_error and record.num_attempts for record in records):
                    return
                await asyncio.sleep(0.02)


@pytest.fixture
def workers(database: Database, queue: JobQueueStore, embedder: Hashing) -> Workers:
    return Workers(database, queue, embedder)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "pause_s", lambda *_: 0.05)


async def say(memory: Memory, *texts: str) -> None:
    chat = tuple(ChatMessage(Role.USER, text) for text in texts)
    await memory.ingest.ingest(WORKSPACE, IngestRequest(ThreadId("thread"), chat=chat))


async def nearest(database: Database, text: str, space: EmbeddingSpace) -> float:
    """How near the nearest item lies."""
    [vector] = hashed([text]).vectors.tolist()
    query = Query(text, NOW, Embedding(space.space_id, tuple(vector)))
    found = await SearchStore(database).search(WORKSPACE, query)
    return max((one.similarity for one in found.found if one.similarity is not None), default=0.0)


async def test_what_is_remembered_gets_a_vector(
    memory: Memory, workers: Workers, database: Database, spaces: SpaceStore
) -> None:
    async with workers:
        await say(memory, "the cat sat on the mat", "bread is baked from flour")
        await workers.wait_until(JobKind.EMBED_ITEMS, JobState.SUCCEEDED)

    [space] = await spaces.list_spaces(WORKSPACE)
    assert (space.space_id, space.state) == (HASHING_SPACE.space_id, SpaceState.SERVING)
    assert space.num_missing == 0
    assert not needs_vectors([space], HASHING_SPACE.space_id)
    assert await nearest(database, "the cat sat on the mat", HASHING_SPACE) > 0.4


async def test_while_the_provider_is_away_items_are_found_by_words_and_the_rest_waits(
    memory: Memory, workers: Workers, database: Database, spaces: SpaceStore, embedder: Hashing
) -> None:
    embedder.is_away = True
    async with workers:
        await say(memory, "the cat sat on the mat")
        await workers.wait_for_error(JobKind.EMBED_ITEMS)

        found = await SearchStore(database).search(WORKSPACE, Query("cat mat", NOW))
        assert any("cat" in one.item.text for one in found.found)
        [space] = await spaces.list_spaces(WORKSPACE)
        assert space.num_missing > 0
        [record] = (await JobStore(database).list_jobs(WORKSPACE, kind=JobKind.EMBED_ITEMS))[0]
        assert record.last_error == "away"
        assert record.num_attempts > 0

        embedder.is_away = False
        await workers.wait_until(JobKind.EMBED_ITEMS, JobState.SUCCEEDED)

    [space] = await spaces.list_spaces(WORKSPACE)
    assert space.num_missing == 0


async def test_another_model_is_moved_to_while_the_old_one_serves(
    memory: Memory,
    workers: Workers,
    jobs: JobStore,
    database: Database,
    spaces: SpaceStore,
    embedder: Hashing,
) -> None:
    async with workers:
        await say(memory, *(f"message number {n}" for n in range(100)))
        await workers.wait_until(JobKind.EMBED_ITEMS, JobState.SUCCEEDED)

        embedder.space = OTHER_SPACE
        embedder.is_away = True
        await jobs.enqueue_job(WORKSPACE, NewJob(JobKind.REEMBED, once="all"))
        await asyncio.sleep(0.2)
        assert await spaces.find_serving(WORKSPACE) == HASHING_SPACE

        embedder.is_away = False
        await workers.wait_until(JobKind.REEMBED, JobState.SUCCEEDED)
        assert await spaces.find_serving(WORKSPACE) == OTHER_SPACE
        assert await nearest(database, "message number 7", OTHER_SPACE) > 0.4

        await jobs.enqueue_job(WORKSPACE, NewJob(JobKind.EXPIRE, once="all"))
        await workers.wait_until(JobKind.EXPIRE, JobState.SUCCEEDED)
    assert [space.space_id for space in await spaces.list_spaces(WORKSPACE)] == [
        OTHER_SPACE.space_id
    ]
