"""The server's jobs, imported in the process that runs them."""

import importlib
from collections.abc import Sequence

from agent_memory.jobs.spec import Spec
from agent_memory.providers.embedders import Embedders
from agent_memory.settings import Settings
from agent_memory.store.database import Database
from agent_memory.store.job_queue import JobQueueStore


def server_jobs(
    database: Database, queue: JobQueueStore, embedders: Embedders, settings: Settings
) -> Sequence[Spec]:
    """Jobs stand on nearly everything: they are imported here and not with this module, which the
    server's own process imports as well."""
    module = importlib.import_module("agent_memory.host.job_specs")
    specs: Sequence[Spec] = module.job_specs(database, queue, embedders, settings)
    return specs
