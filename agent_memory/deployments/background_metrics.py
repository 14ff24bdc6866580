"""Jobs, embeddings and limits as metrics."""

from collections.abc import Mapping, Sequence

from prometheus_client import Metric

from agent_memory.deployments.metric_family import counter, gauge
from agent_memory.providers.embedders import EmbeddingCondition
from agent_memory.work.job import JobCount, JobQueue, JobState


def job_metrics(counts: Sequence[JobCount]) -> list[Metric]:
    """How many jobs are in each queue and state, and how long the first has been waiting."""
    numbers = {(count.queue, count.state): count for count in counts}
    jobs = [
        ({"queue": queue, "state": state}, _number(numbers, queue, state))
        for queue in JobQueue
        for state in JobState
    ]
    waits = [
        ({"queue": count.queue}, count.waits_s)
        for count in counts
        if count.state is JobState.QUEUED
    ]
    return [
        gauge("agent_memory_jobs", "Jobs by queue and state.", jobs),
        gauge(
            "agent_memory_job_wait_seconds",
            "How long the first job of a queue has been waiting.",
            waits,
        ),
    ]


def embedding_metrics(condition: EmbeddingCondition) -> list[Metric]:
    """What the embedders have done since each started, together, and whether they can now."""
    stats = condition.embedders
    name = "agent_memory_embedding"
    return [
        gauge(f"{name}_up", "1 while texts can be embedded.", condition.state == "ready"),
        gauge(f"{name}_waiting", "Texts that wait.", sum(one.num_waiting for one in stats)),
        counter(f"{name}_texts_total", "Texts embedded.", sum(one.texts_total for one in stats)),
        counter(f"{name}_tokens_total", "Tokens embedded.", sum(one.tokens_total for one in stats)),
        counter(
            f"{name}_failures_total", "Calls that failed.", sum(one.failures_total for one in stats)
        ),
        counter(
            f"{name}_seconds_total", "Time of all calls.", sum(one.seconds_total for one in stats)
        ),
    ]


def limit_metric(problem: str | None) -> Metric:
    """Whether limits hold as they are set; not while the Redis that shares them is away."""
    help_text = "1 while limits hold for all servers together, where they share them."
    return gauge("agent_memory_limits_up", help_text, problem is None)


def _number(numbers: Mapping[tuple[str, JobState], JobCount], queue: str, state: JobState) -> int:
    count = numbers.get((queue, state))
    return 0 if count is None else count.num_jobs
