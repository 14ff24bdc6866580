"""Body of `POST /v1/ingest`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from agent_memory.api.schemas.body import Body, Inner
from agent_memory.api.schemas.memory.fields import Instant, Metadata, Purpose, ThreadName

MAX_CHAT_MESSAGES = 10_000
MAX_TEXTS = 1_000


class ChatPart(Inner):
    """A part of a message, of any kind that OpenAI's and Anthropic's APIs know."""

    type: str
    text: str | None = None
    refusal: str | None = None
    name: str | None = None
    input: dict[str, Any] | None = None
    content: "str | list[ChatPart] | None" = None
    """Of a `tool_result`."""


class CalledFunction(Inner):
    name: str
    arguments: str = ""


class ChatToolCall(Inner):
    function: CalledFunction | None = None


class ChatEntry(Inner):
    """One message of a conversation, as either API takes and gives it; what else it bears there is
    left out."""

    role: Literal["user", "assistant", "system", "developer", "tool", "function"] = "user"
    content: str | list[ChatPart] | None = None
    tool_calls: list[ChatToolCall] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None
    speaker: Annotated[str, Field(max_length=200)] | None = None
    occurred_at: Instant | None = None
    metadata: Metadata | None = None


ChatEntries = Annotated[list[ChatEntry], Field(max_length=MAX_CHAT_MESSAGES)]


class Conversation(Inner):
    """The body of a request to either API; of it, what was said is read."""

    messages: ChatEntries
    system: str | list[ChatPart] | None = None


Texts = str | Annotated[list[str], Field(max_length=MAX_TEXTS)]


class Materials(Body):
    """Raw texts by what they are; each message, diff and log is an item of at most 100 KB."""

    chat: ChatEntries | Conversation | None = None
    diffs: Texts | None = None
    logs: Texts | None = None


class IngestBody(Body):
    """`POST /v1/ingest`. `occurred_at`: when what has no date of its own happened (now)."""

    thread_id: ThreadName
    materials: Materials
    purpose: Purpose | None = None
    occurred_at: Instant | None = None
    metadata: Metadata | None = None
