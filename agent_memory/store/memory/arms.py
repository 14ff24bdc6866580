"""All arms of the search: keys and words, which are looked up, and vectors, which are compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.lexical import LexicalScores
from agent_memory.memory.search.recalled import Query
from agent_memory.store.memory.key_arm import HolderRow, ask_keys, shared_keys
from agent_memory.store.memory.lexical_arm import PostingsRow, ask_words, lexical_scores
from agent_memory.store.memory.vector_arm import NearestRow, ask_nearest, nearest_items
from agent_memory.store.pipelined import Answer, Pipelined


@dataclass(frozen=True, slots=True)
class Found:
    """shared_keys: items by their numbers, with how many keys they have in common with the
    question. nearest: numbers of the items whose vectors are nearest to it."""

    shared_keys: Mapping[int, int]
    lexical: LexicalScores
    nearest: Sequence[int]


@dataclass(slots=True)
class Arms:
    """Keys first, vectors last: of arms that take too long, those before them are still read."""

    _keys: Answer[HolderRow] | None = None
    _words: Answer[PostingsRow] | None = None
    _nearest: Answer[NearestRow] | None = None
    _lexical: LexicalScores | None = None

    async def look_up(
        self, pipeline: Pipelined, workspace: WorkspaceId, query: Query, max_postings: int
    ) -> None:
        """Send the question to the arms that look its keys and words up."""
        self._keys = await ask_keys(pipeline, workspace, query)
        self._words = await ask_words(pipeline, workspace, query, max_postings)

    async def compare(self, pipeline: Pipelined, workspace: WorkspaceId, query: Query) -> None:
        """Send it to the arm that compares vectors, which takes its time, and score in the meantime
        what has words of it."""
        self._nearest = await ask_nearest(pipeline, workspace, query)
        self._lexical = await lexical_scores(self._words, query)
        if self._nearest is not None:
            await pipeline.settle()

    async def read(self, query: Query) -> Found:
        """What has come back of it."""
        if self._lexical is None:
            self._lexical = await lexical_scores(self._words, query)
        return Found(
            await shared_keys(self._keys), self._lexical, await nearest_items(self._nearest)
        )
