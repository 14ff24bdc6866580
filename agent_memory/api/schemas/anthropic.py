"""Bodies of the Anthropic Messages API (https://docs.anthropic.com/en/api/messages)."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from agent_memory.api.schemas.body import Body, Inner
from agent_memory.api.schemas.chat_memory import ChatMemory
from agent_memory.api.schemas.context_names import ContextNames
from agent_memory.api.schemas.memory_tool import MemoryToolConsent
from agent_memory.api.schemas.sampling import StopText

JsonObject = dict[str, Any]


class CacheControl(Inner):
    """Marks a place in the prompt that others may go on from. Everything is kept anyway, and use
    decides how long; with `ttl`, what is before the mark stays for at least as long."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] | None = None


class TextBlock(Inner):
    type: Literal["text"]
    text: str
    cache_control: CacheControl | None = None


class ThinkingBlock(Inner):
    type: Literal["thinking"]
    thinking: str


class RedactedThinkingBlock(Inner):
    type: Literal["redacted_thinking"]


class ToolUseBlock(Inner):
    type: Literal["tool_use"]
    id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    input: JsonObject
    cache_control: CacheControl | None = None


class OtherBlock(Inner):
    """A block that is not the model's to read as it is (images, documents, references, …)."""

    model_config = ConfigDict(extra="allow")

    type: str

    def fields(self) -> Mapping[str, Any]:
        """All that was sent."""
        return {"type": self.type, **(self.model_extra or {})}


def _result_tag(block: object) -> str:
    return "text" if isinstance(block, Mapping) and block.get("type") == "text" else "other"


ResultBlock = Annotated[
    Annotated[TextBlock, Tag("text")] | Annotated[OtherBlock, Tag("other")],
    Discriminator(_result_tag),
]


class ToolResultBlock(Inner):
    type: Literal["tool_result"]
    tool_use_id: Annotated[str, Field(min_length=1)]
    content: str | list[ResultBlock] | None = None
    is_error: bool | None = None
    cache_control: CacheControl | None = None


_KNOWN_BLOCKS = frozenset({"text", "thinking", "redacted_thinking", "tool_use", "tool_result"})


def _block_tag(block: object) -> str:
    kind = block.get("type") if isinstance(block, Mapping) else None
    return kind if isinstance(kind, str) and kind in _KNOWN_BLOCKS else "other"


Block = Annotated[
    Annotated[TextBlock, Tag("text")]
    | Annotated[ThinkingBlock, Tag("thinking")]
    | Annotated[RedactedThinkingBlock, Tag("redacted_thinking")]
    | Annotated[ToolUseBlock, Tag("tool_use")]
    | Annotated[ToolResultBlock, Tag("tool_result")]
    | Annotated[OtherBlock, Tag("other")],
    Discriminator(_block_tag),
]


class InputMessage(Inner):
    role: Literal["user", "assistant", "system"]
    content: str | list[Block]


class Tool(Inner):
    """A client tool. Tools that Anthropic's servers run, or define, bear another `type`.

    defer_loading: the model is told of it when a `tool_reference` names it.
    """

    name: Annotated[str, Field(min_length=1, max_length=256)]
    type: str | None = None
    description: str | None = None
    cache_control: CacheControl | None = None
    input_schema: JsonObject | None = None
    defer_loading: bool | None = None


class ToolChoice(Inner):
    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class ThinkingConfig(Inner):
    """`budget_tokens`: when the model has thought that long, it is made to answer."""

    type: Literal["enabled", "disabled", "adaptive"]
    budget_tokens: Annotated[int, Field(ge=1)] | None = None


class Metadata(Inner):
    user_id: str | None = None


class OutputFormat(Inner):
    type: Literal["json_schema"]
    json_schema: Annotated[JsonObject, Field(alias="schema")]


class OutputConfig(Inner):
    effort: str | None = None
    format: OutputFormat | None = None


class ContextEdit(Inner):
    """An edit of what the model reads; which of the fields an edit has follows from its type."""

    type: str
    trigger: JsonObject | None = None
    keep: JsonObject | str | None = None
    clear_at_least: JsonObject | None = None
    exclude_tools: list[str] | None = None
    clear_tool_inputs: bool | list[str] | None = None


class ContextManagement(Inner):
    edits: list[ContextEdit] | None = None


class MessageThread(Inner):
    """`create` begins a thread, which the answer's id names; `continue` goes on from an answer."""

    type: Literal["create", "continue"]
    previous_message_id: str | None = None


class Diagnostics(Inner):
    """Names the answer with whose prompt this one's is to be compared."""

    previous_message_id: str | None = None


class CountTokensBody(Body):
    """`POST /v1/messages/count_tokens`: what makes up the prompt."""

    refused: ClassVar[Mapping[str, str]] = {
        "container": "there are no containers here.",
        "mcp_servers": "connect to MCP servers from the client.",
        "fallbacks": "one model is served.",
        "compaction": "have the conversation summarised by a message of the user.",
        "thread": "tokens are counted of the conversation as it is sent.",
    }

    model: str
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    messages: Annotated[list[InputMessage], Field(min_length=1)]
    system: str | list[Block] | None = None
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    thinking: ThinkingConfig | None = None
    output_config: OutputConfig | None = None
    output_format: OutputFormat | None = None
    """As `output_config.format`, where it stood before."""
    context_management: ContextManagement | None = None
    session_id: str | None = None
    """Names the session (an extension; the `X-Session-ID` header does the same)."""
    metadata: Metadata | None = None
    memory: ChatMemory | None = None
    contexts: ContextNames | None = None
    memory_tool: MemoryToolConsent | None = None

    cache_control: CacheControl | None = None
    """Marks the end of the conversation."""
    speed: str | None = None
    service_tier: str | None = None
    inference_geo: str | None = None
    diagnostics: Diagnostics | None = None
    user_profile_id: str | None = None
    billing_policy: JsonObject | None = None
    betas: list[str] | None = None


class MessagesBody(CountTokensBody):
    """`POST /v1/messages`."""

    refused: ClassVar[Mapping[str, str]] = {
        name: reason for name, reason in CountTokensBody.refused.items() if name != "thread"
    }

    max_tokens: Annotated[int, Field(ge=1)]
    thread: MessageThread | None = None
    stream: bool | None = None
    stop_sequences: Annotated[list[StopText], Field(max_length=64)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0)] | None = None
