"""Bodies of `/v1/responses` (https://platform.openai.com/docs/api-reference/responses)."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from agent_memory.api.schemas.body import Body, Inner
from agent_memory.api.schemas.chat_memory import ChatMemory
from agent_memory.api.schemas.context_names import ContextNames
from agent_memory.api.schemas.memory_tool import MemoryToolConsent
from agent_memory.api.schemas.openai import JsonObject
from agent_memory.api.schemas.sampling import SamplingFields

_Metadata = Annotated[
    dict[
        Annotated[str, Field(max_length=64)],
        Annotated[str, Field(max_length=512)],
    ],
    Field(max_length=16),
]


class ReasoningField(Inner):
    effort: str | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class FormatField(Inner):
    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    json_schema: Annotated[JsonObject | None, Field(alias="schema")] = None
    strict: bool | None = None
    description: str | None = None


class TextField(Inner):
    format: FormatField | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class ConversationField(Inner):
    id: str


class CacheOptions(Inner):
    prewarm: bool | None = None
    mode: str | None = None
    ttl: str | None = None
    comparison_response_id: str | None = None


class InputTokensBody(Body):
    """`POST /v1/responses/input_tokens`: what makes up the prompt."""

    refused: ClassVar[Mapping[str, str]] = {
        "prompt": "there are no stored prompts here; send 'instructions' and 'input'.",
        "moderation": "there is no moderation model here.",
        "context_management": "use POST /v1/responses/compact.",
        "multi_agent": "run the agents from the client.",
    }
    without_effect: ClassVar[frozenset[str]] = frozenset(
        {
            "access_programs",
            "background_options",
            "client_metadata",
            "image",
            "personality",
            "prompt_cache_retention",
            "stream_options",
        }
    )

    model: str = ""
    """Without it, the model that is loaded."""
    input: str | list[JsonObject] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: str | ConversationField | None = None
    tools: list[JsonObject] | None = None
    tool_choice: str | JsonObject | None = None
    parallel_tool_calls: bool | None = None
    reasoning: ReasoningField | None = None
    text: TextField | None = None
    truncation: Literal["auto", "disabled"] | None = None
    memory: ChatMemory | None = None
    contexts: ContextNames | None = None
    memory_tool: MemoryToolConsent | None = None
    session_id: str | None = None
    """Names the session (an extension; the `X-Session-ID` header does the same)."""
    prompt_cache_key: str | None = None
    """Names it too, where nothing else does."""


class ResponsesBody(InputTokensBody, SamplingFields):
    """`POST /v1/responses`."""

    stream: bool | None = None
    store: bool | None = None
    background: bool | None = None
    include: list[str] | None = None
    metadata: _Metadata | None = None
    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    max_tool_calls: Annotated[int, Field(ge=1)] | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    service_tier: str | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_options: CacheOptions | None = None
    generate: bool | None = None
    """False: only the KV cache is prepared, as with `prompt_cache_options.prewarm`."""
    thinking_budget: Annotated[int, Field(ge=1)] | None = None
    """An extension, as in `AnswerOptions`."""

    @property
    def is_prewarm(self) -> bool:
        """Nothing is to be generated."""
        options = self.prompt_cache_options
        return self.generate is False or bool(options and options.prewarm)


class CompactBody(InputTokensBody):
    """`POST /v1/responses/compact`."""

    service_tier: str | None = None


class MakeConversationBody(Body):
    """`POST /v1/conversations`."""

    items: Annotated[list[JsonObject], Field(max_length=20)] | None = None
    metadata: _Metadata | None = None


class ChangeConversationBody(Body):
    """`POST /v1/conversations/{id}`."""

    metadata: _Metadata | None = None


class AddItemsBody(Body):
    """`POST /v1/conversations/{id}/items`."""

    items: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=20)]
