"""Bodies of `/v1/agents`, this product's own surface."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from agent_memory.api.schemas.answer_options import AnswerOptions
from agent_memory.api.schemas.body import Body, Inner
from agent_memory.api.schemas.chat_memory import ChatMemory
from agent_memory.api.schemas.context_names import ContextNames
from agent_memory.api.schemas.memory_tool import MemoryToolConsent
from agent_memory.api.schemas.openai import JsonObject
from agent_memory.api.schemas.sampling import SamplingFields


class AgentTextPart(Inner):
    type: Literal["text"]
    text: str


class AgentToolResultPart(Inner):
    type: Literal["tool_result"]
    tool_use_id: Annotated[str, Field(min_length=1)]
    content: str
    is_error: bool = False


class AgentOtherPart(Inner):
    type: str


def _part_tag(part: object) -> str:
    kind = part.get("type") if isinstance(part, Mapping) else None
    return kind if kind in ("text", "tool_result") else "other"


AgentPart = Annotated[
    Annotated[AgentTextPart, Tag("text")]
    | Annotated[AgentToolResultPart, Tag("tool_result")]
    | Annotated[AgentOtherPart, Tag("other")],
    Discriminator(_part_tag),
]


class AgentMessage(Inner):
    """A new message. What the assistant said is the session's own and is not sent again."""

    role: Literal["system", "user", "tool"] = "user"
    content: str | Annotated[list[AgentPart], Field(min_length=1)]


class AgentTool(Inner):
    name: Annotated[str, Field(min_length=1, max_length=256)]
    description: str = ""
    parameters: JsonObject | None = None


class AgentToolChoice(Inner):
    mode: Literal["auto", "none", "required", "named"] = "auto"
    name: str | None = None


class CreateAgentBody(Body):
    """`POST /v1/agents`. Without `session_id` the server makes one."""

    session_id: str | None = None


class ForkAgentBody(Body):
    """`POST /v1/agents/{id}/fork`. Without `num_turns` the fork begins as the session stands."""

    session_id: str | None = None
    num_turns: Annotated[int, Field(ge=0)] | None = None


class AgentTurnBody(AnswerOptions, SamplingFields):
    """`POST /v1/agents/{id}/turns`: either `message` (a text or a message) or `messages`."""

    refused: ClassVar[Mapping[str, str]] = {
        "n": "a session goes on after one answer; fork it and take a turn in each fork.",
        "logprobs": "use '/v1/chat/completions' with this session's id in 'X-Session-ID'.",
        "top_logprobs": "use '/v1/chat/completions' with this session's id in 'X-Session-ID'.",
    }

    message: str | AgentMessage | None = None
    messages: Annotated[list[AgentMessage], Field(min_length=1)] | None = None
    model: str = ""
    """Of this server or of a provider; without it, the model that is loaded."""
    stream: bool = False
    tools: list[AgentTool] | None = None
    tool_choice: AgentToolChoice = AgentToolChoice()
    json_schema: JsonObject | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    memory: ChatMemory | None = None
    contexts: ContextNames | None = None
    memory_tool: MemoryToolConsent | None = None
    service_tier: str | None = None
