"""The jobs of memory itself: what they do, composed for the process that runs them."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.actors.exchange import exchange_request
from agent_memory.actors.memory_parts import memory_stores, utc_now
from agent_memory.ids import SessionId, ThreadId, TurnId, WorkspaceId
from agent_memory.jobs import forms
from agent_memory.jobs.forms import STRICT, JobForm, NoArgs
from agent_memory.jobs.spec import JobRun, JobSpec, Outcome, Spec
from agent_memory.memory.estimated_tokens import EstimatedTokens
from agent_memory.memory.jobs import JobKind
from agent_memory.memory.learning.recall_landscape import RECALL
from agent_memory.memory.learning.weight_learner import WeightLearner
from agent_memory.memory.ports import Embedder, TokenCounter
from agent_memory.memory.service.composition import World, compose
from agent_memory.memory.service.consolidate import Consolidate
from agent_memory.memory.service.ingest import Ingest
from agent_memory.memory.service.redactor import Redactor
from agent_memory.memory.service.retention import Retention
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.memory.weights import DEFAULT_WEIGHTS
from agent_memory.store.database import Database
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.policies import PolicyStore
from agent_memory.store.memory.redactions import RedactionStore
from agent_memory.store.memory.weight_sets import WeightSetStore
from agent_memory.store.turn_messages import TurnMessageStore

REDACTION_BATCH = 100
"""Raw texts that are redacted again in one transaction."""


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


class RedactAgain:
    """The job that brings what is stored to the policy in force."""

    def __init__(self, policies: PolicyStore, texts: RedactionStore) -> None:
        self._policies = policies
        self._texts = texts

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        """Batch by batch: an attempt that is cut off has done what it has done."""
        del args
        policy, version = await self._policies.get_redaction(workspace)
        num_materials = num_items = 0
        while True:
            done = await self._texts.redact_outdated(
                workspace, version, Redactor(policy), REDACTION_BATCH
            )
            num_materials += done.num_materials
            num_items += done.num_items
            outcome: Outcome = {
                "version": version,
                "num_materials": num_materials,
                "num_items": num_items,
            }
            if not done.num_materials:
                return outcome
            await run.note(outcome)


def memory_specs(database: Database, embedder: Embedder) -> Sequence[Spec]:
    """Every kind of job that memory causes."""
    world = World(embedder, WordsOnly(), _estimated, utc_now)
    memory = compose(memory_stores(database), world)
    exchange = RememberExchange(TurnMessageStore(database), memory.ingest)
    learner = WeightLearner(
        ImpressionStore(database), WeightSetStore(database), DEFAULT_WEIGHTS.as_mapping(), RECALL
    )
    again = RedactAgain(PolicyStore(database), RedactionStore(database))
    return [
        JobSpec(JobForm(JobKind.REMEMBER_EXCHANGE, ExchangeArgs), exchange.do),
        JobSpec(forms.CONSOLIDATE, RunConsolidation(memory.consolidate).do),
        JobSpec(forms.APPLY_RETENTION, RunRetention(memory.retention).do),
        JobSpec(forms.REDACT_AGAIN, again.do),
        JobSpec(forms.LEARN_WEIGHTS, LearnWeights(learner).do),
    ]


async def _estimated() -> TokenCounter:
    """Jobs pack nothing; what they compose asks for a counter all the same."""
    return EstimatedTokens()
