"""A common beginning is computed once, also by layers that cannot be cut by position."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from agent_memory.cache.pool import BlockPool
from agent_memory.device.engine import MlxEngine
from agent_memory.ids import LeaseId
from tests.integration.device.conftest import BLOCK_SIZE
from tests.integration.device.engine_driver import Answer, a_prompt, a_request, ask, root_of

PREAMBLE = a_prompt(41, variant=7)


@pytest.fixture(params=["gemma3", "recurrent", "sinks", "mamba"])
def engine(request: pytest.FixtureRequest, engine_of: Callable[[str], MlxEngine]) -> MlxEngine:
    return engine_of(request.param)


class Sessions:
    """Turns of several sessions over one pool."""

    def __init__(self, engine: MlxEngine) -> None:
        self._engine = engine
        info = engine.info
        self.pool = BlockPool(
            BLOCK_SIZE, info.bytes_per_token, 1 << 30, 1 << 30, time.time, has_snapshots=True
        )
        self.pool.reset_resident(info.incarnation)

    async def take_turn(
        self, owner: str, prompt: tuple[int, ...], boundaries: tuple[int, ...]
    ) -> Answer:
        lease = self.pool.lease(root_of(self._engine), prompt, 12, LeaseId(owner), owner)
        assert lease is not None
        request = a_request(self._engine, prompt, lease=lease)
        answer = await ask(self._engine, replace(request, boundaries=boundaries))
        self.pool.publish(lease.lease_id, answer.stored.blocks, answer.restored.bad_files)
        self.pool.check_integrity()
        return answer


@pytest.mark.parametrize("length", [41, 32, 7])
async def test_another_session_goes_on_from_the_end_of_the_preamble(
    engine: MlxEngine, length: int
) -> None:
    sessions = Sessions(engine)
    preamble = PREAMBLE[:length]
    await sessions.take_turn("one", (*preamble, *a_prompt(30, 1)), (length,))

    other = (*preamble, *a_prompt(22, 2))
    answer = await sessions.take_turn("two", other, (length,))

    assert answer.restored.num_cached_tokens == length
    assert answer.tokens() == (await ask(engine, a_request(engine, other))).tokens()


async def test_the_preamble_is_kept_while_a_session_goes_on(engine: MlxEngine) -> None:
    sessions = Sessions(engine)
    prompt = (*PREAMBLE, *a_prompt(9, 1))
    for turn in range(4):
        answer = await sessions.take_turn("one", prompt, (41,))
        prompt = (*prompt, *answer.tokens(), *a_prompt(8, turn))

    answer = await sessions.take_turn("two", (*PREAMBLE, *a_prompt(6, 9)), (41,))

    assert answer.restored.num_cached_tokens == 41


async def test_marks_on_the_way_change_nothing_of_what_is_said(engine: MlxEngine) -> None:
    prompt = a_prompt(150, 3)
    marked = replace(a_request(engine, prompt), boundaries=(1, 16, 33, 64, 100, 149, 150, 400))
    answer = await ask(engine, marked)
    assert answer.tokens() == (await ask(engine, a_request(engine, prompt))).tokens()
