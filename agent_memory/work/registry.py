"""Every kind of job in one line: where it waits, when it falls due, and how often it is tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from agent_memory.work.job import JobKind, JobQueue
from agent_memory.work.period import Period

MAX_ATTEMPTS = 8

EMBEDDING_ATTEMPTS = 50
"""With pauses of up to ten minutes: a provider may be away for a night."""


@dataclass(frozen=True, slots=True)
class JobTraits:
    """What holds for every job of a kind.

    every: how often a workspace needs it; None: it is queued by what causes it. Shorter than ended
    jobs are kept, for the last time is read off the jobs themselves.
    schedule: when the server itself queues it; such a job belongs to no workspace.
    is_requestable: a caller may ask for it, without arguments.
    max_attempts: a job that failed so often is dead.
    """

    kind: JobKind
    queue: JobQueue
    every: timedelta | None = None
    schedule: Period | None = None
    is_requestable: bool = False
    max_attempts: int = MAX_ATTEMPTS


WEBHOOK_ATTEMPTS = 30
"""Over four hours: a receiver may be repaired meanwhile."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_EMBED, _MEMORY, _UPKEEP = JobQueue.EMBEDDINGS, JobQueue.MEMORY, JobQueue.UPKEEP

# fmt: off
_LINES = (
    JobTraits(JobKind.EMBED_ITEMS, _EMBED, is_requestable=True, max_attempts=EMBEDDING_ATTEMPTS),
    JobTraits(JobKind.REEMBED, _EMBED, is_requestable=True, max_attempts=EMBEDDING_ATTEMPTS),
    JobTraits(JobKind.REMEMBER_EXCHANGE, _MEMORY),
    JobTraits(JobKind.CONSOLIDATE, _UPKEEP, every=_DAY, is_requestable=True),
    JobTraits(JobKind.APPLY_RETENTION, _MEMORY, every=_DAY, is_requestable=True),
    JobTraits(JobKind.REDACT_AGAIN, _MEMORY, is_requestable=True),
    JobTraits(JobKind.LEARN_WEIGHTS, _UPKEEP, every=_DAY, is_requestable=True),
    JobTraits(JobKind.INDEX_VECTORS, _UPKEEP, every=6 * _HOUR, is_requestable=True),
    JobTraits(JobKind.ENRICH, JobQueue.ENRICHMENT),
    JobTraits(
        JobKind.EMBED_CONTEXTS, _EMBED, is_requestable=True, max_attempts=EMBEDDING_ATTEMPTS
    ),
    JobTraits(JobKind.DELIVER_WEBHOOK, JobQueue.WEBHOOKS, max_attempts=WEBHOOK_ATTEMPTS),
    JobTraits(JobKind.WARN_OF_BUDGET, JobQueue.WEBHOOKS, max_attempts=WEBHOOK_ATTEMPTS),
    JobTraits(JobKind.EXPIRE, _UPKEEP, every=_HOUR, is_requestable=True),
    JobTraits(JobKind.SWEEP_CONTEXTS, _UPKEEP, every=_HOUR / 4, is_requestable=True),
    JobTraits(JobKind.PLAN_UPKEEP, _UPKEEP, schedule=Period(5), max_attempts=1),
    JobTraits(JobKind.FORGET_JOBS, _UPKEEP, schedule=Period(60, offset=17), max_attempts=1),
    JobTraits(JobKind.KEEP_LEDGER, _UPKEEP, schedule=Period(5, offset=2), max_attempts=1),
    JobTraits(JobKind.SYNC_MODELS, _UPKEEP, schedule=Period(30, offset=4), max_attempts=1),
    JobTraits(JobKind.MAKE_BACKUP, _UPKEEP, schedule=Period(60, offset=41), max_attempts=1),
)
# fmt: on

REGISTRY: Mapping[JobKind, JobTraits] = {traits.kind: traits for traits in _LINES}

PERIODS: Mapping[JobKind, timedelta] = {
    kind: traits.every for kind, traits in REGISTRY.items() if traits.every is not None
}
"""How often a workspace needs each of these."""

SCHEDULE: Mapping[JobKind, Period] = {
    kind: traits.schedule for kind, traits in REGISTRY.items() if traits.schedule is not None
}
"""The server's own jobs; those of workspaces are queued by `PLAN_UPKEEP`."""


def queue_of(kind: JobKind) -> JobQueue:
    return REGISTRY[kind].queue
