"""The job that gives vectors to contexts."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent_memory.errors import EmbeddingRefused, InvalidRequest
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.forms import NoArgs
from agent_memory.jobs.ports import TextEmbedder
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.vectors.embedding_space import Purpose

_BATCH = 32
_MAX_CHARS = 8192
"""Models read the beginning of a text only."""


class ContextTexts(Protocol):
    async def list_unembedded(
        self, workspace: WorkspaceId, space_id: str, limit: int
    ) -> Sequence[tuple[int, str]]: ...

    async def put_vectors(
        self,
        workspace: WorkspaceId,
        space_id: str,
        text_nos: Sequence[int],
        vectors: NDArray[np.float32] | None,
    ) -> None: ...


class EmbedContexts:
    """Embeds what has no vector in the space of the settings. What is written meanwhile comes with
    the next job."""

    def __init__(self, texts: ContextTexts, embedder: TextEmbedder) -> None:
        self._texts = texts
        self._embedder = embedder

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        del args
        try:
            space = self._embedder.space
        except EmbeddingRefused as error:
            return {"note": str(error)}
        num_embedded = num_refused = 0
        while texts := await self._texts.list_unembedded(workspace, space.space_id, _BATCH):
            numbers = [number for number, _ in texts]
            vectors: NDArray[np.float32] | None = None
            try:
                pieces = [text[:_MAX_CHARS] for _, text in texts]
                embedded = await self._embedder.embed(space, pieces, Purpose.DOCUMENT)
                vectors = np.asarray(embedded.vectors, np.float32)
                num_embedded += len(texts)
            except InvalidRequest:
                num_refused += len(texts)
            await self._texts.put_vectors(workspace, space.space_id, numbers, vectors)
            await run.note({"num_embedded": num_embedded, "num_refused": num_refused})
        return {"num_embedded": num_embedded, "num_refused": num_refused}
