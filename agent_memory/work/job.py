"""Work that is done later: its kinds, and how a piece of it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agent_memory.ids import JobId, WorkspaceId
from agent_memory.json_value import Json


class JobKind(StrEnum):
    """What a job does; `registry` says when, where and how often each is tried."""

    EMBED_ITEMS = "embed_items"
    """Give vectors to the items that lack them, in the space that serves or is being built."""
    REEMBED = "reembed"
    """Build a space of the model that the settings name, and serve it when it is whole."""
    REMEMBER_EXCHANGE = "remember_exchange"
    """Ingest what was said in a turn."""
    CONSOLIDATE = "consolidate"
    """Merge duplicates and mark superseded statements."""
    APPLY_RETENTION = "apply_retention"
    """Archive and erase by the workspace's policy."""
    REDACT_AGAIN = "redact_again"
    """Redact what was stored under an older version of the policy."""
    LEARN_WEIGHTS = "learn_weights"
    """Learn the weights of ranking from feedback."""
    INDEX_VECTORS = "index_vectors"
    """Make or drop the vector index by how many vectors there are."""
    ENRICH = "enrich"
    """Have a language model look for statements in a raw text."""
    EMBED_CONTEXTS = "embed_contexts"
    """Give vectors to the contexts that lack them."""
    DELIVER_WEBHOOK = "deliver_webhook"
    """Send one change of a context to one webhook."""
    WARN_OF_BUDGET = "warn_of_budget"
    """Tell a server that the soft limit of a budget was reached."""
    EXPIRE = "expire"
    """Drop impressions and idempotency keys that nobody will ask for again, and logged prompts by
    their age."""
    SWEEP_CONTEXTS = "sweep_contexts"
    """Drop contexts that have expired, and versions and changes that are kept no longer."""
    PLAN_UPKEEP = "plan_upkeep"
    """Queue for each workspace what is due in it."""
    FORGET_JOBS = "forget_jobs"
    """Drop jobs that ended long ago."""
    KEEP_LEDGER = "keep_ledger"
    """Book requests of processes that died, and add up the days that are over."""
    SYNC_MODELS = "sync_models"
    """Read the lists of providers' models."""
    MAKE_BACKUP = "make_backup"
    """Back the database up, where the settings say so and it is time."""


class JobQueue(StrEnum):
    """Where jobs wait. One that is full does not hold up the others' statistics or alerts."""

    EMBEDDINGS = "embeddings"
    MEMORY = "memory"
    UPKEEP = "upkeep"
    ENRICHMENT = "enrichment"
    WEBHOOKS = "webhooks"


class JobState(StrEnum):
    QUEUED = "queued"
    """Waits for its turn, or for its next attempt."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    """Failed for good; kept until somebody retries it or it is forgotten."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be queued.

    once: of jobs of one workspace, kind and `once` only one waits at a time, and they run one
    after the other. run_at: not before then. priority: the higher comes first.
    """

    kind: JobKind
    args: Mapping[str, Json] = field(default_factory=dict)
    once: str | None = None
    run_at: datetime | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it stands. Times bear a zone.

    last_error: why the last attempt failed, in words. outcome: what a job that succeeded, or one
    that runs for long, has done so far.
    """

    job_id: JobId
    workspace_id: WorkspaceId
    kind: str
    queue: str
    args: Mapping[str, Json]
    state: JobState
    is_cancelling: bool
    num_attempts: int
    created_at: datetime
    run_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    last_error: str | None = None
    outcome: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class JobCount:
    """How many jobs of a queue are in a state. waits_s: since when the first of them could run."""

    queue: str
    state: JobState
    num_jobs: int
    waits_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """An entry of the schedule. `cron` is in UTC, to the minute."""

    kind: str
    cron: str
    next_at: datetime
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobWorker:
    """A process that runs jobs; one that has not been seen for a while is dead, and its jobs are
    taken up by another."""

    worker_no: int
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SchedulerStatus:
    """What is done again and again, and who does it."""

    schedule: tuple[ScheduledJob, ...]
    workers: tuple[JobWorker, ...]
