"""The job that keeps contexts in order."""

from typing import Protocol

from agent_memory.contexts.service.upkeep import ContextUpkeep
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.forms import NoArgs
from agent_memory.jobs.spec import JobRun, Outcome


class OpenSecrets(Protocol):
    """Secrets that are not sealed yet."""

    async def seal_all(self, workspace: WorkspaceId) -> int: ...


class SweepContexts:
    """Drops what cannot be read any more, and seals secrets of webhooks that an earlier version
    stored as they are. Run again, it does what is left."""

    def __init__(self, upkeep: ContextUpkeep, webhooks: OpenSecrets) -> None:
        self._upkeep = upkeep
        self._webhooks = webhooks

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        del run, args
        num_sealed = await self._webhooks.seal_all(workspace)
        swept = await self._upkeep.sweep(workspace)
        return {
            "num_expired": swept.num_expired,
            "num_versions": swept.num_versions,
            "num_changes": swept.num_changes,
            "num_secrets_sealed": num_sealed,
        }
