"""Bodies of `/v1/memory/messages…` and `/v1/memory/conversations…`."""

from typing import Annotated, Literal

from pydantic import Field

from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.memory.fields import Importance, Instant, Metadata, ThreadName

MAX_BATCH = 1_000


class MessageBody(Body):
    """`POST /v1/memory/messages`. `importance_override` takes the place of what is computed."""

    conversation_id: ThreadName
    role: Literal["user", "assistant", "system", "tool"]
    content: Annotated[str, Field(min_length=1)]
    metadata: Metadata | None = None
    importance_override: Importance | None = None
    occurred_at: Instant | None = None


class MessageBatchBody(Body):
    """`POST /v1/memory/messages/batch`."""

    items: Annotated[list[MessageBody], Field(min_length=1, max_length=MAX_BATCH)]


class MessageChangeBody(Body):
    """`PUT /v1/memory/messages/{id}`: what is named is replaced, the rest stays."""

    content: Annotated[str, Field(min_length=1)] | None = None
    metadata: Metadata | None = None
    importance_override: Importance | None = None


class ConversationBody(Body):
    """`PUT /v1/memory/conversations/{id}`."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
