"""Feedback in dictionaries, counted on the items."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import ItemId, WorkspaceId, new_id
from agent_memory.memory.feedback import Feedback, Impression, Verdict
from agent_memory.memory.learning.tally import Tally, tally
from agent_memory.pages import Page
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.dict_pages import page_of
from agent_memory.work.once import Once


class ListedImpressions:
    """Implements `Impressions`; `logged` are all of them, in order."""

    def __init__(self) -> None:
        self.logged: list[tuple[WorkspaceId, Impression]] = []

    async def log_impression(self, workspace: WorkspaceId, impression: Impression) -> None:
        self.logged.append((workspace, impression))

    def is_logged(self, workspace: WorkspaceId, impression_id: str) -> bool:
        return any(
            (where, one.impression_id) == (workspace, impression_id) for where, one in self.logged
        )


class DictVerdicts:
    """Implements `Verdicts` over items that a `DictMemory` holds. What was said of an item that is
    erased is listed no longer."""

    def __init__(self, memory: DictMemory, impressions: ListedImpressions) -> None:
        self._memory = memory
        self._impressions = impressions
        self._given: dict[WorkspaceId, dict[str, Feedback]] = {}
        self._calls: dict[tuple[WorkspaceId, str], tuple[str, Sequence[Feedback]]] = {}

    async def add_feedback(
        self,
        workspace: WorkspaceId,
        items: Sequence[ItemId],
        verdict: Verdict,
        impression_id: str | None = None,
        other_item: ItemId | None = None,
        once: Once | None = None,
    ) -> Sequence[Feedback]:
        if once is not None and (workspace, once.key) in self._calls:
            request_hash, done = self._calls[workspace, once.key]
            if request_hash != once.request_hash:
                raise Conflict(f"The idempotency key '{once.key}' was used for something else.")
            return done
        for item in items if other_item is None else (*items, other_item):
            self._memory.shelf(workspace).get_item(item)
        if impression_id and not self._impressions.is_logged(workspace, impression_id):
            raise NotFound("recall", impression_id)
        now = datetime.now(UTC)
        given = [
            Feedback(new_id("fb"), item, verdict, now, impression_id, other_item) for item in items
        ]
        self._given.setdefault(workspace, {}).update({one.feedback_id: one for one in given})
        self._count(workspace, items)
        if once is not None:
            self._calls[workspace, once.key] = (once.request_hash, given)
        return given

    async def withdraw_feedback(self, workspace: WorkspaceId, feedback_id: str) -> Feedback:
        try:
            given = self._given.get(workspace, {})[feedback_id]
        except KeyError:
            raise NotFound("feedback", feedback_id) from None
        withdrawn = replace(given, withdrawn_at=given.withdrawn_at or datetime.now(UTC))
        self._given[workspace][feedback_id] = withdrawn
        self._count(workspace, [given.item_id])
        return withdrawn

    async def list_feedback(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[Feedback]:
        known = self._memory.shelf(workspace).items
        given = self._given.get(workspace, {}).values()
        return page_of([one for one in given if one.item_id in known], cursor, limit)

    def _count(self, workspace: WorkspaceId, items: Sequence[ItemId]) -> None:
        tallies = tally(self._given[workspace].values())
        known = self._memory.shelf(workspace).items
        for item in items:
            counted = tallies.get(item, Tally())
            known[item] = replace(
                known[item],
                num_uses=counted.num_used,
                num_helpful=counted.num_helpful,
                num_not_helpful=counted.num_not_helpful,
            )
