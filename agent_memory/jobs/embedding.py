"""Vectors for the items that lack them, and the move from one model to another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent_memory.errors import Conflict, EmbeddingRefused, InvalidRequest
from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.jobs.forms import NoArgs
from agent_memory.jobs.ports import Jobs, TextEmbedder, Vectors
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.items.item import Item
from agent_memory.memory.service.jobs import ONE_AT_A_TIME
from agent_memory.memory.vectors.embedded_text import embedded_text
from agent_memory.memory.vectors.embedding_space import EmbeddingSpace, Purpose
from agent_memory.memory.vectors.stored_space import SpaceState
from agent_memory.work.job import JobKind, NewJob

BATCH = 64
_MAX_NAMED = 20
_PLAIN_TEXT = "A plain text."
"""Where this is not taken either, the provider is at fault and not a text."""
_MAX_ROUNDS = 5


@dataclass(slots=True)
class Progress:
    """What one attempt has done. refused: items whose text the provider does not take.
    takes_texts: it was seen to take others."""

    num_embedded: int = 0
    refused: tuple[ItemId, ...] = ()
    takes_texts: bool = False

    def outcome(self, space: EmbeddingSpace) -> Outcome:
        return {
            "space_id": space.space_id,
            "num_embedded": self.num_embedded,
            "num_refused": len(self.refused),
            "refused": list(self.refused[:_MAX_NAMED]),
        }


class Filling:
    """Embeds, newest first, whatever has no vector in a space, and stores each batch as it comes:
    an attempt that is cut off has done what it has done."""

    def __init__(self, vectors: Vectors, embedder: TextEmbedder) -> None:
        self._vectors = vectors
        self._embedder = embedder

    async def fill(
        self, run: JobRun, workspace: WorkspaceId, space: EmbeddingSpace, progress: Progress
    ) -> None:
        """Until nothing is missing but what was refused, now or earlier."""
        while items := await self._next(workspace, space):
            num_stored = await self._embed(workspace, space, items, progress)
            if not num_stored and _ids(await self._next(workspace, space)) == _ids(items):
                raise Conflict("The vectors of some items cannot be stored.")
            progress.num_embedded += num_stored
            await run.note(progress.outcome(space))

    async def _next(self, workspace: WorkspaceId, space: EmbeddingSpace) -> Sequence[Item]:
        return await self._vectors.list_unembedded(workspace, space.space_id, BATCH)

    async def _embed(
        self,
        workspace: WorkspaceId,
        space: EmbeddingSpace,
        items: Sequence[Item],
        progress: Progress,
    ) -> int:
        """Embed and store; a batch that is refused is halved until it is known whose fault it is.
        Returns how many are done with."""
        texts = [embedded_text(item) for item in items]
        try:
            embedded = await self._embedder.embed(space, texts, Purpose.DOCUMENT)
        except InvalidRequest:
            if len(items) == 1:
                await self._refuse(workspace, space, items[0], progress)
                return 0
            half = len(items) // 2
            first = await self._embed(workspace, space, items[:half], progress)
            return first + await self._embed(workspace, space, items[half:], progress)
        progress.takes_texts = True
        vectors = np.asarray(embedded.vectors, np.float32)
        return await self._vectors.put_vectors(workspace, space.space_id, items, vectors)

    async def _refuse(
        self, workspace: WorkspaceId, space: EmbeddingSpace, item: Item, progress: Progress
    ) -> None:
        """Mark the item for good. `EmbeddingRefused` when it is not the fault of its text."""
        if not progress.takes_texts:
            try:
                await self._embedder.embed(space, [_PLAIN_TEXT], Purpose.DOCUMENT)
            except InvalidRequest as error:
                raise EmbeddingRefused(f"No text at all is taken: {error}") from error
            progress.takes_texts = True
        await self._vectors.mark_unembeddable(workspace, space.space_id, item)
        progress.refused += (item.item_id,)


def _ids(items: Sequence[Item]) -> list[ItemId]:
    return [item.item_id for item in items]


class EmbedItems:
    """The job that gives vectors to new items."""

    def __init__(self, vectors: Vectors, embedder: TextEmbedder, jobs: Jobs) -> None:
        self._vectors = vectors
        self._embedder = embedder
        self._jobs = jobs
        self._filling = Filling(vectors, embedder)

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        """Fill the space that serves. Where the settings name another model, the move to it is
        queued; until it is done, new items get vectors of the old one, as long as they can. Where
        the settings want no vectors, or do not say which, there is nothing to do: after the next
        start the schedule looks again."""
        del args
        try:
            wanted = self._embedder.space
        except EmbeddingRefused as error:
            return {"note": str(error)}
        serving = await self._serving(workspace)
        if serving is None:
            await self._vectors.ensure_space(workspace, wanted)
            serving = await self._serving(workspace) or wanted
        progress = Progress()
        if serving == wanted:
            await self._filling.fill(run, workspace, serving, progress)
            return progress.outcome(serving)
        await self._jobs.enqueue_job(workspace, NewJob(JobKind.REEMBED, once=ONE_AT_A_TIME))
        try:
            await self._filling.fill(run, workspace, serving, progress)
        except EmbeddingRefused as error:
            return {**progress.outcome(serving), "note": str(error)}
        return progress.outcome(serving)

    async def _serving(self, workspace: WorkspaceId) -> EmbeddingSpace | None:
        for space in await self._vectors.list_spaces(workspace):
            if space.state is SpaceState.SERVING:
                return EmbeddingSpace.parse(space.space_id)
        return None


class Reembed:
    """The job that moves a workspace to the model that the settings name. Questions are asked in
    the old space until the new one is whole."""

    def __init__(self, vectors: Vectors, embedder: TextEmbedder) -> None:
        self._vectors = vectors
        self._embedder = embedder
        self._filling = Filling(vectors, embedder)

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        """Fill the new space and serve it. What was remembered meanwhile is filled in too."""
        del args
        wanted = self._embedder.space
        await self._vectors.ensure_space(workspace, wanted)
        progress = Progress()
        for rounds_left in reversed(range(_MAX_ROUNDS)):
            await self._filling.fill(run, workspace, wanted, progress)
            try:
                await self._vectors.serve_space(workspace, wanted.space_id)
            except Conflict:
                if not rounds_left:
                    raise
            else:
                break
        return progress.outcome(wanted)
