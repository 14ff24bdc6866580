"""More conversations than the engine has room for, most of which rest in memory."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lease import Location, StoredBlock
from agent_memory.cache.pool import BlockPool
from agent_memory.device.engine import MlxEngine
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.turns.events import TokenLogprob
from agent_memory.turns.sampling import SamplingParams
from tests.integration.device.conftest import BLOCK_SIZE, small_settings
from tests.integration.device.engine_driver import (
    Answer,
    a_prompt,
    a_request,
    ask,
    lease_of,
)

SAMPLING = SamplingParams(max_tokens=6, temperature=0, num_logprobs=2)
LENGTH, NUM_SESSIONS, NUM_ROUNDS = 41, 4, 3
AMPLE = 1 << 30


@dataclass
class Talk:
    """Conversations in turn over one pool, each the owner of what it says."""

    engine: MlxEngine
    workspace: str
    resident_budget: int
    at_rest_budget: int
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        info = self.engine.info
        self.root = root_hash(info.fingerprint, info.kv_format, self.workspace)
        self.pool = BlockPool(
            BLOCK_SIZE,
            info.bytes_per_token,
            self.resident_budget,
            AMPLE,
            time.time,
            at_rest_budget=self.at_rest_budget,
            has_snapshots=info.has_snapshots,
        )
        self.pool.reset_resident(info.incarnation)
        self.prompts = {f"{at}": a_prompt(LENGTH, at) for at in range(NUM_SESSIONS)}

    async def take_turn(self, name: str) -> Answer:
        prompt = self.prompts[name]
        lease = self.pool.lease(self.root, prompt, SAMPLING.max_tokens, LeaseId(name), name)
        assert lease is not None
        request = replace(a_request(self.engine, prompt, SAMPLING, lease=lease), root=self.root)
        answer = await ask(self.engine, request)
        self.pool.publish(lease.lease_id, answer.stored.blocks, answer.restored.bad_files)
        self.pool.check_integrity()
        self.prompts[name] = (*prompt, *answer.tokens(), *a_prompt(5, 9))
        return answer

    async def take_turns(self) -> None:
        for _ in range(NUM_ROUNDS):
            for name in self.prompts:
                self.answers.append(await self.take_turn(name))

    @property
    def said(self) -> list[tuple[list[int], list[TokenLogprob]]]:
        return [(answer.tokens(), answer.logprobs()) for answer in self.answers]


def room_for_one(wide: Talk) -> int:
    """Bytes of one of these conversations and of a turn."""
    longest = max(len(prompt) for prompt in wide.prompts.values()) + SAMPLING.max_tokens
    blocks = wide.pool.stats().resident_bytes // NUM_SESSIONS
    return blocks + longest * wide.engine.info.bytes_per_token


@pytest.fixture(
    params=[
        ("llama", "none"),
        ("gemma3", "none"),
        ("recurrent", "none"),
        ("mla", "none"),
        ("wide-llama", "k8v4"),
        ("wide-gemma3", "4"),
    ],
    ids="-".join,
)
def engine(
    request: pytest.FixtureRequest, model_folder: Callable[[str], Path], tmp_path: Path
) -> Iterator[MlxEngine]:
    shape, kv_bits = request.param
    engine = MlxEngine.load(model_folder(shape), shape, small_settings(kv_bits=kv_bits), tmp_path)
    yield engine
    engine.close()


async def test_conversations_that_rest_say_what_they_say_when_they_never_leave(
    engine: MlxEngine,
) -> None:
    wide = Talk(engine, "wide", AMPLE, 0)
    await wide.take_turns()
    narrow = Talk(engine, "narrow", room_for_one(wide), AMPLE)
    before = engine.stats()
    await narrow.take_turns()
    after = engine.stats()
    assert narrow.said == wide.said  # to the last bit
    for kept, rested in zip(wide.answers, narrow.answers, strict=True):
        assert rested.restored.num_cached_tokens == kept.restored.num_cached_tokens
        assert rested.restored.num_from_shelf == 0
    num_from_memory = sum(answer.restored.num_from_memory for answer in narrow.answers)
    assert num_from_memory > 0
    assert after.tokens_from_memory - before.tokens_from_memory == num_from_memory
    assert after.shelf.bytes_read == before.shelf.bytes_read
    # What has to leave because of the last turn does so with the next.
    assert 0 < after.memory_bytes <= narrow.pool.stats().memory_bytes


async def test_a_deleted_conversation_leaves_no_byte_in_memory(engine: MlxEngine) -> None:
    wide = Talk(engine, "wide", AMPLE, 0)
    await wide.take_turns()
    talk = Talk(engine, "narrow", room_for_one(wide), AMPLE)
    await talk.take_turns()
    assert engine.stats().memory_bytes > 0
    for name in talk.prompts:
        talk.pool.forget_owner(name)
    engine.drop(talk.pool.take_evictions())
    await ask(engine, a_request(engine, a_prompt(3), replace(SAMPLING, max_tokens=1)))
    assert talk.pool.stats().memory_bytes == 0
    stats = engine.stats()
    assert (stats.memory_blocks, stats.memory_bytes) == (0, 0)


async def test_what_rests_beyond_its_budget_is_read_from_the_shelf(engine: MlxEngine) -> None:
    wide = Talk(engine, "wide", AMPLE, 0)
    await wide.take_turns()
    room = room_for_one(wide)
    narrow = Talk(engine, "narrow", room, room // 4)
    await narrow.take_turns()
    assert narrow.said == wide.said
    assert sum(answer.restored.num_from_shelf for answer in narrow.answers) > 0
    assert engine.stats().memory_bytes <= room // 4


async def test_without_a_shelf_what_rests_is_not_lost(model_folder: Callable[[str], Path]) -> None:
    engine = MlxEngine.load(model_folder("llama"), "llama", small_settings(), None)
    try:
        wide = Talk(engine, "wide", AMPLE, 0)
        await wide.take_turns()
        narrow = Talk(engine, "narrow", room_for_one(wide), AMPLE)
        await narrow.take_turns()
        assert narrow.said == wide.said
        num_cached = [answer.restored.num_cached_tokens for answer in narrow.answers]
        assert num_cached == [answer.restored.num_cached_tokens for answer in wide.answers]
    finally:
        engine.close()


@pytest.mark.parametrize("shape", ["llama", "gemma3", "recurrent"])
async def test_whatever_orders_say_and_in_whichever_order_they_come_no_token_is_wrong(
    engine_of: Callable[[str], MlxEngine], shape: str
) -> None:
    """Leases of several sessions reach the engine in an order of their own, and not all do."""
    engine, choose = engine_of(shape), random.Random(7)  # noqa: S311  not for secrets
    known: dict[BlockHash, StoredBlock] = {}
    prompts = {at: a_prompt(30 + at, 20 + at) for at in range(3)}
    blocks: dict[int, tuple[StoredBlock, ...]] = dict.fromkeys(prompts, ())
    for _ in range(24):
        at = choose.choice(list(prompts))
        names = [*known, BlockHash("never heard of")]
        lease = replace(
            lease_of(blocks[at], prompts[at], location=choose.choice(list(Location))),
            evict=tuple(choose.choices(names, k=choose.randrange(4))),
            rest=tuple(choose.choices(names, k=choose.randrange(12))),
        )
        answer = await ask(engine, a_request(engine, prompts[at], SAMPLING, lease=lease))
        assert answer.restored.num_cached_tokens == lease.num_cached_tokens
        cold = await ask(engine, a_request(engine, prompts[at], SAMPLING))
        assert answer.tokens() == cold.tokens()
        blocks[at] = answer.stored.blocks
        known |= {block.hash: block for block in blocks[at]}
        prompts[at] = (*prompts[at], *answer.tokens(), *a_prompt(5, choose.randrange(99)))
    assert engine.stats().tokens_from_memory > 0
