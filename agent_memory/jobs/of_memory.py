"""The jobs of memory: what is remembered, consolidated, retained and learnt, one class a job."""

from dataclasses import dataclass
from typing import Protocol

from agent_memory.ids import SessionId, ThreadId, TurnId, WorkspaceId
from agent_memory.jobs.forms import STRICT, NoArgs
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.jobs.turn_ingest import exchange_request
from agent_memory.memory.learning.weight_learner import WeightLearner
from agent_memory.memory.service.consolidate import Consolidate
from agent_memory.memory.service.ingest import Ingest
from agent_memory.memory.service.retention import Retention
from agent_memory.turns.said import SaidInTurn


class TurnMessages(Protocol):
    """What was said in single turns."""

    async def find_said(
        self, workspace: WorkspaceId, session: SessionId, turn: TurnId
    ) -> SaidInTurn | None:
        """None when the session, or the turn, is gone."""
        ...


@dataclass(frozen=True, slots=True)
class ExchangeArgs:
    """Which turn, and the thread that it is remembered in."""

    __pydantic_config__ = STRICT

    session_id: str
    turn_id: str
    thread_id: str


class RememberExchange:
    """The job that ingests what was said in a turn. Run again, it adds nothing."""

    def __init__(self, turns: TurnMessages, ingest: Ingest) -> None:
        self._turns = turns
        self._ingest = ingest

    async def do(self, run: JobRun, workspace: WorkspaceId, args: ExchangeArgs) -> Outcome:
        del run
        said = await self._turns.find_said(
            workspace, SessionId(args.session_id), TurnId(args.turn_id)
        )
        if said is None:
            return {"note": "The session was deleted in the meantime."}
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
