"""The search for candidates: every arm in its own statement, then the items they found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent_memory.ids import WorkspaceId
from agent_memory.memory.bm25 import no_scores
from agent_memory.memory.lexical import LexicalScores
from agent_memory.memory.recalled import Candidates, Query
from agent_memory.store.database import Database
from agent_memory.store.memory.arrays import int_array
from agent_memory.store.memory.candidate_rows import CandidateRow
from agent_memory.store.memory.filters import filter_parameters
from agent_memory.store.memory.key_arm import find_by_keys
from agent_memory.store.memory.lexical_arm import MAX_POSTINGS, find_by_words
from agent_memory.store.memory.measuring import measure
from agent_memory.store.memory.similarities import Similarities, measure_similarity
from agent_memory.store.memory.vector_arm import find_nearest
from agent_memory.store.transaction import Transaction

NUM_LEXICAL = 60
"""Best of the lexical arm that are looked at, or as many as are asked for; where many of them are
excluded, further ones, four times as many at each step. Measured on LoCoMo: from 30 to 400 the
ten best are the same."""
MAX_LEXICAL = 20_000
_DEEPER = 4


@dataclass(slots=True)
class _Found:
    """What the arms have found so far, by item number."""

    lexical: LexicalScores = field(default_factory=no_scores)
    shared_keys: Mapping[int, int] = field(default_factory=dict)
    similarity: Mapping[int, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


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
        async with self._database.workspace(workspace) as transaction:
            found = _Found()
            try:
                async with transaction.at_most(self._timeout_s):
                    await self._ask_arms(transaction, workspace, query, found)
            except TimeoutError:
                found.missing.append("time ran out")
            rows = await _fetch(transaction, workspace, query, found)
            similarities = await _compare(transaction, workspace, query, rows)
        return Candidates(
            found=measure(rows, found.lexical, found.shared_keys, similarities),
            is_degraded=bool(found.missing),
            note=", ".join(found.missing),
        )

    async def _ask_arms(
        self, transaction: Transaction, workspace: WorkspaceId, query: Query, found: _Found
    ) -> None:
        found.shared_keys = await find_by_keys(transaction, workspace, query)
        found.lexical = await find_by_words(transaction, workspace, query, self._max_postings)
        if query.embedding is not None:
            found.similarity = await find_nearest(transaction, workspace, query, query.embedding)


async def _fetch(
    transaction: Transaction, workspace: WorkspaceId, query: Query, found: _Found
) -> Sequence[CandidateRow]:
    """The items found, as far as the question admits them."""
    rows: dict[int, CandidateRow] = {}
    item_nos = [*found.shared_keys, *found.similarity]
    begin, end = 0, max(NUM_LEXICAL, query.limit)
    while True:
        own, windows = found.lexical.best(begin, end)
        batch = await transaction.fetch_all(
            "get_candidates",
            CandidateRow,
            workspace_id=workspace,
            item_nos=int_array([*item_nos, *own]),
            thread_nos=int_array(thread_no for thread_no, _ in windows),
            places=int_array(place for _, place in windows),
            **filter_parameters(query),
        )
        rows |= {row.item_no: row for row in batch}
        is_exhausted = len(own) + len(windows) < end - begin or end >= MAX_LEXICAL
        if is_exhausted or len(rows) >= query.limit:
            return list(rows.values())
        item_nos, begin, end = [], end, end * _DEEPER


async def _compare(
    transaction: Transaction, workspace: WorkspaceId, query: Query, rows: Sequence[CandidateRow]
) -> Similarities:
    """All candidates, those of the other arms too, with the question."""
    if query.embedding is None:
        return Similarities()
    return await measure_similarity(transaction, workspace, query.embedding, rows)
