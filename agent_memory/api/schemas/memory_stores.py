"""Bodies of Anthropic's memory stores."""

from typing import Annotated, Literal

from pydantic import Field

from agent_memory.api.schemas.body import Body, Inner

MAX_CONTENT = 102_400
_Path = Annotated[str, Field(min_length=1, max_length=1024)]


class ContentPrecondition(Inner):
    """The content that the memory must have."""

    type: Literal["content_sha256"]
    content_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class CreateMemoryBody(Body):
    """content: at most 100 KiB of UTF-8."""

    path: _Path
    content: str


class UpdateMemoryBody(Body):
    """Fields that are left out stay."""

    content: str | None = None
    path: _Path | None = None
    precondition: ContentPrecondition | None = None
