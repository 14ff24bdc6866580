"""Filling embedding spaces, over vectors in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from agent_memory.errors import (
    Conflict,
    EmbeddingRefused,
    EmbeddingUnavailable,
    InvalidRequest,
)
from agent_memory.ids import ItemId, JobId, MaterialId, ThreadId, WorkspaceId
from agent_memory.jobs.embedding import BATCH, EmbedItems, Reembed
from agent_memory.jobs.forms import NoArgs
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.items.item import Item, Span
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.memory.vectors.stored_space import SpaceState, StoredSpace
from agent_memory.work.job import JobKind, NewJob

WORKSPACE = WorkspaceId("ws")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
OLD = EmbeddingSpace("openai", "old", 2)
NEW = EmbeddingSpace("minilm", "new", 2)


def item(name: str, text: str | None = None) -> Item:
    return Item(
        item_id=ItemId(name),
        thread_id=ThreadId("thread"),
        material_id=MaterialId("material"),
        kind=ItemKind.CHAT,
        state=ItemState.ACTIVE,
        text=text or name,
        span=Span(0, 1),
        occurred_at=NOW,
        recorded_at=NOW,
        valid_from=NOW,
        content_hash=name,
        context="2026-05-01",
    )


@dataclass
class Shelves:
    """Spaces and vectors in dictionaries; `late` items turn up when a space is first served."""

    items: list[Item] = field(default_factory=list)
    late: list[Item] = field(default_factory=list)
    states: dict[EmbeddingSpace, SpaceState] = field(default_factory=dict)
    vectors: dict[tuple[str, ItemId], list[float]] = field(default_factory=dict)
    unstorable: frozenset[ItemId] = frozenset()
    refused: set[tuple[str, ItemId]] = field(default_factory=set)

    async def ensure_space(self, workspace: WorkspaceId, space: EmbeddingSpace) -> None:
        assert workspace == WORKSPACE
        is_first = SpaceState.SERVING not in self.states.values()
        self.states.setdefault(space, SpaceState.SERVING if is_first else SpaceState.BUILDING)

    async def list_spaces(self, workspace: WorkspaceId) -> Sequence[StoredSpace]:
        assert workspace == WORKSPACE
        return [
            StoredSpace(s.space_id, s.provider, s.model, s.num_dims, state, NOW, 0, 0)
            for s, state in self.states.items()
        ]

    async def serve_space(self, workspace: WorkspaceId, space_id: str) -> None:
        self.items, self.late = self.items + self.late, []
        if await self.list_unembedded(workspace, space_id, 1):
            raise Conflict("missing")
        for space in self.states:
            is_it = space.space_id == space_id
            self.states[space] = SpaceState.SERVING if is_it else SpaceState.RETIRED

    async def delete_space(self, workspace: WorkspaceId, space_id: str) -> None:
        raise NotImplementedError

    async def list_unembedded(
        self, workspace: WorkspaceId, space_id: str, limit: int
    ) -> Sequence[Item]:
        assert workspace == WORKSPACE
        lacking = [
            it
            for it in self.items
            if (space_id, it.item_id) not in self.vectors
            and (space_id, it.item_id) not in self.refused
        ]
        return lacking[:limit]

    async def mark_unembeddable(self, workspace: WorkspaceId, space_id: str, item: Item) -> None:
        assert workspace == WORKSPACE
        self.refused.add((space_id, item.item_id))

    async def put_vectors(
        self,
        workspace: WorkspaceId,
        space_id: str,
        items: Sequence[Item],
        vectors: NDArray[np.float32],
    ) -> int:
        assert workspace == WORKSPACE
        storable = [
            (it, vector)
            for it, vector in zip(items, vectors.tolist(), strict=True)
            if it.item_id not in self.unstorable
        ]
        self.vectors |= {(space_id, it.item_id): vector for it, vector in storable}
        return len(storable)

    def embedded(self, space: EmbeddingSpace) -> set[str]:
        return {name for space_id, name in self.vectors if space_id == space.space_id}


class Embedder:
    """Makes vectors of lengths. `away`: spaces that cannot be embedded in, and why."""

    def __init__(self, space: EmbeddingSpace | None = NEW) -> None:
        self._space = space
        self.away: dict[EmbeddingSpace, Exception] = {}
        self.texts: list[str] = []

    @property
    def space(self) -> EmbeddingSpace:
        if self._space is None:
            raise EmbeddingRefused("none is set")
        return self._space

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose
    ) -> Embedded:
        assert purpose is Purpose.DOCUMENT
        if space in self.away:
            raise self.away[space]
        if any("bad" in text for text in texts):
            raise InvalidRequest("bad", "input")
        self.texts += texts
        return Embedded(np.ones((len(texts), 2), np.float32), (1,) * len(texts))


@dataclass
class Queued:
    jobs: list[NewJob] = field(default_factory=list)

    async def enqueue_job(self, workspace: WorkspaceId, job: NewJob) -> JobId:
        assert workspace == WORKSPACE
        self.jobs.append(job)
        return JobId("job_1")


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


@pytest.fixture
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture
def queued() -> Queued:
    return Queued()


@pytest.fixture
def notes() -> list[Outcome]:
    return []


@pytest.fixture
def run(notes: list[Outcome]) -> JobRun:
    async def note(outcome: Mapping[str, object]) -> None:
        notes.append(dict(outcome))  # type: ignore[arg-type]

    return JobRun(1, 0, note)


@pytest.fixture
def embed_items(shelves: Shelves, embedder: Embedder, queued: Queued) -> EmbedItems:
    return EmbedItems(shelves, embedder, queued)


async def test_the_first_items_of_a_workspace_make_its_space(
    embed_items: EmbedItems, shelves: Shelves, embedder: Embedder, run: JobRun
) -> None:
    shelves.items = [item("a"), item("b")]

    outcome = await embed_items.do(run, WORKSPACE, NoArgs())

    assert shelves.states == {NEW: SpaceState.SERVING}
    assert shelves.embedded(NEW) == {"a", "b"}
    assert embedder.texts == ["2026-05-01\na", "2026-05-01\nb"]
    assert outcome["num_embedded"] == 2


async def test_many_items_go_in_batches_and_progress_is_told(
    embed_items: EmbedItems, shelves: Shelves, run: JobRun, notes: list[Outcome]
) -> None:
    shelves.items = [item(f"{n}") for n in range(2 * BATCH + 1)]

    await embed_items.do(run, WORKSPACE, NoArgs())

    assert [note["num_embedded"] for note in notes] == [BATCH, 2 * BATCH, 2 * BATCH + 1]


async def test_what_is_refused_is_named_and_the_rest_is_done(
    embed_items: EmbedItems, shelves: Shelves, run: JobRun
) -> None:
    shelves.items = [item(f"{n}", "bad" if n % 30 == 7 else None) for n in range(100)]

    outcome = await embed_items.do(run, WORKSPACE, NoArgs())

    assert outcome["refused"] == ["7", "37", "67", "97"]
    assert outcome["num_refused"] == 4
    assert outcome["num_embedded"] == 96


async def test_a_provider_that_is_away_fails_the_job_and_keeps_what_was_done(
    embed_items: EmbedItems, shelves: Shelves, embedder: Embedder, run: JobRun
) -> None:
    shelves.items = [item("a")]
    await embed_items.do(run, WORKSPACE, NoArgs())
    shelves.items.append(item("b"))
    embedder.away[NEW] = EmbeddingUnavailable("away")

    with pytest.raises(EmbeddingUnavailable):
        await embed_items.do(run, WORKSPACE, NoArgs())
    assert shelves.embedded(NEW) == {"a"}

    embedder.away.clear()
    await embed_items.do(run, WORKSPACE, NoArgs())
    assert shelves.embedded(NEW) == {"a", "b"}


async def test_without_a_provider_there_is_nothing_to_do(
    shelves: Shelves, queued: Queued, run: JobRun
) -> None:
    shelves.items = [item("a")]

    outcome = await EmbedItems(shelves, Embedder(None), queued).do(run, WORKSPACE, NoArgs())

    assert outcome == {"note": "none is set"}
    assert shelves.states == {}


async def test_vectors_that_cannot_be_stored_end_the_attempt(
    embed_items: EmbedItems, shelves: Shelves, run: JobRun
) -> None:
    shelves.items = [item("a")]
    shelves.unstorable = frozenset({ItemId("a")})

    with pytest.raises(Conflict):
        await embed_items.do(run, WORKSPACE, NoArgs())


async def test_another_model_in_the_settings_queues_the_move_while_the_old_one_serves(
    embed_items: EmbedItems, shelves: Shelves, queued: Queued, run: JobRun
) -> None:
    shelves.states = {OLD: SpaceState.SERVING}
    shelves.items = [item("a")]

    await embed_items.do(run, WORKSPACE, NoArgs())

    assert shelves.embedded(OLD) == {"a"}
    assert shelves.states == {OLD: SpaceState.SERVING}
    assert [(job.kind, job.once) for job in queued.jobs] == [(JobKind.REEMBED, "all")]


async def test_an_old_model_that_is_gone_does_not_hold_up_the_move(
    embed_items: EmbedItems, shelves: Shelves, embedder: Embedder, queued: Queued, run: JobRun
) -> None:
    shelves.states = {OLD: SpaceState.SERVING}
    shelves.items = [item("a")]
    embedder.away[OLD] = EmbeddingRefused("no key any more")

    outcome = await embed_items.do(run, WORKSPACE, NoArgs())

    assert outcome["note"] == "no key any more"
    assert len(queued.jobs) == 1


async def test_a_move_fills_the_new_space_and_then_serves_it(
    shelves: Shelves, embedder: Embedder, run: JobRun
) -> None:
    shelves.states = {OLD: SpaceState.SERVING}
    shelves.items = [item("a"), item("b")]
    shelves.late = [item("came meanwhile")]

    await Reembed(shelves, embedder).do(run, WORKSPACE, NoArgs())

    assert shelves.embedded(NEW) == {"a", "b", "came meanwhile"}
    assert shelves.states == {OLD: SpaceState.RETIRED, NEW: SpaceState.SERVING}


async def test_a_text_that_is_never_taken_does_not_hold_up_a_move(
    shelves: Shelves, embedder: Embedder, run: JobRun
) -> None:
    shelves.states = {OLD: SpaceState.SERVING}
    shelves.items = [item("a"), item("b", "bad")]

    outcome = await Reembed(shelves, embedder).do(run, WORKSPACE, NoArgs())

    assert outcome["refused"] == ["b"]
    assert shelves.embedded(NEW) == {"a"}
    assert shelves.states == {OLD: SpaceState.RETIRED, NEW: SpaceState.SERVING}


async def test_what_was_refused_once_is_not_tried_again(
    embed_items: EmbedItems, shelves: Shelves, run: JobRun
) -> None:
    shelves.items = [item("b", "bad")]
    assert (await embed_items.do(run, WORKSPACE, NoArgs()))["num_refused"] == 1
    assert (await embed_items.do(run, WORKSPACE, NoArgs()))["num_refused"] == 0


async def test_a_provider_that_takes_nothing_at_all_marks_nothing(
    shelves: Shelves, embedder: Embedder, run: JobRun
) -> None:
    shelves.states = {OLD: SpaceState.SERVING}
    shelves.items = [item("a"), item("b")]
    embedder.away[NEW] = InvalidRequest("400", "input")

    with pytest.raises(EmbeddingRefused):
        await Reembed(shelves, embedder).do(run, WORKSPACE, NoArgs())

    assert not shelves.refused
    assert shelves.states == {OLD: SpaceState.SERVING, NEW: SpaceState.BUILDING}
