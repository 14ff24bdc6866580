"""The arguments that each kind of job needs, and which kinds a caller may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError

from agent_memory.errors import InvalidRequest
from agent_memory.json_value import Json
from agent_memory.memory.service.jobs import ONE_AT_A_TIME
from agent_memory.work.job import JobKind, NewJob
from agent_memory.work.registry import REGISTRY

Args = TypeVar("Args")

STRICT = ConfigDict(extra="forbid", strict=True)
"""Of arguments: nothing unknown, nothing converted."""


@dataclass(frozen=True, slots=True)
class NoArgs:
    """Of jobs that need to be told nothing."""

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True)
class JobForm(Generic[Args]):
    """`args`: a dataclass."""

    kind: JobKind
    args: type[Args]

    def parse(self, args: Mapping[str, Json]) -> Args:
        """The arguments in their type; `InvalidRequest` says which is wrong."""
        try:
            return TypeAdapter(self.args).validate_json(orjson.dumps(dict(args)))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(("args", *(str(step) for step in first["loc"])))
            raise InvalidRequest(f"{name}: {first['msg']}", name) from error


REQUESTABLE: Mapping[str, JobForm[NoArgs]] = {
    kind.value: JobForm(kind, NoArgs) for kind, traits in REGISTRY.items() if traits.is_requestable
}


def requested_job(kind: str, args: Mapping[str, Json]) -> NewJob:
    """The job that a caller asks for; `InvalidRequest` for a kind or arguments that may not be."""
    form = REQUESTABLE.get(kind)
    if form is None:
        known = ", ".join(sorted(REQUESTABLE))
        raise InvalidRequest(f"No job '{kind}' can be started; use one of: {known}.", "kind")
    form.parse(args)
    return NewJob(form.kind, args, once=ONE_AT_A_TIME)
