"""Ports: the needs of jobs from the rest of the product."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent_memory.ids import JobId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.items.item import Item
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.memory.vectors.stored_space import StoredSpace
from agent_memory.work.job import NewJob


class Queue(Protocol):
    """The queue of all workspaces, in the database."""

    async def execute(
        self, query: str, values: Mapping[str, object]
    ) -> Sequence[dict[str, object]]:
        """The rows of a statement of the queue's library, each call a transaction of its own."""
        ...

    def notifications(self, channels: Iterable[str]) -> AsyncIterator[tuple[str, str]]:
        """(channel, payload) of what is told from now on, until the connection breaks."""
        ...

    async def note_outcome(self, job_no: int, outcome: Mapping[str, Json]) -> None: ...

    async def note_error(self, job_no: int, error: str) -> None: ...

    async def rescue_jobs(self, silent_s: float, max_attempts: int) -> int:
        """Put back the jobs of workers that have not been seen for so long; how many."""
        ...


class Jobs(Protocol):
    """Where jobs queue jobs."""

    async def enqueue_job(self, workspace: WorkspaceId, job: NewJob) -> JobId: ...


class PastJobs(Jobs, Protocol):
    """Jobs of every workspace, and when there were which."""

    async def list_workspaces(self) -> Sequence[WorkspaceId]: ...

    async def last_queued(self, workspace: WorkspaceId) -> Mapping[str, datetime]:
        """When a job of each kind was last queued, as far as jobs are kept."""
        ...


class EndedJobs(Protocol):
    async def forget_jobs(self, others_before: datetime, dead_before: datetime) -> int:
        """Drop jobs that ended before then; the dead ones have a time of their own."""
        ...


class Vectors(Protocol):
    """Embedding spaces and the vectors in them."""

    async def ensure_space(self, workspace: WorkspaceId, space: EmbeddingSpace) -> None:
        """Make the space unless it exists: serving when no other serves, else building."""
        ...

    async def list_spaces(self, workspace: WorkspaceId) -> Sequence[StoredSpace]: ...

    async def serve_space(self, workspace: WorkspaceId, space_id: str) -> None:
        """Ask questions here from now on; `Conflict` while items lack a vector that they could
        have."""
        ...

    async def delete_space(self, workspace: WorkspaceId, space_id: str) -> None: ...

    async def list_unembedded(
        self, workspace: WorkspaceId, space_id: str, limit: int
    ) -> Sequence[Item]:
        """Items that have no vector in the space, the newest first, without those that are marked
        as unembeddable."""
        ...

    async def mark_unembeddable(self, workspace: WorkspaceId, space_id: str, item: Item) -> None:
        """The provider does not take its text; until that changes, it counts as done."""
        ...

    async def put_vectors(
        self,
        workspace: WorkspaceId,
        space_id: str,
        items: Sequence[Item],
        vectors: NDArray[np.float32],
    ) -> int:
        """Store vectors; how many were new. What changed meanwhile is passed over."""
        ...


class TextEmbedder(Protocol):
    """The pool of embedders."""

    @property
    def space(self) -> EmbeddingSpace:
        """The space that new vectors belong to; `EmbeddingRefused` when there is none."""
        ...

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose
    ) -> Embedded:
        """All texts or none; see `providers.embedding.EmbeddingProvider`."""
        ...
