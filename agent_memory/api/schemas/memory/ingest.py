"""Body of `POST /v1/ingest`."""

from typing import Annotated, Literal

from pydantic import Field

from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.memory.fields import Instant, Metadata, Purpose, ThreadName

MAX_CHAT_MESSAGES = 10_000
MAX_TEXTS = 1_000


class ChatEntry(Body):
    """One message of a conversation."""

    role: Literal["user", "assistant", "system", "tool"] = "user"
    content: str
    speaker: Annotated[str, Field(max_length=200)] | None = None
    occurred_at: Instant | None = None
    metadata: Metadata | None = None


Texts = str | Annotated[list[str], Field(max_length=MAX_TEXTS)]


class Materials(Body):
    """Raw texts by what they are; each message, diff and log is an item of at most 100 KB."""

    chat: Annotated[list[ChatEntry], Field(max_length=MAX_CHAT_MESSAGES)] | None = None
    diffs: Texts | None = None
    logs: Texts | None = None


class IngestBody(Body):
    """`POST /v1/ingest`. `occurred_at`: when what has no date of its own happened (now)."""

    thread_id: ThreadName
    materials: Materials
    purpose: Purpose | None = None
    occurred_at: Instant | None = None
    metadata: Metadata | None = None
