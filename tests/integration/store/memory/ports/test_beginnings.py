"""A memory in which nothing was ever learned, and the work that it leaves for later."""

import pytest

from agent_memory.errors import NotFound
from agent_memory.memory.service.composition import Weightings
from agent_memory.memory.service.jobs import Jobs
from agent_memory.memory.service.ranker import Experienced
from agent_memory.work.job import JobKind, NewJob
from tests.integration.store.conftest import ALPHA, BETA


async def test_the_default_weights_rank_until_others_are_learned(weights: Weightings) -> None:
    assert list(await weights.list_weights(ALPHA)) == []
    assert await weights.find_live(ALPHA) is None
    await weights.go_live(ALPHA, 0)
    with pytest.raises(NotFound):
        await weights.go_live(ALPHA, 1)


async def test_nothing_is_judged_where_nothing_was_said(experience: Experienced) -> None:
    assert not await experience.has_judgements(ALPHA)


async def test_of_jobs_to_be_done_once_one_waits(jobs: Jobs) -> None:
    once = NewJob(JobKind.CONSOLIDATE, once="all")
    waiting = await jobs.enqueue_job(ALPHA, once)

    assert await jobs.enqueue_job(ALPHA, once) == waiting
    others = [
        await jobs.enqueue_job(ALPHA, NewJob(JobKind.EMBED_ITEMS, once="all")),
        await jobs.enqueue_job(ALPHA, NewJob(JobKind.CONSOLIDATE)),
        await jobs.enqueue_job(ALPHA, NewJob(JobKind.CONSOLIDATE)),
        await jobs.enqueue_job(BETA, once),
    ]
    assert len({waiting, *others}) == 5
