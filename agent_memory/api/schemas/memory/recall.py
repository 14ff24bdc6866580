"""Bodies of `/v1/recall…` and `/v1/workingset`."""

from typing import Annotated

from pydantic import Field

from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.memory.fields import (
    MAX_THREADS,
    Instant,
    Kind,
    Purpose,
    ThreadName,
    TokenBudget,
)

ShortText = Annotated[str, Field(min_length=1, max_length=2_000)]


class RecallBody(Body):
    """`POST /v1/recall`. `as_of`: what was held to be so at that time."""

    purpose: Purpose
    token_budget: TokenBudget = 2048
    thread_id: ThreadName | None = None
    threads: Annotated[list[ThreadName], Field(max_length=MAX_THREADS)] | None = None
    kinds: Annotated[list[Kind], Field(max_length=32)] | None = None
    since: Instant | None = None
    as_of: Instant | None = None


class WorkingSetBody(Body):
    """`POST /v1/workingset`."""

    purpose: Purpose
    token_budget: TokenBudget = 4096
    thread_id: ThreadName | None = None
    as_of: Instant | None = None


class PrecheckBody(Body):
    """`POST /v1/recall/precheck`: what failed near this before. At least one must be named."""

    file: ShortText | None = None
    command: ShortText | None = None
    test: ShortText | None = None
    thread_id: ThreadName | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10
