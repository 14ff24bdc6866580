"""One kind of job as it is run: what it does, and how often it is tried."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from agent_memory.errors import InvalidRequest
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.forms import JobForm
from agent_memory.json_value import Json
from agent_memory.work.job import JobKind
from agent_memory.work.registry import MAX_ATTEMPTS

Args = TypeVar("Args")
Outcome: TypeAlias = Mapping[str, Json]
"""The outcome of a job, in figures and words."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """One attempt at a job. num_attempts: those before it. note: tell how far it has come."""

    job_no: int
    num_attempts: int
    note: Callable[[Outcome], Awaitable[None]]


class Spec(Protocol):
    """A kind of job as the worker sees it."""

    @property
    def kind(self) -> JobKind: ...

    @property
    def max_attempts(self) -> int: ...

    @property
    def timeout_s(self) -> float: ...

    async def run(
        self, attempt: JobRun, workspace: WorkspaceId | None, args: Mapping[str, Json]
    ) -> Outcome:
        """Do what was queued."""
        ...


@dataclass(frozen=True, slots=True)
class JobSpec(Generic[Args]):
    """A kind of job of a workspace.

    do: must do no harm when it is run again, whole or from the middle: a worker may die at any
    moment. max_attempts: then it is dead. timeout_s: of one attempt.
    """

    form: JobForm[Args]
    do: Callable[[JobRun, WorkspaceId, Args], Awaitable[Outcome]]
    max_attempts: int = MAX_ATTEMPTS
    timeout_s: float = 3600.0

    @property
    def kind(self) -> JobKind:
        return self.form.kind

    async def run(
        self, attempt: JobRun, workspace: WorkspaceId | None, args: Mapping[str, Json]
    ) -> Outcome:
        if workspace is None:
            raise InvalidRequest(f"A job of the kind '{self.kind}' belongs to a workspace.")
        return await self.do(attempt, workspace, self.form.parse(args))


@dataclass(frozen=True, slots=True)
class ServerJobSpec:
    """A kind of job that is nobody's: the schedule queues it. One that fails is not tried again,
    for its next time comes."""

    kind: JobKind
    do: Callable[[JobRun], Awaitable[Outcome]]
    timeout_s: float = 600.0
    max_attempts: int = 1

    async def run(
        self, attempt: JobRun, workspace: WorkspaceId | None, args: Mapping[str, Json]
    ) -> Outcome:
        del workspace, args
        return await self.do(attempt)
