"""The job that keeps contexts in order."""

from agent_memory.contexts.service.upkeep import ContextUpkeep
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.forms import NoArgs
from agent_memory.jobs.spec import JobRun, Outcome


class SweepContexts:
    """Drops what nobody can read any more. Run again, it drops what is left."""

    def __init__(self, upkeep: ContextUpkeep) -> None:
        self._upkeep = upkeep

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        del run, args
        swept = await self._upkeep.sweep(workspace)
        return {
            "num_expired": swept.num_expired,
            "num_versions": swept.num_versions,
            "num_changes": swept.num_changes,
        }
