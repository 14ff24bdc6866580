"""Verdicts on what was recalled, and the weights that are learned from them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent_memory.errors import InvalidRequest
from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.feedback import Feedback, Verdict
from agent_memory.memory.weight_set import WeightSet

_ABOUT_TWO = frozenset({Verdict.OUTDATED, Verdict.DUPLICATE})


class Verdicts(Protocol):
    """Where feedback is kept and counted."""

    async def add_feedback(
        self,
        workspace: WorkspaceId,
        item: ItemId,
        verdict: Verdict,
        impression_id: str | None = None,
        other_item: ItemId | None = None,
    ) -> Feedback: ...

    async def withdraw_feedback(self, workspace: WorkspaceId, feedback_id: str) -> Feedback: ...

    async def list_feedback(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> tuple[Sequence[Feedback], str | None]: ...


class Answers(Protocol):
    """What earlier calls of an idempotency key answered."""

    async def find_answer(
        self, workspace: WorkspaceId, key: str, request_hash: str
    ) -> Sequence[Mapping[str, Json]] | None:
        """None for a new key; `Conflict` when the call was about something else."""
        ...

    async def keep_answer(
        self,
        workspace: WorkspaceId,
        key: str,
        request_hash: str,
        answer: Sequence[Mapping[str, Json]],
    ) -> None: ...


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

    def __init__(self, verdicts: Verdicts, weights: WeightSets, answers: Answers) -> None:
        self._verdicts = verdicts
        self._weights = weights
        self._answers = answers

    async def give(
        self, workspace: WorkspaceId, given: GivenFeedback, idempotency_key: str | None = None
    ) -> Sequence[Feedback]:
        """Counted at once. `NotFound` for an item, or a recall, that is not there."""
        if idempotency_key is None:
            return await self._give(workspace, given)
        key = f"feedback {idempotency_key}"
        asked = hashlib.sha256(repr(given).encode()).hexdigest()
        answered = await self._answers.find_answer(workspace, key, asked)
        if answered is not None:
            return [_read(one) for one in answered]
        feedback = await self._give(workspace, given)
        await self._answers.keep_answer(workspace, key, asked, [_written(one) for one in feedback])
        return feedback

    async def _give(self, workspace: WorkspaceId, given: GivenFeedback) -> Sequence[Feedback]:
        if given.other_id is not None and given.verdict not in _ABOUT_TWO:
            message = f"'{given.verdict}' is said of an item alone; leave other_id out."
            raise InvalidRequest(message, "other_id")
        if given.other_id in given.item_ids:
            raise InvalidRequest("An item is not its own duplicate or successor.", "other_id")
        return [
            await self._verdicts.add_feedback(
                workspace, item, given.verdict, given.recall_id, given.other_id
            )
            for item in dict.fromkeys(given.item_ids)
        ]

    async def withdraw(self, workspace: WorkspaceId, feedback_id: str) -> Feedback:
        """As if it had never been given."""
        return await self._verdicts.withdraw_feedback(workspace, feedback_id)

    async def list(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> tuple[Sequence[Feedback], str | None]:
        """The oldest first, and the cursor of the next page."""
        return await self._verdicts.list_feedback(workspace, cursor, limit)

    async def weights(self, workspace: WorkspaceId) -> Sequence[WeightSet]:
        """All versions, the newest first; none is live while the default ones are."""
        return await self._weights.list_weights(workspace)

    async def roll_back(self, workspace: WorkspaceId, version: int) -> Sequence[WeightSet]:
        """Rank by this version from now on; 0 are the default weights."""
        await self._weights.go_live(workspace, version)
        return await self._weights.list_weights(workspace)


def _written(one: Feedback) -> Mapping[str, Json]:
    return {
        "feedback_id": one.feedback_id,
        "item_id": one.item_id,
        "verdict": one.verdict.value,
        "created_at": one.created_at.isoformat(),
        "impression_id": one.impression_id,
        "other_item_id": one.other_item_id,
    }


def _read(one: Mapping[str, Json]) -> Feedback:
    other, impression = one["other_item_id"], one["impression_id"]
    return Feedback(
        str(one["feedback_id"]),
        ItemId(str(one["item_id"])),
        Verdict(str(one["verdict"])),
        datetime.fromisoformat(str(one["created_at"])),
        None if impression is None else str(impression),
        None if other is None else ItemId(str(other)),
    )
