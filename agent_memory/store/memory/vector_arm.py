"""Finding items by the nearness of their vectors."""

from dataclasses import dataclass
from functools import lru_cache

from pgvector import HalfVector

from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.recalled import Embedding, Query
from agent_memory.store.memory.filters import Parameters, filter_parameters, is_filtered
from agent_memory.store.pipelined import Answer, Pipelined

NUM_NEAREST = 30


@dataclass(frozen=True, slots=True)
class NearestRow:
    item_no: int


@lru_cache(maxsize=32)
def half_vector(embedding: Embedding) -> HalfVector:
    """Its vector as pgvector sends it. Kept, since several statements need it."""
    return HalfVector(list(embedding.vector))


def vector_parameters(embedding: Embedding | None) -> Parameters:
    """The vector of a question and its space; without one no item has any."""
    if embedding is None:
        return {"space_id": None, "embedding": None}
    return {"space_id": embedding.space_id, "embedding": half_vector(embedding)}


async def ask_nearest(
    pipeline: Pipelined, workspace: WorkspaceId, query: Query
) -> Answer[NearestRow] | None:
    """The nearest items that the question admits; None when it has no vector."""
    if query.embedding is None:
        return None
    filters = filter_parameters(query) if is_filtered(query) else {}
    return await pipeline.ask(
        "find_nearest_filtered" if filters else "find_nearest",
        NearestRow,
        workspace_id=workspace,
        limit=max(NUM_NEAREST, query.limit // 2),
        **vector_parameters(query.embedding),
        **filters,
    )


async def nearest_items(answer: Answer[NearestRow] | None) -> list[int]:
    """Their numbers."""
    return [] if answer is None else [row.item_no for row in await answer.rows()]
