"""Items found that the question admits, read in batches until there are enough of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_memory.ids import WorkspaceId
from agent_memory.memory.items.item import Item
from agent_memory.memory.search.recalled import Candidate, Query
from agent_memory.store.memory.arms import Found
from agent_memory.store.memory.arrays import int_array
from agent_memory.store.memory.filters import Parameters, filter_parameters
from agent_memory.store.memory.item_rows import ItemRow
from agent_memory.store.memory.measuring import measure
from agent_memory.store.memory.neighbours import Neighbours, NeighboursRow, ask_neighbours
from agent_memory.store.pipelined import Answer, Pipelined

NUM_LEXICAL = 60
"""Best of the lexical arm that are looked at, or as many as are asked for; where many of them are
excluded, further ones, four times as many at each step. Measured on LoCoMo: from 30 to 400 the
ten best are the same."""
MAX_LEXICAL = 20_000
_DEEPER = 4


@dataclass(frozen=True, slots=True)
class _Batch:
    rows: Sequence[ItemRow]
    items: Sequence[Item]
    neighbours: Answer[NeighboursRow]


@dataclass(slots=True)
class Admitted:
    """Items that words found are looked at from the best down, as far as needed; those of the
    other arms all at once."""

    workspace: WorkspaceId
    query: Query
    found: Found
    are_enough: bool = False
    _batches: list[_Batch] = field(default_factory=list)
    _end: int = 0

    async def read_batch(self, pipeline: Pipelined) -> None:
        """Look at the next ones. What stands around them comes by the end of the pipeline."""
        begin, self._end = self._end, self._end * _DEEPER or max(NUM_LEXICAL, self.query.limit)
        own, windows = self.found.lexical.best(begin, self._end)
        others = () if begin else (*self.found.shared_keys, *self.found.nearest)
        answer = await pipeline.ask(
            "get_candidates", ItemRow, **self._parameters([*others, *own], windows)
        )
        await pipeline.settle()
        rows = await answer.rows()
        neighbours = await ask_neighbours(pipeline, self.workspace, self.query, rows)
        # Made now, for the database is busy with the neighbours.
        self._batches.append(_Batch(rows, [row.item() for row in rows], neighbours))
        is_last = begin + len(own) + len(windows) < self._end or self._end >= MAX_LEXICAL
        num_read = len({row.item_no for batch in self._batches for row in batch.rows})
        self.are_enough = is_last or num_read >= self.query.limit

    async def candidates(self) -> tuple[Candidate, ...]:
        """All of them, measured, once the pipeline has ended."""
        measured: dict[str, Candidate] = {}
        for batch in self._batches:
            [row] = await batch.neighbours.rows()
            found, neighbours = self.found, Neighbours.of(row)
            for candidate in measure(
                batch.rows, batch.items, neighbours, found.lexical, found.shared_keys
            ):
                measured[candidate.item.item_id] = candidate
        return tuple(measured.values())

    def _parameters(
        self, item_nos: Sequence[int], windows: Sequence[tuple[int, int]]
    ) -> Parameters:
        return {
            "workspace_id": self.workspace,
            "item_nos": int_array(item_nos),
            "thread_nos": int_array(thread_no for thread_no, _ in windows),
            "places": int_array(place for _, place in windows),
            **filter_parameters(self.query),
        }
