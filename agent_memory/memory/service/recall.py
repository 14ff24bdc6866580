"""Recalling what helps with a purpose, within a budget of tokens."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.feedback import Impression
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.learning.arrangement import as_ranked
from agent_memory.memory.learning.likeness import Question
from agent_memory.memory.packing.packed import Packed
from agent_memory.memory.packing.packer import pack
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.search.recalled import Query, Recalled

MIN_RANKED, MAX_RANKED = 50, 200
SHORTEST_ITEM_TOKENS = 10
"""So many items fill a budget that no more need be ranked."""


@dataclass(frozen=True, slots=True)
class RecallRequest:
    """What is looked for, and where. Empty `thread_ids` and `kinds` mean any.

    since: only what occurred then or later. as_of: what was held to be so at that time.
    """

    purpose: str
    token_budget: int
    thread_ids: tuple[ThreadId, ...] = ()
    kinds: frozenset[ItemKind] = frozenset()
    since: datetime | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Ranked items. `recall_id` names this finding, and `question` is what it answers, so that
    feedback can be learned from."""

    recall_id: str
    ranked: tuple[Recalled, ...]
    is_degraded: bool = False
    note: str = ""
    weights_version: int = 0
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class RecallResult:
    """What was found, and what of it went into the budget."""

    found: Found
    packed: Packed


class Finder(Protocol):
    """Where questions become ranked items."""

    async def find(self, workspace: WorkspaceId, query: Query) -> Found: ...


Tokens = Callable[[], Awaitable[TokenCounter]]
"""The counter of the model that is served now."""


class Impressions(Protocol):
    async def log_impression(self, workspace: WorkspaceId, impression: Impression) -> None:
        """Keep what was shown, so that feedback on it can be learned from."""
        ...


class Recall:
    """Find, rank, pack, and keep what was shown."""

    def __init__(
        self,
        finder: Finder,
        tokens: Tokens,
        impressions: Impressions,
        clock: Callable[[], datetime],
    ) -> None:
        self._finder = finder
        self._impressions = impressions
        self._tokens = tokens
        self._clock = clock

    async def recall(self, workspace: WorkspaceId, request: RecallRequest) -> RecallResult:
        """The best of what is remembered, within the budget."""
        query = Query(
            text=request.purpose,
            now=self._clock(),
            thread_ids=request.thread_ids,
            kinds=request.kinds,
            since=request.since,
            as_of=request.as_of,
            limit=_num_wanted(request.token_budget),
        )
        found = await self._finder.find(workspace, query)
        packed = pack(found.ranked, request.token_budget, await self._tokens())
        if found.ranked:
            shown = as_ranked(found.ranked)
            impression = Impression(found.recall_id, found.weights_version, shown, found.question)
            await self._impressions.log_impression(workspace, impression)
        return RecallResult(found, packed)


def _num_wanted(token_budget: int) -> int:
    return min(MAX_RANKED, max(MIN_RANKED, token_budget // SHORTEST_ITEM_TOKENS))
