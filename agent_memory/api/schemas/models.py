"""Bodies of `/v1/models`."""

from typing import Annotated

from pydantic import Field

from agent_memory.api.schemas.body import Body

Grace = Annotated[float | None, Field(ge=0, le=3600, strict=False)]
"""Seconds that running turns have to end."""


class LoadModelBody(Body):
    model: Annotated[str, Field(min_length=1, max_length=1024)]
    grace_s: Grace = None


class OffloadModelBody(Body):
    grace_s: Grace = None
