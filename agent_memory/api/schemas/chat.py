"""Bodies of `POST /v1/chat/completions` (https://platform.openai.com/docs/api-reference/chat)."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from agent_memory.api.schemas.body import Inner
from agent_memory.api.schemas.chat_memory import ChatMemory
from agent_memory.api.schemas.context_names import ContextNames
from agent_memory.api.schemas.foreign_words import INSTEAD, chat_in_our_words
from agent_memory.api.schemas.memory_tool import MemoryToolConsent
from agent_memory.api.schemas.openai import JsonObject, SamplingBody
from agent_memory.api.schemas.sampling import StopText


class TextPart(Inner):
    type: Literal["text"]
    text: str


class RefusalPart(Inner):
    type: Literal["refusal"]
    refusal: str


class OtherPart(Inner):
    """A part that is no text (images, audio, files, …)."""

    model_config = ConfigDict(extra="allow")

    type: str

    def fields(self) -> Mapping[str, Any]:
        """All that was sent."""
        return {"type": self.type, **(self.model_extra or {})}


def _part_tag(part: object) -> str:
    kind = part.get("type") if isinstance(part, Mapping) else None
    return kind if kind in ("text", "refusal") else "other"


ContentPart = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[RefusalPart, Tag("refusal")]
    | Annotated[OtherPart, Tag("other")],
    Discriminator(_part_tag),
]
Content = str | list[ContentPart]


class FunctionCall(Inner):
    name: Annotated[str, Field(min_length=1)]
    arguments: str | dict[str, object] | None = None


class ToolCall(Inner):
    id: Annotated[str, Field(min_length=1)]
    type: str = "function"
    function: FunctionCall | None = None


class ChatMessage(Inner):
    """A message of any role; which fields count depends on the role."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None
    function_call: JsonObject | None = None
    audio: JsonObject | None = None


class FunctionSpec(Inner):
    name: Annotated[str, Field(min_length=1, max_length=256)]
    description: str | None = None
    parameters: JsonObject | None = None


class ToolField(Inner):
    type: str
    function: FunctionSpec | None = None


class NamedFunction(Inner):
    name: str


class AllowedTool(Inner):
    type: str = "function"
    function: NamedFunction


class AllowedTools(Inner):
    mode: Literal["auto", "required"] = "auto"
    tools: list[AllowedTool]


class NamedChoice(Inner):
    """One tool by name, or those that may be called of all that the model reads."""

    type: str
    function: NamedFunction | None = None
    allowed_tools: AllowedTools | None = None


class JsonSchemaFormat(Inner):
    name: str | None = None
    json_schema: Annotated[JsonObject | None, Field(alias="schema")] = None


class ResponseFormat(Inner):
    """`flat_schema` is where some clients put the schema, for objects of any name too."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchemaFormat | None = None
    flat_schema: Annotated[JsonObject | None, Field(alias="schema")] = None


class ChatBody(SamplingBody):
    """`POST /v1/chat/completions`."""

    refused: ClassVar[Mapping[str, str]] = {
        **{name: words for name, words in INSTEAD.items() if "grammar" not in name},
        "structured_outputs": "it has one of 'json', 'choice', 'regex' and 'grammar'.",
        "functions": "it was replaced by 'tools'.",
        "function_call": "it was replaced by 'tool_choice'.",
        "audio": "the model writes text only.",
        "web_search_options": "the server does not search the web.",
        "moderation": "there is no moderation model here.",
    }

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    tools: list[ToolField] | None = None
    tool_choice: Literal["auto", "none", "required"] | NamedChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    guided_choice: Annotated[list[StopText], Field(min_length=1)] | None = None
    guided_regex: Annotated[str, Field(min_length=1)] | None = None
    guided_grammar: Annotated[str, Field(min_length=1, max_length=32_768)] | None = None
    """As vLLM has them: the answer is one of these texts, or matches this expression or grammar (of
    Lark as llguidance reads it, or of llama.cpp's GBNF)."""
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    reasoning_effort: str | None = None
    thinking: bool | None = None
    thinking_budget: Annotated[int, Field(ge=1)] | None = None
    """Extensions, as in `AnswerOptions`."""
    modalities: list[Literal["text"]] | None = None
    memory: ChatMemory | None = None
    contexts: ContextNames | None = None
    memory_tool: MemoryToolConsent | None = None

    store: bool | None = None
    metadata: dict[str, str] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_options: JsonObject | None = None

    @classmethod
    def in_our_words(cls, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        return chat_in_our_words(fields)
