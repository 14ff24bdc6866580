"""The registry of jobs."""

from agent_memory.jobs.upkeep import ENDED_KEPT
from agent_memory.work.job import JobKind, JobQueue
from agent_memory.work.registry import PERIODS, REGISTRY, SCHEDULE, queue_of


def test_each_kind_of_job_has_one_line() -> None:
    assert set(REGISTRY) == set(JobKind)


def test_every_entry_of_the_schedule_is_a_job_of_the_server() -> None:
    scheduled = {kind.value for kind in SCHEDULE}
    assert scheduled == {"plan_upkeep", "forget_jobs", "keep_ledger", "sync_models", "make_backup"}


def test_a_job_is_the_servers_or_a_workspaces_and_never_both() -> None:
    assert not set(SCHEDULE) & set(PERIODS)
    assert not any(REGISTRY[kind].is_requestable for kind in SCHEDULE)


def test_the_last_time_is_still_known_when_a_job_falls_due() -> None:
    assert max(PERIODS.values()) < ENDED_KEPT


def test_providers_that_are_slow_hold_up_no_other_work() -> None:
    assert queue_of(JobKind.EMBED_ITEMS) is JobQueue.EMBEDDINGS
    assert queue_of(JobKind.ENRICH) is JobQueue.ENRICHMENT
    assert queue_of(JobKind.EXPIRE) not in {JobQueue.EMBEDDINGS, JobQueue.ENRICHMENT}
