"""Turns that have to share too little room: all say what they would have said alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from agent_memory.cache.lease import Lease, StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.terms import LeaseTerms
from agent_memory.cache.usher import Plea, Usher
from agent_memory.device.engine import MlxEngine
from agent_memory.device.event_stream import EventStream
from agent_memory.engine.events import EngineEvent
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import (
    BlockHash,
    BlockOwner,
    LeaseId,
    RequestId,
    SessionId,
    TurnId,
    WorkspaceId,
    new_id,
)
from agent_memory.prompts.request import PromptRequest, RenderedPrompt
from agent_memory.sessions.local_answer import LocalAnswerer
from agent_memory.sessions.session import Session, Surroundings
from agent_memory.testing.engine import MemoryStore
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.placement import Placement
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams

HASTE = 40.0
"""The clock of the one who hands out room runs so much faster than ours."""
NUM_TOKENS = 150
SAMPLINGS = {
    "greedy": SamplingParams(NUM_TOKENS, temperature=0.0, logit_bias={2: -100.0}),
    "seeded": SamplingParams(NUM_TOKENS, seed=7, logit_bias={2: -100.0}),
    "penalised": SamplingParams(
        NUM_TOKENS, seed=8, frequency_penalty=0.3, repetition_penalty=1.1, logit_bias={2: -100.0}
    ),
}
"""None of them ends before its last token."""


class NearGeneration:
    """A generation in this process, let go of at once."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream
        self.cancel = stream.cancel

    def __aiter__(self) -> AsyncIterator[EngineEvent]:
        return self._stream

    def close(self) -> None:
        self._stream.cancel()


class NearEngine:
    """An engine in this process, as a session sees it."""

    def __init__(self, engine: MlxEngine) -> None:
        self._engine = engine

    async def info(self) -> EngineInfo:
        return self._engine.info

    async def render(self, request: PromptRequest) -> RenderedPrompt:
        return self._engine.render(request)

    async def generate(self, request: GenerationRequest) -> NearGeneration:
        return NearGeneration(self._engine.generate(request))


class NarrowPool:
    """A pool in this process with room for so many tokens."""

    def __init__(self, engine: MlxEngine, num_tokens: int, at_rest_budget: int = 0) -> None:
        def clock() -> float:
            return time.time() * HASTE

        info = engine.info
        self._engine = engine
        self._pool = BlockPool(
            info.block_size,
            info.bytes_per_token,
            num_tokens * info.bytes_per_token,
            10**9,
            clock,
            at_rest_budget=at_rest_budget,
            has_snapshots=info.has_snapshots,
        )
        self._usher = Usher(self._pool)
        self._leases: dict[LeaseId, Lease] = {}

    async def lease(
        self,
        engine: EngineInfo,
        root: BlockHash,
        prompt_tokens: Sequence[int],
        num_reserved_tokens: int,
        lease_id: LeaseId,
        owner: BlockOwner,
        request_id: RequestId,
        terms: LeaseTerms,
    ) -> Lease:
        del engine, request_id
        plea = Plea(root, prompt_tokens, num_reserved_tokens, lease_id, owner, terms)
        self._usher.ask(plea)
        while lease_id not in self._leases:
            self._leases |= {lease.lease_id: lease for lease in self._usher.serve()}
            self._engine.preempt(self._usher.take_victims())
            self._usher.check_integrity()
            await asyncio.sleep(0.01)
        return self._leases.pop(lease_id)

    async def publish(
        self,
        engine: EngineInfo,
        lease_id: LeaseId,
        blocks: Sequence[StoredBlock],
        bad_files: Sequence[str],
    ) -> None:
        del engine
        self._pool.publish(lease_id, blocks, bad_files)
        self._usher.check_integrity()


class Client:
    """Takes one turn in a session of its own and keeps its answer."""

    def __init__(self, engine: MlxEngine, pool: NarrowPool, workspace: str) -> None:
        self.store = MemoryStore()
        self._workspace = WorkspaceId(workspace)
        surroundings = Surroundings(LocalAnswerer(NearEngine(engine), pool), self.store)
        self._session = Session(self._workspace, SessionId("s"), surroundings)

    async def ask(self, question: str, sampling: SamplingParams) -> tuple[int, ...]:
        request = TurnRequest(
            turn_id=TurnId(new_id("turn")),
            request_id=RequestId("r"),
            workspace_id=self._workspace,
            messages=(Message(Role.USER, (Text(question),)),),
            sampling=sampling,
            placement=Placement(self._session.session_id),
        )
        await self._session.take_turn(request, lambda _: None).wait()
        traces = self.store.commits[0].traces
        assert traces is not None
        return traces.tokens


@pytest.fixture(params=["llama", "gemma3", "recurrent", "mla", "sinks"])
def engine(request: pytest.FixtureRequest, engine_of: Callable[[str], MlxEngine]) -> MlxEngine:
    """All kinds but layers whose state never grows: of those any number has room."""
    return engine_of(request.param)


@pytest.mark.parametrize("at_rest_budget", [0, 10**9], ids=["by the shelf", "by memory"])
async def test_turns_that_interrupt_each_other_say_what_they_say_alone(
    engine: MlxEngine, at_rest_budget: int
) -> None:
    questions = {name: f"{name}, tell me more about it, please" for name in SAMPLINGS}
    alone: dict[str, tuple[int, ...]] = {}
    for name, question in questions.items():
        wide = NarrowPool(engine, 10_000)
        alone[name] = await Client(engine, wide, f"alone {name}").ask(question, SAMPLINGS[name])
        assert len(alone[name]) == NUM_TOKENS
    before = engine.stats()
    narrow = NarrowPool(engine, NUM_TOKENS + 100, at_rest_budget)
    clients = {name: Client(engine, narrow, "together") for name in SAMPLINGS}
    answers = await asyncio.gather(
        *(clients[name].ask(questions[name], SAMPLINGS[name]) for name in SAMPLINGS)
    )
    after = engine.stats()
    assert dict(zip(SAMPLINGS, answers, strict=True)) == alone
    num_interrupted = after.requests_preempted - before.requests_preempted
    num_computed = after.tokens_prefilled - before.tokens_prefilled
    assert num_interrupted > 0
    assert (after.tokens_from_memory > before.tokens_from_memory) == (at_rest_budget > 0)
    assert (after.tokens_from_shelf > before.tokens_from_shelf) == (at_rest_budget == 0)
    assert after.requests_failed == before.requests_failed
    # Nobody computes again what was computed before it was interrupted.
    assert num_computed <= 3 * 100 + num_interrupted
