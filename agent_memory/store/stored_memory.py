"""Memory over PostgreSQL, composed for the process that serves it."""

from agent_memory.ids import WorkspaceId
from agent_memory.memory.items.ingestion import Remembered
from agent_memory.memory.service.composition import Stores, World, compose
from agent_memory.memory.service.jobs import ONE_AT_A_TIME
from agent_memory.memory.service.memory import Memory
from agent_memory.store.database import Database
from agent_memory.store.jobs import JobStore, enqueue_job
from agent_memory.store.memory.changes import ItemChangeStore
from agent_memory.store.memory.consolidations import ConsolidationStore
from agent_memory.store.memory.erasure import ErasureStore
from agent_memory.store.memory.experience import ExperienceStore
from agent_memory.store.memory.feedback import FeedbackStore
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.messages import MessageStore
from agent_memory.store.memory.policies import PolicyStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.threads import ThreadStore
from agent_memory.store.memory.weight_sets import WeightSetStore
from agent_memory.store.transaction import Transaction
from agent_memory.work.job import JobKind, NewJob

CAUSED = (JobKind.EMBED_ITEMS, JobKind.CONSOLIDATE)
"""The needs of new items."""


def stored_memory(database: Database, world: World, *, is_enriched: bool = False) -> Memory:
    """All of memory over `database`. is_enriched: a language model reads what comes in."""
    return compose(memory_stores(database, is_enriched=is_enriched), world)


def memory_stores(database: Database, *, is_enriched: bool = False) -> Stores:
    """Where everything is kept."""
    on_remembered = queue_enrichment if is_enriched else queue_upkeep
    return Stores(
        ingestion=IngestionStore(database, on_remembered=on_remembered),
        search=SearchStore(database),
        reading=ItemStore(database),
        messages=MessageStore(database),
        changes=ItemChangeStore(database, on_remembered=on_remembered),
        erasure=ErasureStore(database),
        threads=ThreadStore(database),
        policies=PolicyStore(database),
        consolidations=ConsolidationStore(database),
        verdicts=FeedbackStore(database),
        weights=WeightSetStore(database),
        impressions=ImpressionStore(database),
        experience=ExperienceStore(database),
        jobs=JobStore(database),
    )


async def queue_upkeep(
    transaction: Transaction, workspace: WorkspaceId, remembered: Remembered
) -> None:
    """Jobs that are there exactly if the items are; of each kind one waits at a time."""
    del workspace
    if remembered.added or remembered.updated:
        for kind in CAUSED:
            await enqueue_job(transaction, NewJob(kind, once=ONE_AT_A_TIME))


async def queue_enrichment(
    transaction: Transaction, workspace: WorkspaceId, remembered: Remembered
) -> None:
    """The same, and for each text a job that has the enricher read it."""
    await queue_upkeep(transaction, workspace, remembered)
    if remembered.added:
        for material in remembered.materials:
            job = NewJob(JobKind.ENRICH, {"material_id": material}, once=material)
            await enqueue_job(transaction, job)
