"""Verdicts on what was recalled, and the weights that are learned from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_memory.errors import InvalidRequest
from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.memory.feedback import Feedback, Verdict
from agent_memory.memory.search.weight_set import WeightSet
from agent_memory.pages import Page
from agent_memory.work.once import Once

_ABOUT_TWO = frozenset({Verdict.OUTDATED, Verdict.DUPLICATE})


class Verdicts(Protocol):
    """Where feedback is kept and counted."""

    async def add_feedback(
        self,
        workspace: WorkspaceId,
        items: Sequence[ItemId],
        verdict: Verdict,
        impression_id: str | None = None,
        other_item: ItemId | None = None,
        once: Once | None = None,
    ) -> Sequence[Feedback]:
        """One verdict an item, all of them or none. The second call of `once` adds nothing and
        returns what the first one did; `Conflict` when that was about something else."""
        ...

    async def withdraw_feedback(self, workspace: WorkspaceId, feedback_id: str) -> Feedback: ...

    async def list_feedback(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[Feedback]: ...


class WeightSets(Protocol):
    """Where versions of weights are kept."""

    async def list_weights(self, workspace: WorkspaceId) -> Sequence[WeightSet]: ...

    async def go_live(self, workspace: WorkspaceId, version: int) -> None: ...


@dataclass(frozen=True, slots=True)
class GivenFeedback:
    """One verdict on one or several items. `other_id`: what they duplicate or are outdated by."""

    verdict: Verdict
    item_ids: tuple[ItemId, ...]
    recall_id: str | None = None
    other_id: ItemId | None = None


class FeedbackBook:
    """Give, withdraw, list; and which weights rank."""

    def __init__(self, verdicts: Verdicts, weights: WeightSets) -> None:
        self._verdicts = verdicts
        self._weights = weights

    async def give(
        self, workspace: WorkspaceId, given: GivenFeedback, idempotency_key: str | None = None
    ) -> Sequence[Feedback]:
        """Counted at once. `NotFound` for an item, or a recall, that is not there."""
        if given.other_id is not None and given.verdict not in _ABOUT_TWO:
            message = f"'{given.verdict}' is said of an item alone; leave other_id out."
            raise InvalidRequest(message, "other_id")
        if given.other_id in given.item_ids:
            raise InvalidRequest("An item cannot be its own duplicate or successor.", "other_id")
        once = None
        if idempotency_key is not None:
            once = Once.of(f"feedback {idempotency_key}", repr(given).encode())
        items = list(dict.fromkeys(given.item_ids))
        return await self._verdicts.add_feedback(
            workspace, items, given.verdict, given.recall_id, given.other_id, once
        )

    async def withdraw(self, workspace: WorkspaceId, feedback_id: str) -> Feedback:
        """As if it had never been given."""
        return await self._verdicts.withdraw_feedback(workspace, feedback_id)

    async def list(self, workspace: WorkspaceId, cursor: str | None, limit: int) -> Page[Feedback]:
        """The oldest first."""
        return await self._verdicts.list_feedback(workspace, cursor, limit)

    async def weights(self, workspace: WorkspaceId) -> Sequence[WeightSet]:
        """All versions, the newest first; none is live while the default ones are."""
        return await self._weights.list_weights(workspace)

    async def roll_back(self, workspace: WorkspaceId, version: int) -> Sequence[WeightSet]:
        """Rank by this version from now on; 0 are the default weights."""
        await self._weights.go_live(workspace, version)
        return await self._weights.list_weights(workspace)
