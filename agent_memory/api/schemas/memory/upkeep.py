"""Bodies of what keeps memory in order: retention, holds, redaction, consolidation."""

from typing import Annotated

from pydantic import Field

from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.memory.fields import ThreadName


class RetentionRunBody(Body):
    """`POST /v1/memory/retention/run`. A dry run only counts."""

    dry_run: bool = False


class HoldBody(Body):
    """`PUT /v1/memory/holds`: what is held is neither archived nor erased. Name one of the two."""

    held: bool
    item_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    thread_id: ThreadName | None = None


class ConsolidationRunBody(Body):
    """`POST /v1/memory/consolidation/run`. A dry run only says what would be done."""

    dry_run: bool = False
