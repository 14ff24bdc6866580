"""The jobs of memory itself: what they do, composed for the process that runs them."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.actors.exchange import exchange_request
from agent_memory.actors.memory_parts import memory_stores, queue_upkeep, utc_now
from agent_memory.ids import SessionId, ThreadId, TurnId, WorkspaceId
from agent_memory.jobs import forms
from agent_memory.jobs.enrichment import ChatModel, Enrich, EnrichArgs
from agent_memory.jobs.forms import STRICT, JobForm, NoArgs
from agent_memory.jobs.redaction import RedactAgain
from agent_memory.jobs.spec import JobRun, JobSpec, Outcome, Spec
from agent_memory.memory.estimated_tokens import EstimatedTokens
from agent_memory.memory.learning.recall_landscape import RECALL
from agent_memory.memory.learning.weight_learner import WeightLearner
from agent_memory.memory.ports import Embedder, TokenCounter
from agent_memory.memory.service.composition import World, compose
from agent_memory.memory.service.consolidate import Consolidate
from agent_memory.memory.service.ingest import Ingest
from agent_memory.memory.service.retention import Retention
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.memory.weights import DEFAULT_WEIGHTS
from agent_memory.store.database import Database
from agent_memory.store.jobs import JobStore
from agent_memory.store.memory.enrichment import EnrichmentStore
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.outdated import OutdatedStore
from agent_memory.store.memory.policies import PolicyStore
from agent_memory.store.memory.weight_sets import WeightSetStore
from agent_memory.store.turn_messages import TurnMessageStore
from agent_memory.work.job import JobKind


@dataclass(frozen=True, slots=True)
class ExchangeArgs:
    """Which turn, and the thread that it is remembered in."""

    __pydantic_config__ = STRICT

    session_id: str
    turn_id: str
    thread_id: str


class RememberExchange:
    """The job that ingests what was said in a turn. Run again, it adds nothing."""

    def __init__(self, turns: TurnMessageStore, ingest: Ingest) -> None:
        self._turns = turns
        self._ingest = ingest

    async def do(self, run: JobRun, workspace: WorkspaceId, args: ExchangeArgs) -> Outcome:
        del run
        said = await self._turns.find_said(
            workspace, SessionId(args.session_id), TurnId(args.turn_id)
        )
        if said is None:
            return {"note": "The session was deleted meanwhile."}
        request = exchange_request(ThreadId(args.thread_id), said.messages, said.started_at)
        if request is None:
            return {"note": "Nothing was said that is kept."}
        remembered = (await self._ingest.ingest(workspace, request)).remembered
        return {"num_added": len(remembered.added), "num_known": remembered.num_known}


class RunConsolidation:
    """The job that merges duplicates and marks what was superseded."""

    def __init__(self, consolidate: Consolidate) -> None:
        self._consolidate = consolidate

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        del run, args
        done = await self._consolidate.run(workspace, is_dry=False)
        return {"num_items": done.num_items, "num_actions": len(done.plan.actions)}


class RunRetention:
    """The job that archives and erases by the policy."""

    def __init__(self, retention: Retention) -> None:
        self._retention = retention

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        del run, args
        done = await self._retention.run(workspace, is_dry=False)
        return {"num_archived": done.num_archived, "num_erased": done.num_erased}


class LearnWeights:
    """The job that learns from feedback what to rank by."""

    def __init__(self, learner: WeightLearner) -> None:
        self._learner = learner

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        del run, args
        learned = await self._learner.learn_weights(workspace)
        if learned is None:
            return {"note": "Too little was said since the last time."}
        return {"went_live": learned.wins, **learned.record}


def memory_specs(
    database: Database, embedder: Embedder, enricher: ChatModel | None = None
) -> Sequence[Spec]:
    """Every kind of job that memory causes."""
    world = World(embedder, WordsOnly(), _estimated, utc_now)
    memory = compose(memory_stores(database), world)
    exchange = RememberExchange(TurnMessageStore(database), memory.ingest)
    learner = WeightLearner(
        ImpressionStore(database), WeightSetStore(database), DEFAULT_WEIGHTS.as_mapping(), RECALL
    )
    again = RedactAgain(PolicyStore(database), OutdatedStore(database), JobStore(database))
    specs: list[Spec] = [
        JobSpec(JobForm(JobKind.REMEMBER_EXCHANGE, ExchangeArgs), exchange.do),
        JobSpec(forms.CONSOLIDATE, RunConsolidation(memory.consolidate).do),
        JobSpec(forms.APPLY_RETENTION, RunRetention(memory.retention).do),
        JobSpec(forms.REDACT_AGAIN, again.do),
        JobSpec(forms.LEARN_WEIGHTS, LearnWeights(learner).do),
    ]
    if enricher is not None:
        drafts = EnrichmentStore(database, on_remembered=queue_upkeep)
        enrich = Enrich(ItemStore(database), drafts, enricher)
        specs.append(JobSpec(JobForm(JobKind.ENRICH, EnrichArgs), enrich.do))
    return specs


async def _estimated() -> TokenCounter:
    """Jobs pack nothing; what they compose asks for a counter all the same."""
    return EstimatedTokens()
