"""Recall, feedback and learning as a server does them, over a database."""

from collections.abc import Mapping, Sequence
from itertools import count

from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.memory.estimated_tokens import EstimatedTokens
from agent_memory.memory.feedback import Verdict
from agent_memory.memory.learning.recall_landscape import RECALL
from agent_memory.memory.learning.weight_learner import WeightLearner
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.search.recalled import Embedding, Query, Recalled
from agent_memory.memory.search.weights import DEFAULT_WEIGHTS
from agent_memory.memory.service.find import Find
from agent_memory.memory.service.marks import Marks
from agent_memory.memory.service.ranker import Ranker
from agent_memory.memory.service.recall import Found, Recall, RecallRequest
from agent_memory.memory.service.understanding import understood
from agent_memory.store.database import Database
from agent_memory.store.memory.experience import ExperienceStore
from agent_memory.store.memory.feedback import FeedbackStore
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.weight_sets import WeightSetStore

TOKEN_BUDGET = 2000
"""For which as many items are ranked as for any larger one."""


class ServedFeedback:
    """`embeddings` are those of all questions, by text, so that each is embedded once."""

    def __init__(
        self,
        database: Database,
        workspace: WorkspaceId,
        embeddings: Mapping[str, Embedding | None],
    ) -> None:
        self._workspace = workspace
        self._embeddings = embeddings
        self._feedback = FeedbackStore(database)
        self._impressions = ImpressionStore(database)
        self._weights = WeightSetStore(database)
        ticks = count(step=10)
        ranker = Ranker(self._weights, ExperienceStore(database), lambda: float(next(ticks)))
        search = SearchStore(database, timeout_s=60)
        self._find = Find(search, self, understood, ranker.rank, Marks(ItemStore(database)))
        default = DEFAULT_WEIGHTS.as_mapping()
        self._learner = WeightLearner(self._impressions, self._weights, default, RECALL)
        self._given: list[str] = []

    async def embed_query(self, workspace: WorkspaceId, text: str) -> Embedding | None:
        """Implements `Embedder`."""
        del workspace
        return self._embeddings[text]

    async def recall(self, text: str, query: Query) -> Found:
        """With the impression that feedback refers to."""
        request = RecallRequest(text, TOKEN_BUDGET, query.thread_ids)
        recall = Recall(self._find, _estimated, self._impressions, lambda: query.now)
        return (await recall.recall(self._workspace, request)).found

    async def look(self, text: str, query: Query) -> Sequence[Recalled]:
        """What a recall would show, leaving nothing behind."""
        asked = Query(text, query.now, thread_ids=query.thread_ids, limit=query.limit)
        return (await self._find.find(self._workspace, asked)).ranked

    async def give(self, recall_id: str, verdicts: Mapping[ItemId, Verdict]) -> None:
        for item, verdict in verdicts.items():
            [given] = await self._feedback.add_feedback(self._workspace, [item], verdict, recall_id)
            self._given.append(given.feedback_id)

    async def learn(self) -> bool:
        """Whether learned weights went live."""
        learned = await self._learner.learn_weights(self._workspace)
        return learned is not None and learned.wins

    async def withdraw_all(self) -> None:
        """As if nothing had ever been said; the default weights rank."""
        for feedback_id in self._given:
            await self._feedback.withdraw_feedback(self._workspace, feedback_id)
        self._given.clear()
        await self._weights.go_live(self._workspace, 0)


async def _estimated() -> TokenCounter:
    return EstimatedTokens()
