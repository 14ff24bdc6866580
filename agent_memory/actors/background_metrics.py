"""Jobs and embeddings in Prometheus text format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent_memory.actors.embedder_handle import EmbeddingCondition
from agent_memory.memory.jobs import JobCount, JobQueue, JobState


@dataclass(frozen=True, slots=True)
class _Family:
    """One metric and its samples: labels as text, and a value."""

    name: str
    kind: str
    samples: Sequence[tuple[str, float]]

    def lines(self) -> Iterator[str]:
        yield f"# TYPE {self.name} {self.kind}"
        for labels, value in self.samples:
            yield f"{self.name}{labels} {float(value)}"


def job_lines(counts: Sequence[JobCount]) -> list[str]:
    """How many jobs are in each queue and state, and how long the first has been waiting."""
    numbers = {(count.queue, count.state): count for count in counts}
    jobs = [
        (f'{{queue="{queue}",state="{state}"}}', _number(numbers, queue, state))
        for queue in JobQueue
        for state in JobState
    ]
    waits = [
        (f'{{queue="{count.queue}"}}', count.waits_s)
        for count in counts
        if count.state is JobState.QUEUED
    ]
    return [
        *_Family("agent_memory_jobs", "gauge", jobs).lines(),
        *_Family("agent_memory_job_wait_seconds", "gauge", waits).lines(),
    ]


def embedding_lines(condition: EmbeddingCondition) -> list[str]:
    """What the embedders have done since each started, together, and whether they can now."""
    stats = condition.embedders
    families = (
        _Family(
            "agent_memory_embedding_up", "gauge", [("", 1.0 if condition.state == "ready" else 0.0)]
        ),
        _total("waiting", "gauge", [one.num_waiting for one in stats]),
        _total("texts_total", "counter", [one.texts_total for one in stats]),
        _total("tokens_total", "counter", [one.tokens_total for one in stats]),
        _total("failures_total", "counter", [one.failures_total for one in stats]),
        _total("seconds_total", "counter", [one.seconds_total for one in stats]),
    )
    return [line for family in families for line in family.lines()]


def _total(name: str, kind: str, values: Sequence[float]) -> _Family:
    return _Family(f"agent_memory_embedding_{name}", kind, [("", sum(values))])


def _number(numbers: Mapping[tuple[str, JobState], JobCount], queue: str, state: JobState) -> int:
    count = numbers.get((queue, state))
    return 0 if count is None else count.num_jobs
