"""What each kind of job must be told, and which of them a caller may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError

from agent_memory.errors import InvalidRequest
from agent_memory.json_value import Json
from agent_memory.memory.service.jobs import ONE_AT_A_TIME
from agent_memory.work.job import JobKind, NewJob

Args = TypeVar("Args")

STRICT = ConfigDict(extra="forbid", strict=True)
"""Of arguments: nothing unknown, nothing converted."""


@dataclass(frozen=True, slots=True)
class NoArgs:
    """Of jobs that need to be told nothing."""

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class JobForm(Generic[Args]):
    """`args`: a dataclass. is_requestable: a caller may ask for it."""

    kind: JobKind
    args: type[Args]
    is_requestable: bool = False

    def parse(self, args: Mapping[str, Json]) -> Args:
        """The arguments in their type; `InvalidRequest` says which is wrong."""
        try:
            return TypeAdapter(self.args).validate_json(orjson.dumps(dict(args)))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(("args", *(str(step) for step in first["loc"])))
            raise InvalidRequest(f"{name}: {first['msg']}", name) from error


EMBED_ITEMS = JobForm(JobKind.EMBED_ITEMS, NoArgs, is_requestable=True)
REEMBED = JobForm(JobKind.REEMBED, NoArgs, is_requestable=True)
INDEX_VECTORS = JobForm(JobKind.INDEX_VECTORS, NoArgs, is_requestable=True)
EXPIRE = JobForm(JobKind.EXPIRE, NoArgs, is_requestable=True)
CONSOLIDATE = JobForm(JobKind.CONSOLIDATE, NoArgs, is_requestable=True)
APPLY_RETENTION = JobForm(JobKind.APPLY_RETENTION, NoArgs, is_requestable=True)
REDACT_AGAIN = JobForm(JobKind.REDACT_AGAIN, NoArgs, is_requestable=True)
REDACT_AGAIN = JobForm(JobKind.REDACT_AGAIN, NoArgs, is_requestable=True)
LEARN_WEIGHTS = JobForm(JobKind.LEARN_WEIGHTS, NoArgs, is_requestable=True)

FORMS: tuple[JobForm[NoArgs], ...] = (
    EMBED_ITEMS,
    REEMBED,
    INDEX_VECTORS,
    EXPIRE,
    CONSOLIDATE,
    APPLY_RETENTION,
    REDACT_AGAIN,
    REDACT_AGAIN,
    LEARN_WEIGHTS,
)

REQUESTABLE: Mapping[str, JobForm[NoArgs]] = {
    form.kind.value: form for form in FORMS if form.is_requestable
}


def requested_job(kind: str, args: Mapping[str, Json]) -> NewJob:
    """The job that a caller asks for; `InvalidRequest` for a kind or arguments that may not be."""
    form = REQUESTABLE.get(kind)
    if form is None:
        known = ", ".join(sorted(REQUESTABLE))
        raise InvalidRequest(f"There is no job '{kind}' to start; there are: {known}.", "kind")
    form.parse(args)
    return NewJob(form.kind, args, once=ONE_AT_A_TIME)
