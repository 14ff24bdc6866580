"""Parts of the API that a cluster serves with processes of their own."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Area(StrEnum):
    """The rest is inference: turns, and the sessions they belong to."""

    MEMORY = "memory"
    ADMINISTRATION = "administration"


_PREFIXES: Mapping[Area, Sequence[str]] = {
    Area.MEMORY: (
        "/v1/contexts",
        "/v1/embeddings",
        "/v1/expand",
        "/v1/feedback",
        "/v1/ingest",
        "/v1/memory",
        "/v1/memory_stores",
        "/v1/recall",
        "/v1/workingset",
    ),
    Area.ADMINISTRATION: ("/metrics", "/openapi.json", "/v1/admin", "/v1/workers"),
}
_AREAS = {prefix: area for area, prefixes in _PREFIXES.items() for prefix in prefixes}
_AT_THE_DOOR = re.compile(
    r"/v1/contexts/changes|/v1/admin/breakers|/v1/admin/providers/[^/]+/reset"
)
"""Streams that readers keep open for hours: each would count as work in its room all the time. And
the breakers of providers, which are in the processes that ask those."""


def area_of(path: str) -> Area | None:
    """The area that `path` belongs to; None for inference."""
    if _AT_THE_DOOR.fullmatch(path):
        return None
    num_segments = 3 if path.startswith("/v1/") else 2
    return _AREAS.get("/".join(path.split("/", num_segments)[:num_segments]))
