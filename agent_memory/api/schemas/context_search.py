"""Body of `POST /v1/contexts/search`."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, Strict

from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.contexts import Tag
from agent_memory.api.schemas.openai import JsonObject
from agent_memory.contexts.filter import MAX_TAGS
from agent_memory.contexts.search import MAX_HITS

_Name = Annotated[str, Field(max_length=128)]
_Time = Annotated[datetime, Strict(strict=False)]


class ContextSearchBody(Body):
    """All filters must hold. since, until: of the last change."""

    query: Annotated[str, Field(min_length=1, max_length=8192)]
    mode: Literal["words", "meaning", "both"] = "both"
    prefix: Annotated[str, Field(max_length=512)] = ""
    tags: Annotated[list[Tag], Field(max_length=MAX_TAGS)] = Field(default_factory=list)
    session_id: _Name | None = None
    agent_id: _Name | None = None
    metadata: JsonObject = Field(default_factory=dict)
    since: _Time | None = None
    until: _Time | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_HITS)] = 20
