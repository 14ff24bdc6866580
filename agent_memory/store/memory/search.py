"""The search for candidates: all arms in one round trip, the items that they found in the next."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_memory.ids import WorkspaceId
from agent_memory.memory.bm25 import WINDOW
from agent_memory.memory.recalled import Candidates, Query
from agent_memory.store.database import Database
from agent_memory.store.memory.arms import Arms, Found
from agent_memory.store.memory.arrays import int_array
from agent_memory.store.memory.candidate_rows import CandidateRow
from agent_memory.store.memory.filters import Parameters, filter_parameters, is_filtered
from agent_memory.store.memory.lexical_arm import MAX_POSTINGS
from agent_memory.store.memory.measuring import measure
from agent_memory.store.memory.vector_arm import vector_parameters

NUM_LEXICAL = 60
"""Best of the lexical arm that are looked at, or as many as are asked for; where many of them are
excluded, further ones, four times as many at each step. Measured on LoCoMo: from 30 to 400 the
ten best are the same."""
MAX_LEXICAL = 20_000
_DEEPER = 4
_BEFORE = 1
"""Without a vector, nothing is measured of neighbours but whether the one before asks."""


class SearchStore:
    """Meets `agent_memory.memory.ports.Search`.

    timeout_s: for each statement of the arms; what they found until then is returned as degraded.
    max_postings: read for one question over all threads, the rarest terms first.
    """

    def __init__(
        self, database: Database, timeout_s: float = 2.0, max_postings: int = MAX_POSTINGS
    ) -> None:
        self._database = database
        self._timeout_s = timeout_s
        self._max_postings = max_postings

    async def search(self, workspace: WorkspaceId, query: Query) -> Candidates:
        """The best candidates of every arm, unranked among each other, at most some hundreds.

        Without a vector of the question they are found by words and keys; whoever expected one
        says so.
        """
        arms, admitted, note = Arms(), _Admitted(query.limit), ""
        try:
            async with self._database.pipelined(
                workspace, self._timeout_s, is_planned_once=not is_filtered(query)
            ) as pipeline:
                await arms.ask(pipeline, workspace, query, self._max_postings)
                await pipeline.settle()
                found = await arms.read(query)
                wanted = admitted.next_batch(workspace, query, found)
                answer = await pipeline.ask("get_candidates", CandidateRow, **wanted)
            admitted.add(await answer.rows())
        except TimeoutError:
            found, note = await arms.read(query), "time ran out"
        while not admitted.are_enough:
            wanted = admitted.next_batch(workspace, query, found)
            async with self._database.workspace(workspace) as transaction:
                admitted.add(await transaction.fetch_all("get_candidates", CandidateRow, **wanted))
        rows = list(admitted.rows.values())
        return Candidates(measure(rows, found.lexical, found.shared_keys), bool(note), note)


@dataclass(slots=True)
class _Admitted:
    """Items found that the question admits. What words found is looked at from the best down, as
    far as needed; the other arms' all at once."""

    num_wanted: int
    rows: dict[int, CandidateRow] = field(default_factory=dict)
    are_enough: bool = False
    _end: int = 0
    _is_last: bool = False

    def next_batch(self, workspace: WorkspaceId, query: Query, found: Found) -> Parameters:
        """What to look at next, as the statement takes it."""
        begin, self._end = self._end, self._end * _DEEPER or max(NUM_LEXICAL, self.num_wanted)
        own, windows = found.lexical.best(begin, self._end)
        num_left = self._end - begin - len(own) - len(windows)
        self._is_last = num_left > 0 or self._end >= MAX_LEXICAL
        others = () if begin else (*found.shared_keys, *found.nearest)
        return {
            "workspace_id": workspace,
            "item_nos": int_array([*others, *own]),
            "thread_nos": int_array(thread_no for thread_no, _ in windows),
            "places": int_array(place for _, place in windows),
            "window": WINDOW if query.embedding is not None else _BEFORE,
            **vector_parameters(query),
            **filter_parameters(query),
        }

    def add(self, rows: Sequence[CandidateRow]) -> None:
        """The rows of the batch."""
        self.rows |= {row.item_no: row for row in rows}
        self.are_enough = self._is_last or len(self.rows) >= self.num_wanted
