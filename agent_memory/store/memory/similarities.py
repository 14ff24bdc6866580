"""How near candidates, and their neighbours in the conversation, are to the question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent_memory.ids import WorkspaceId
from agent_memory.memory.bm25 import WINDOW
from agent_memory.memory.recalled import Embedding
from agent_memory.store.memory.arrays import int_array
from agent_memory.store.memory.candidate_rows import CandidateRow
from agent_memory.store.memory.vector_arm import vector_text
from agent_memory.store.transaction import Transaction

_NEIGHBOURS = tuple(by for by in range(-WINDOW, WINDOW + 1) if by)


@dataclass(frozen=True, slots=True)
class _SimilarityRow:
    item_no: int
    thread_no: int
    position: int | None
    distance: float


@dataclass(frozen=True, slots=True)
class Similarities:
    """Cosine to the question, by item, and by thread and position for messages."""

    items: Mapping[int, float] = field(default_factory=dict)
    places: Mapping[tuple[int, int], float] = field(default_factory=dict)

    def of(self, row: CandidateRow) -> float | None:
        """None without a vector."""
        return self.items.get(row.item_no)

    def near(self, row: CandidateRow) -> float | None:
        """The greatest among the messages around it; of what has no place, its own."""
        if row.place is None:
            return self.of(row)
        near = [
            self.places[row.thread_no, row.place + by]
            for by in _NEIGHBOURS
            if (row.thread_no, row.place + by) in self.places
        ]
        return max(near, default=None)


async def measure_similarity(
    transaction: Transaction,
    workspace: WorkspaceId,
    embedding: Embedding,
    rows: Sequence[CandidateRow],
) -> Similarities:
    """Of those that have a vector in the space of the question."""
    places = {
        (row.thread_no, row.place + by)
        for row in rows
        if row.place is not None
        for by in _NEIGHBOURS
    }
    measured = await transaction.fetch_all(
        "measure_similarity",
        _SimilarityRow,
        workspace_id=workspace,
        space_id=embedding.space_id,
        embedding=vector_text(embedding.vector),
        item_nos=int_array(row.item_no for row in rows),
        thread_nos=int_array(thread_no for thread_no, _ in places),
        places=int_array(place for _, place in places),
    )
    return Similarities(
        items={row.item_no: 1.0 - row.distance for row in measured},
        places={
            (row.thread_no, row.position): 1.0 - row.distance
            for row in measured
            if row.position is not None
        },
    )
