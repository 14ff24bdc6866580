"""Dropping rows that are no longer needed."""

from datetime import timedelta
from typing import Protocol

from agent_memory.ids import WorkspaceId
from agent_memory.jobs.forms import NoArgs
from agent_memory.jobs.ports import Vectors
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.vectors.stored_space import SpaceState

IMPRESSIONS_KEPT = timedelta(days=30)
CALLS_KEPT = timedelta(days=1)


class Impressions(Protocol):
    async def drop_impressions(self, workspace: WorkspaceId, age: timedelta) -> int:
        """Forget what recalls showed that long ago and nobody judged; how many."""
        ...


class RememberedCalls(Protocol):
    async def drop_calls(self, workspace: WorkspaceId, age: timedelta) -> int:
        """Forget idempotency keys that are older; how many."""
        ...


class LoggedPrompts(Protocol):
    async def drop_prompts(self, workspace: WorkspaceId) -> int:
        """Erase logged prompts that are older than the workspace keeps them; how many."""
        ...


class Expire:
    """The job that cleans up in a workspace: logged prompts, old impressions and idempotency keys,
    and embedding spaces that another has taken the place of."""

    def __init__(
        self,
        impressions: Impressions,
        calls: RememberedCalls,
        vectors: Vectors,
        prompts: LoggedPrompts,
    ) -> None:
        self._prompts = prompts
        self._impressions = impressions
        self._calls = calls
        self._vectors = vectors

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        del run, args
        return {
            "num_prompts": await self._prompts.drop_prompts(workspace),
            "num_impressions": await self._impressions.drop_impressions(
                workspace, IMPRESSIONS_KEPT
            ),
            "num_calls": await self._calls.drop_calls(workspace, CALLS_KEPT),
            "num_spaces": await self._drop_retired(workspace),
        }

    async def _drop_retired(self, workspace: WorkspaceId) -> int:
        spaces = await self._vectors.list_spaces(workspace)
        retired = [space for space in spaces if space.state is SpaceState.RETIRED]
        for space in retired:
            await self._vectors.delete_space(workspace, space.space_id)
        return len(retired)
