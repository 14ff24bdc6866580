"""What the server's jobs do, composed for the process that runs them."""

from collections.abc import Sequence

from agent_memory.actors.embedder_handle import EmbedderHandle
from agent_memory.actors.memory_jobs import memory_specs
from agent_memory.actors.memory_parts import utc_now
from agent_memory.jobs import forms
from agent_memory.jobs.embedding import EmbedItems, Reembed
from agent_memory.jobs.expiry import Expire
from agent_memory.jobs.indexing import IndexVectors
from agent_memory.jobs.spec import JobSpec, ServerJobSpec, Spec
from agent_memory.jobs.upkeep import ForgetJobs, PlanUpkeep
from agent_memory.providers.chat_model import chosen_enricher
from agent_memory.settings import Settings
from agent_memory.store.database import Database
from agent_memory.store.job_queue import JobQueueStore
from agent_memory.store.jobs import JobStore
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.old_calls import RememberedCallStore
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.store.memory.vector_index import VectorIndexStore
from agent_memory.work.job import JobKind

EMBEDDING_ATTEMPTS = 50
"""With pauses of up to ten minutes: a provider may be away for a night."""


def job_specs(
    database: Database, queue: JobQueueStore, embedders: EmbedderHandle, settings: Settings
) -> Sequence[Spec]:
    """Every kind of job that this server runs."""
    jobs, spaces = JobStore(database), SpaceStore(database)
    of_workspaces: list[Spec] = [
        JobSpec(
            forms.EMBED_ITEMS,
            EmbedItems(spaces, embedders, jobs).do,
            max_attempts=EMBEDDING_ATTEMPTS,
        ),
        JobSpec(forms.REEMBED, Reembed(spaces, embedders).do, max_attempts=EMBEDDING_ATTEMPTS),
        JobSpec(
            forms.EXPIRE,
            Expire(ImpressionStore(database), RememberedCallStore(database), spaces).do,
        ),
    ]
    index_vectors = IndexVectors(spaces, VectorIndexStore(database))
    of_workspaces.append(JobSpec(forms.INDEX_VECTORS, index_vectors.do))
    of_workspaces += memory_specs(database, embedders, chosen_enricher(settings))
    kinds = [spec.kind for spec in of_workspaces]
    return [
        *of_workspaces,
        ServerJobSpec(JobKind.PLAN_UPKEEP, PlanUpkeep(kinds, jobs, spaces, embedders, utc_now).do),
        ServerJobSpec(JobKind.FORGET_JOBS, ForgetJobs(queue, utc_now).do),
    ]
