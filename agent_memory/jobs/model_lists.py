"""The models that providers list, read again now and then."""

import logging
from collections.abc import Callable
from typing import Protocol

from agent_memory.errors import AgentMemoryError
from agent_memory.gateway.configuration import GatewayConfig
from agent_memory.jobs.spec import JobRun, Outcome

log = logging.getLogger(__name__)


class ModelLists(Protocol):
    """Providers, and their lists."""

    async def config(self) -> GatewayConfig: ...

    async def check(self, provider: str) -> int:
        """Read its list and keep it; how many models that are. The last list stays where that
        fails."""
        ...


class SyncModels:
    """Reads the list of every provider that is enabled. One that is away does not hold the others
    up."""

    def __init__(self, open_lists: Callable[[], ModelLists]) -> None:
        self._open_lists = open_lists

    async def do(self, run: JobRun) -> Outcome:
        del run
        lists = self._open_lists()
        num_models = num_failed = 0
        for provider in (await lists.config()).enabled:
            try:
                num_models += await lists.check(provider.name)
            except AgentMemoryError as error:
                num_failed += 1
                extra = {"provider": provider.name, "reason": str(error)}
                log.warning("a provider's models could not be read", extra=extra)
        return {"num_models": num_models, "num_failed": num_failed}
