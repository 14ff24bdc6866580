"""What memory keeps beside items, in dictionaries."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import ItemId, JobId, ThreadId, WorkspaceId, new_id
from agent_memory.json_value import Json
from agent_memory.memory.consolidation.plan import ConsolidationPlan, apply_plan
from agent_memory.memory.consolidation.record import ConsolidationRecord
from agent_memory.memory.feedback import Feedback, Impression, Verdict
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.memory.items.thread import Thread, ThreadStatistics
from agent_memory.memory.learning.experience import Weighed
from agent_memory.memory.learning.likeness import Question
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.search.weight_set import WeightSet
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.work.job import NewJob
from agent_memory.work.once import Once


class DictThreads:
    """Implements `Threads` over what a `DictMemory` holds."""

    def __init__(self, memory: DictMemory) -> None:
        self._memory = memory
        self._titles: dict[tuple[WorkspaceId, ThreadId], str | None] = {}
        self._held: set[tuple[WorkspaceId, ThreadId]] = set()

    async def get_thread(self, workspace: WorkspaceId, thread: ThreadId) -> Thread:
        items = self._items(workspace, thread)
        if not items:
            raise NotFound("thread", thread)
        return Thread(
            thread,
            self._titles.get((workspace, thread)),
            (workspace, thread) in self._held,
            items[0].recorded_at,
            items[-1].recorded_at,
            len(items),
            sum(item.kind is ItemKind.CHAT for item in items),
        )

    async def list_threads(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> tuple[Sequence[Thread], str | None]:
        del cursor
        items = self._memory.shelf(workspace).items.values()
        threads = list(dict.fromkeys(item.thread_id for item in items))
        return [await self.get_thread(workspace, thread) for thread in threads[:limit]], None

    async def set_title(self, workspace: WorkspaceId, thread: ThreadId, title: str | None) -> None:
        await self.get_thread(workspace, thread)
        self._titles[workspace, thread] = title

    async def set_legal_hold(self, workspace: WorkspaceId, thread: ThreadId, is_held: bool) -> None:
        await self.get_thread(workspace, thread)
        (self._held.add if is_held else self._held.discard)((workspace, thread))

    async def measure_thread(self, workspace: WorkspaceId, thread: ThreadId) -> ThreadStatistics:
        items = self._items(workspace, thread)
        return ThreadStatistics(
            await self.get_thread(workspace, thread),
            Counter(item.kind.value for item in items),
            Counter(item.role.value for item in items if item.role),
            Counter(item.state.value for item in items),
            sum(len(item.text) for item in items if item.kind is ItemKind.CHAT),
            min(item.occurred_at for item in items),
            max(item.occurred_at for item in items),
        )

    def _items(self, workspace: WorkspaceId, thread: ThreadId) -> list[Item]:
        items = self._memory.shelf(workspace).items.values()
        return [item for item in items if item.thread_id == thread]


class DictPolicies:
    """Implements `Policies`."""

    def __init__(self) -> None:
        self._policies: dict[WorkspaceId, tuple[RedactionPolicy, int]] = {}
        self._retention: dict[WorkspaceId, Mapping[str, Json]] = {}

    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]:
        return self._policies.get(workspace, (RedactionPolicy(), 0))

    async def set_redaction(self, workspace: WorkspaceId, policy: RedactionPolicy) -> int:
        _, version = await self.get_redaction(workspace)
        self._policies[workspace] = (policy, version + 1)
        return version + 1

    async def get_retention(self, workspace: WorkspaceId) -> Mapping[str, Json] | None:
        return self._retention.get(workspace)

    async def set_retention(self, workspace: WorkspaceId, policy: Mapping[str, Json]) -> None:
        self._retention[workspace] = policy


class DictConsolidations:
    """Implements `Consolidations` over what a `DictMemory` holds, by subject alone: nothing is ever
    nearly the same, and nothing is taken back."""

    def __init__(self, memory: DictMemory) -> None:
        self._memory = memory

    async def put_bands(
        self, workspace: WorkspaceId, bands: Mapping[ItemId, Sequence[int]]
    ) -> None:
        del workspace, bands

    async def list_unbanded(self, workspace: WorkspaceId, limit: int) -> Sequence[Item]:
        del workspace, limit
        return []

    async def find_near(
        self, workspace: WorkspaceId, bands: Sequence[int], limit: int
    ) -> Sequence[Item]:
        del workspace, bands, limit
        return []

    async def list_by_subject(
        self, workspace: WorkspaceId, subjects: Sequence[str], limit: int
    ) -> Sequence[Item]:
        wanted = frozenset(subjects)
        items = self._memory.shelf(workspace).items.values()
        about = [item for item in items if item.subject in wanted and item.state in _IN_FORCE]
        return sorted(about, key=lambda item: item.valid_from)[:limit]

    async def apply_plan(self, workspace: WorkspaceId, plan: ConsolidationPlan) -> Sequence[str]:
        items = self._memory.shelf(workspace).items
        changed = apply_plan(plan, list(items.values()))
        items.update((item.item_id, item) for item in changed)
        return [f"cons_{number}" for number, _ in enumerate(plan.actions)]

    async def undo(self, workspace: WorkspaceId, consolidation_id: str) -> None:
        del workspace
        raise NotFound("consolidation", consolidation_id)

    async def list_consolidations(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> tuple[Sequence[ConsolidationRecord], str | None]:
        del workspace, cursor, limit
        return [], None


_IN_FORCE = frozenset({ItemState.ACTIVE, ItemState.SUPERSEDED})


class DictVerdicts:
    """Implements `Verdicts` over items that a `DictMemory` holds."""

    def __init__(self, items: DictMemory) -> None:
        self._items = items
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
        for item in items:
            await self._items.get_item(workspace, item)
        now = datetime.now(UTC)
        given = [
            Feedback(new_id("fb"), item, verdict, now, impression_id, other_item) for item in items
        ]
        self._given.setdefault(workspace, {}).update({one.feedback_id: one for one in given})
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
        return withdrawn

    async def list_feedback(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> tuple[Sequence[Feedback], str | None]:
        del cursor
        return list(self._given.get(workspace, {}).values())[:limit], None


class DefaultWeights:
    """Implements `Weightings` where nothing was ever learned."""

    async def list_weights(self, workspace: WorkspaceId) -> Sequence[WeightSet]:
        del workspace
        return []

    async def go_live(self, workspace: WorkspaceId, version: int) -> None:
        del workspace
        if version:
            raise NotFound("weight set", str(version))

    async def find_live(self, workspace: WorkspaceId) -> WeightSet | None:
        del workspace
        return None


class ListedImpressions:
    """Implements `Impressions`; `logged` are all of them, in order."""

    def __init__(self) -> None:
        self.logged: list[tuple[WorkspaceId, Impression]] = []

    async def log_impression(self, workspace: WorkspaceId, impression: Impression) -> None:
        self.logged.append((workspace, impression))


class ListedJobs:
    """Implements `Jobs`; `queued` are all of them, in order."""

    def __init__(self) -> None:
        self.queued: list[tuple[WorkspaceId, NewJob]] = []

    async def enqueue_job(self, workspace: WorkspaceId, job: NewJob) -> JobId:
        self.queued.append((workspace, job))
        return JobId(f"job_{len(self.queued)}")


class NoExperience:
    """Implements `Experienced` where nothing was said for any question."""

    async def has_judgements(self, workspace: WorkspaceId) -> bool:
        del workspace
        return False

    async def find_judgements(
        self, workspace: WorkspaceId, items: Sequence[ItemId], question: Question
    ) -> Sequence[Weighed]:
        del workspace, items, question
        return ()
