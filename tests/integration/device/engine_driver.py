"""Asks an engine and sorts what it says; makes leases of what it stored."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lease import CachedBlock, Lease, Location, StoredBlock
from agent_memory.device.engine import MlxEngine
from agent_memory.device.event_stream import EventStream
from agent_memory.engine.events import (
    EngineEvent,
    Finished,
    Generated,
    Prefilled,
    Restored,
    Stored,
)
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.events import TextDelta, TokenLogprob
from agent_memory.turns.sampling import SamplingParams

GREEDY = SamplingParams(max_tokens=12, temperature=0.0)
NO_LEASE = Lease(LeaseId("lease"), 0)


@dataclass
class Answer:
    """The events of one generation, as they came."""

    events: list[EngineEvent] = field(default_factory=list)

    def tokens(self, choice: int = 0) -> list[int]:
        generated = [e for e in self.events if isinstance(e, Generated) and e.index == choice]
        return [token_id for event in generated for token_id in event.token_ids]

    def text(self, choice: int = 0) -> str:
        deltas = [
            delta
            for event in self.events
            if isinstance(event, Generated | Finished) and event.index == choice
            for delta in event.deltas
        ]
        return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))

    def logprobs(self) -> list[TokenLogprob]:
        deltas = [
            delta
            for event in self.events
            if isinstance(event, Generated | Finished)
            for delta in event.deltas
        ]
        return [each for delta in deltas if isinstance(delta, TextDelta) for each in delta.logprobs]

    @property
    def restored(self) -> Restored:
        return next(event for event in self.events if isinstance(event, Restored))

    @property
    def prefilled(self) -> list[Prefilled]:
        return [event for event in self.events if isinstance(event, Prefilled)]

    @property
    def finished(self) -> Finished:
        return next(event for event in self.events if isinstance(event, Finished))

    @property
    def stored(self) -> Stored:
        assert isinstance(self.events[-1], Stored)
        return self.events[-1]


def root_of(engine: MlxEngine, workspace: str = "ws") -> BlockHash:
    return root_hash(engine.info.fingerprint, engine.info.kv_format, workspace)


def a_request(
    engine: MlxEngine,
    prompt: Sequence[int],
    sampling: SamplingParams = GREEDY,
    *,
    lease: Lease = NO_LEASE,
    forced: Sequence[int] = (),
    group: str = "ws",
    json_schema: str | None = None,
) -> GenerationRequest:
    return GenerationRequest(
        "request",
        group,
        root_of(engine),
        tuple(prompt),
        sampling,
        lease,
        forced_tokens=tuple(forced),
        form=AnswerForm(json_schema=json_schema, parse=False),
    )


async def read(stream: EventStream) -> Answer:
    answer = Answer()
    async for event in stream:
        answer.events.append(event)
    return answer


async def ask(engine: MlxEngine, request: GenerationRequest) -> Answer:
    return await read(engine.generate(request))


async def ask_all(engine: MlxEngine, requests: Sequence[GenerationRequest]) -> list[Answer]:
    return list(await asyncio.gather(*(ask(engine, request) for request in requests)))


def a_prompt(length: int, variant: int = 0) -> tuple[int, ...]:
    """Tokens of no meaning, none of them special."""
    return tuple(10 + (at * 37 + at * at * 5 + variant * 101) % 480 for at in range(length))


def lease_of(
    blocks: Sequence[StoredBlock],
    prompt: Sequence[int],
    *,
    location: Location = Location.RESIDENT,
    epoch: int = 0,
    evict: Sequence[BlockHash] = (),
    discard: Sequence[str] = (),
) -> Lease:
    """A lease on as much of these blocks as the prompt agrees with, at most all but one token."""
    cached: list[CachedBlock] = []
    position = 0
    for block in _chain(blocks):
        used = _num_common(block.token_ids, prompt[position:-1])
        if used == 0 or (block.is_snapshot and used < len(block.token_ids)):
            break
        cached.append(CachedBlock(block.hash, len(block.token_ids), used, location, block.file))
        position += used
    return Lease(LeaseId("lease"), epoch, tuple(cached), position, tuple(evict), tuple(discard))


def _chain(blocks: Sequence[StoredBlock]) -> list[StoredBlock]:
    """The blocks without those that a snapshot reaches back over."""
    if not blocks or not blocks[-1].is_snapshot:
        return list(blocks)
    parents = [block.parent for block in blocks]
    return [*blocks[: parents.index(blocks[-1].parent)], blocks[-1]]


def _num_common(one: Sequence[int], other: Sequence[int]) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
