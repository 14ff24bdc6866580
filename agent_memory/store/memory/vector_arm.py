"""Finding items by the nearness of their vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_memory.ids import WorkspaceId
from agent_memory.memory.recalled import Embedding, Query
from agent_memory.store.memory.filters import filter_parameters, is_filtered
from agent_memory.store.transaction import Transaction

NUM_NEAREST = 30


@dataclass(frozen=True, slots=True)
class _DistanceRow:
    item_no: int
    distance: float


def vector_text(vector: Sequence[float]) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{value:.6g}" for value in vector) + "]"


async def has_vector_index(transaction: Transaction, workspace: WorkspaceId, space_id: str) -> bool:
    return bool(
        await transaction.fetch_value("has_vector_index", workspace_id=workspace, space_id=space_id)
    )


async def find_nearest(
    transaction: Transaction, workspace: WorkspaceId, query: Query, embedding: Embedding
) -> Mapping[int, float]:
    """Cosine similarity of the nearest items that the question admits, by their numbers."""
    filters = filter_parameters(query) if is_filtered(query) else {}
    name = "find_nearest_filtered" if filters else "find_nearest"
    if not filters and await has_vector_index(transaction, workspace, embedding.space_id):
        name = "find_nearest_by_index"
    rows = await transaction.fetch_all(
        name,
        _DistanceRow,
        workspace_id=workspace,
        space_id=embedding.space_id,
        embedding=vector_text(embedding.vector),
        limit=max(NUM_NEAREST, query.limit // 2),
        **filters,
    )
    return {row.item_no: 1.0 - row.distance for row in rows}
