"""The server's jobs, composed for the process that runs them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import agent_memory
from agent_memory.access.sealing import Sealing
from agent_memory.clock import utc_now
from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.key_ring import KeyRing
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.backups import MakeBackups
from agent_memory.jobs.bookkeeping import KeepLedger
from agent_memory.jobs.budget_warnings import WarningArgs, WarnOfBudget
from agent_memory.jobs.context_vectors import EmbedContexts
from agent_memory.jobs.contexts import SweepContexts
from agent_memory.jobs.embedding import EmbedItems, Reembed
from agent_memory.jobs.enrichment import ChatModel, Enrich, EnrichArgs
from agent_memory.jobs.expiry import Expire
from agent_memory.jobs.forms import JobForm, NoArgs
from agent_memory.jobs.indexing import IndexVectors
from agent_memory.jobs.model_lists import SyncModels
from agent_memory.jobs.of_memory import (
    ExchangeArgs,
    LearnWeights,
    RememberExchange,
    RunConsolidation,
    RunRetention,
)
from agent_memory.jobs.redaction import RedactAgain
from agent_memory.jobs.spec import JobRun, JobSpec, Outcome, ServerJobSpec, Spec
from agent_memory.jobs.upkeep import ForgetJobs, PlanUpkeep
from agent_memory.jobs.webhooks import DeliverWebhook, WebhookArgs
from agent_memory.memory.estimated_tokens import EstimatedTokens
from agent_memory.memory.learning.recall_landscape import RECALL
from agent_memory.memory.learning.weight_learner import WeightLearner
from agent_memory.memory.ports import Embedder, TokenCounter
from agent_memory.memory.search.weights import DEFAULT_WEIGHTS
from agent_memory.memory.service.composition import World, compose
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.providers.chat_model import chosen_enricher
from agent_memory.providers.embedders import Embedders
from agent_memory.providers.far.client import Deadlines
from agent_memory.providers.far.desk import ProviderDesk
from agent_memory.providers.far.of_environment import providers_of_environment
from agent_memory.providers.webhook_sender import WebhookSender
from agent_memory.settings import Settings
from agent_memory.store.backup.folder import BackupFolder
from agent_memory.store.books import BookStore
from agent_memory.store.contexts.vectors import ContextVectorStore
from agent_memory.store.contexts.webhooks import WebhookStore
from agent_memory.store.database import Database
from agent_memory.store.job_queue import JobQueueStore
from agent_memory.store.jobs import JobStore
from agent_memory.store.ledger import LedgerStore
from agent_memory.store.memory.enrichment import EnrichmentStore
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.old_calls import RememberedCallStore
from agent_memory.store.memory.outdated import OutdatedStore
from agent_memory.store.memory.policies import PolicyStore
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.store.memory.vector_index import VectorIndexStore
from agent_memory.store.memory.weight_sets import WeightSetStore
from agent_memory.store.prompt_log import PromptLogStore
from agent_memory.store.providers import ProviderStore
from agent_memory.store.rules import RuleStore
from agent_memory.store.sealing_key import secrets_key
from agent_memory.store.stored_contexts import stored_contexts
from agent_memory.store.stored_memory import memory_stores, queue_upkeep
from agent_memory.store.turn_messages import TurnMessageStore
from agent_memory.work.job import JobKind
from agent_memory.work.registry import REGISTRY

Args = TypeVar("Args")


def job_specs(
    database: Database, queue: JobQueueStore, embedders: Embedders, settings: Settings
) -> Sequence[Spec]:
    """Every kind of job that this server runs."""
    jobs, spaces = JobStore(database), SpaceStore(database)
    contexts = stored_contexts(database, settings.context_key_ring, utc_now)
    sealing = Sealing(secrets_key(settings))
    webhooks = WebhookStore(database, sealing)
    sender = WebhookSender(may_be_private=settings.webhooks_to_private)
    expire = Expire(
        ImpressionStore(database), RememberedCallStore(database), spaces, PromptLogStore(database)
    )
    of_workspaces = [
        _spec(JobKind.EMBED_ITEMS, NoArgs, EmbedItems(spaces, embedders, jobs).do),
        _spec(JobKind.REEMBED, NoArgs, Reembed(spaces, embedders).do),
        _spec(JobKind.INDEX_VECTORS, NoArgs, IndexVectors(spaces, VectorIndexStore(database)).do),
        _spec(JobKind.EXPIRE, NoArgs, expire.do),
        _spec(
            JobKind.EMBED_CONTEXTS,
            NoArgs,
            EmbedContexts(
                ContextVectorStore(database, ContextCodec(KeyRing(settings.context_key_ring))),
                embedders,
            ).do,
        ),
        _spec(
            JobKind.DELIVER_WEBHOOK,
            WebhookArgs,
            DeliverWebhook(webhooks, sender, utc_now).do,
        ),
        _spec(
            JobKind.WARN_OF_BUDGET,
            WarningArgs,
            WarnOfBudget(RuleStore(database, sealing=sealing), sender, utc_now).do,
        ),
        _spec(JobKind.SWEEP_CONTEXTS, NoArgs, SweepContexts(contexts.upkeep, webhooks).do),
        *memory_specs(database, embedders, chosen_enricher(settings)),
    ]
    kinds = [spec.kind for spec in of_workspaces]
    return [
        *of_workspaces,
        ServerJobSpec(JobKind.PLAN_UPKEEP, PlanUpkeep(kinds, jobs, spaces, embedders, utc_now).do),
        ServerJobSpec(JobKind.FORGET_JOBS, ForgetJobs(queue, utc_now).do),
        ServerJobSpec(
            JobKind.KEEP_LEDGER,
            KeepLedger(BookStore(database), LedgerStore(database), jobs, utc_now).do,
        ),
        ServerJobSpec(JobKind.SYNC_MODELS, SyncModels(lambda: _desk(database, settings)).do),
        _backups(database, settings),
    ]


def _backups(database: Database, settings: Settings) -> ServerJobSpec:
    folder = BackupFolder(settings, database.url, agent_memory.__version__)
    make = MakeBackups(folder, settings.backup_every_h, settings.backups_kept, utc_now)
    return ServerJobSpec(JobKind.MAKE_BACKUP, make.do, timeout_s=6 * 3600.0)


def _desk(database: Database, settings: Settings) -> ProviderDesk:
    rows = ProviderStore(database, Sealing(secrets_key(settings)))
    return ProviderDesk(rows, providers_of_environment(settings), Deadlines())


def memory_specs(
    database: Database, embedder: Embedder, enricher: ChatModel | None = None
) -> Sequence[Spec]:
    """Every kind of job that memory causes."""
    memory = compose(memory_stores(database), World(embedder, WordsOnly(), _estimated, utc_now))
    exchange = RememberExchange(TurnMessageStore(database), memory.ingest)
    again = RedactAgain(PolicyStore(database), OutdatedStore(database), JobStore(database))
    learner = WeightLearner(
        ImpressionStore(database), WeightSetStore(database), DEFAULT_WEIGHTS.as_mapping(), RECALL
    )
    specs = [
        _spec(JobKind.REMEMBER_EXCHANGE, ExchangeArgs, exchange.do),
        _spec(JobKind.CONSOLIDATE, NoArgs, RunConsolidation(memory.consolidate).do),
        _spec(JobKind.APPLY_RETENTION, NoArgs, RunRetention(memory.retention).do),
        _spec(JobKind.REDACT_AGAIN, NoArgs, again.do),
        _spec(JobKind.LEARN_WEIGHTS, NoArgs, LearnWeights(learner).do),
    ]
    if enricher is not None:
        drafts = EnrichmentStore(database, on_remembered=queue_upkeep)
        enrich = Enrich(ItemStore(database), drafts, enricher)
        specs.append(_spec(JobKind.ENRICH, EnrichArgs, enrich.do))
    return specs


def _spec(
    kind: JobKind, args: type[Args], do: Callable[[JobRun, WorkspaceId, Args], Awaitable[Outcome]]
) -> Spec:
    return JobSpec(JobForm(kind, args), do, max_attempts=REGISTRY[kind].max_attempts)


async def _estimated() -> TokenCounter:
    """Jobs pack nothing; what they compose asks for a counter all the same."""
    return EstimatedTokens()
