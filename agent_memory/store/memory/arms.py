"""All arms of the search, asked together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_memory.ids import WorkspaceId
from agent_memory.memory.lexical import LexicalScores
from agent_memory.memory.recalled import Query
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

    async def ask(
        self, pipeline: Pipelined, workspace: WorkspaceId, query: Query, max_postings: int
    ) -> None:
        """Send the question to each arm that can answer it."""
        self._keys = await ask_keys(pipeline, workspace, query)
        self._words = await ask_words(pipeline, workspace, query, max_postings)
        self._nearest = await ask_nearest(pipeline, workspace, query)

    async def read(self, query: Query) -> Found:
        """What has come back of it."""
        return Found(
            await shared_keys(self._keys),
            await lexical_scores(self._words, query),
            await nearest_items(self._nearest),
        )
