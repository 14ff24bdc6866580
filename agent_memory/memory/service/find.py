"""From a question to ranked items."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from agent_memory.errors import Unavailable
from agent_memory.ids import WorkspaceId, new_id
from agent_memory.memory.learning.likeness import read_question
from agent_memory.memory.ports import Embedder, Search
from agent_memory.memory.search.recalled import Candidates, Embedding, Query
from agent_memory.memory.service.marks import Marks
from agent_memory.memory.service.ranker import Ranked
from agent_memory.memory.service.recall import Found

Rank = Callable[[WorkspaceId, Query, Candidates], Awaitable[Ranked]]
Understand = Callable[[Query], Query]
"""The question with the words that stand for it, and the files, tests and symbols it names."""


class Find:
    """Embed the question, search, rank, mark. Without vectors, words must do."""

    def __init__(
        self,
        search: Search,
        embedder: Embedder,
        understand: Understand,
        rank: Rank,
        marks: Marks,
    ) -> None:
        self._search = search
        self._embedder = embedder
        self._understand = understand
        self._rank = rank
        self._marks = marks

    async def find(self, workspace: WorkspaceId, query: Query) -> Found:
        """Ranked items, the best first; each bears what went into its score."""
        embedding = await self._embedded(workspace, query.text)
        query = replace(self._understand(query), embedding=embedding)
        candidates = await self._search.search(workspace, query)
        ranked = await self._rank(workspace, query, candidates)
        return Found(
            new_id("recall"),
            await self._marks.put(workspace, query, ranked.items),
            candidates.is_degraded,
            candidates.note,
            ranked.weights_version,
            read_question(query.text, embedding),
        )

    async def _embedded(self, workspace: WorkspaceId, text: str) -> Embedding | None:
        try:
            return await self._embedder.embed_query(workspace, text)
        except Unavailable:
            return None
