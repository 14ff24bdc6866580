"""A writer's request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent_memory.contexts.context import Cause
from agent_memory.contexts.document import Document
from agent_memory.ids import ContextKey
from agent_memory.json_value import Json


@dataclass(frozen=True, slots=True)
class WantedLifetime:
    """As it is asked for; what is not named is as the workspace's policy says."""

    ttl_s: int | None = None
    expires_at: datetime | None = None
    is_sliding: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A version to be made. What is None stays as it is; of a new context it is empty, by the
    policy, or not sealed. is_packed: compress it where it pays."""

    key: ContextKey
    document: Document
    cause: Cause = Cause.PUT
    tags: tuple[str, ...] | None = None
    metadata: Mapping[str, Json] | None = None
    session_id: str | None = None
    agent_id: str | None = None
    lifetime: WantedLifetime | None = None
    is_sealed: bool | None = None
    is_packed: bool = True
    keep_versions: int | None = None
    from_version: int | None = None
