"""An Anthropic request as a turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from agent_memory.api.call import TurnIdentity
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.anthropic import (
    Block,
    CountTokensBody,
    InputMessage,
    MessagesBody,
    OtherBlock,
    RedactedThinkingBlock,
    TextBlock,
    ThinkingBlock,
    Tool,
    ToolResultBlock,
    ToolUseBlock,
)
from agent_memory.api.schemas.anthropic import ToolChoice as ToolChoiceField
from agent_memory.api.translators.checks import check_tools, checked_max_tokens, refuse_media
from agent_memory.api.translators.memory_words import turn_memory
from agent_memory.api.translators.service_tier import priority_of
from agent_memory.errors import InvalidRequest
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.messages import (
    Message,
    Part,
    Role,
    Text,
    Thinking,
    ToolChoice,
    ToolMode,
    ToolResult,
    ToolSpec,
    ToolUse,
)
from agent_memory.turns.request import MessagePin, TurnRequest
from agent_memory.turns.sampling import SamplingParams

_HARMLESS_EDITS = frozenset({"clear_thinking_20251015"})
"""The template decides which earlier thinking the model reads; asking for less changes nothing."""
_TTL_S = {"5m": 300.0, "1h": 3600.0}
MAX_PINS = 4
"""As many marks as Anthropic takes in one request."""
_MODES = {"auto": ToolMode.AUTO, "any": ToolMode.REQUIRED, "none": ToolMode.NONE}


def messages_turn(body: MessagesBody, identity: TurnIdentity, limits: Limits) -> TurnRequest:
    """The turn of `POST /v1/messages`."""
    if body.messages[-1].role == "assistant":
        raise InvalidRequest(
            "The last message must not be the assistant's: prefill is not supported.", "messages"
        )
    sampling = SamplingParams(
        max_tokens=checked_max_tokens(body.max_tokens, limits, "max_tokens"),
        temperature=1.0 if body.temperature is None else body.temperature,
        top_p=1.0 if body.top_p is None else body.top_p,
        top_k=body.top_k or 0,
        stop=tuple(body.stop_sequences or ()),
    )
    return _turn(body, identity, sampling)


def count_turn(body: CountTokensBody, identity: TurnIdentity) -> TurnRequest:
    """The turn whose prompt is to be counted."""
    return _turn(body, identity, SamplingParams(max_tokens=1))


def _turn(body: CountTokensBody, identity: TurnIdentity, sampling: SamplingParams) -> TurnRequest:
    _check_context_management(body)
    form = _form(body)
    messages, marks = _conversation(body)
    pins = tuple(MessagePin(mark.num_messages, _TTL_S[mark.ttl]) for mark in marks if mark.ttl)
    return TurnRequest(
        turn_id=identity.turn_id,
        is_repeatable=identity.is_repeatable,
        request_id=identity.request_id,
        workspace_id=identity.workspace_id,
        named_session=identity.session_id,
        messages=messages,
        cache_marks=tuple(mark.num_messages for mark in marks),
        pins=pins[-MAX_PINS:],
        sampling=sampling,
        form=form,
        model=body.model,
        memory=turn_memory(body.memory),
        priority=priority_of(body.service_tier),
    )


def _form(body: CountTokensBody) -> AnswerForm:
    tools = tuple(_tool(tool, f"tools.{i}") for i, tool in enumerate(body.tools or ()))
    choice = _tool_choice(body.tool_choice)
    check_tools(tools, choice)
    format_ = body.output_config.format if body.output_config else None
    return AnswerForm(
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=not (body.tool_choice and body.tool_choice.disable_parallel_tool_use),
        thinking=_thinking(body),
        thinking_budget=None if body.thinking is None else body.thinking.budget_tokens,
        json_schema=orjson.dumps(format_.json_schema).decode() if format_ else None,
    )


def _check_context_management(body: CountTokensBody) -> None:
    edits = body.context_management.edits if body.context_management else None
    for edit in edits or ():
        if edit.type not in _HARMLESS_EDITS:
            raise InvalidRequest(
                f"The context edit '{edit.type}' is not supported.", "context_management"
            )


def _thinking(body: CountTokensBody) -> bool | None:
    if body.thinking is None or body.thinking.type == "adaptive":
        return None
    return body.thinking.type == "enabled"


def _tool(tool: Tool, param: str) -> ToolSpec:
    if tool.type not in (None, "custom"):
        raise InvalidRequest(
            f"The tool '{tool.name}' of type '{tool.type}' is not supported: only tools that the "
            "client runs and describes with an input_schema are.",
            param,
        )
    if tool.input_schema is None:
        raise InvalidRequest(f"{param}.input_schema: Field required", f"{param}.input_schema")
    return ToolSpec(tool.name, tool.description or "", tool.input_schema)


def _tool_choice(choice: ToolChoiceField | None) -> ToolChoice:
    if choice is None:
        return ToolChoice()
    if choice.type == "tool":
        if not choice.name:
            raise InvalidRequest("tool_choice.name: Field required", "tool_choice.name")
        return ToolChoice(ToolMode.NAMED, choice.name)
    return ToolChoice(_MODES[choice.type])


def _system(system: str | Sequence[Block] | None) -> Iterator[Message]:
    if not system:
        return
    blocks = [TextBlock(type="text", text=system)] if isinstance(system, str) else system
    yield Message(Role.SYSTEM, tuple(_text_only(blocks, "system")))


@dataclass(frozen=True, slots=True)
class _Mark:
    """A mark of the client's behind so many messages; `ttl` as it was sent."""

    num_messages: int
    ttl: str | None


def _conversation(body: CountTokensBody) -> tuple[tuple[Message, ...], tuple[_Mark, ...]]:
    """The messages, and where the client has marked them. Tools stand beside the system prompt."""
    messages = list(_system(body.system))
    marks = [*_marks(body.tools, len(messages)), *_marks(body.system, len(messages))]
    for index, message in enumerate(body.messages):
        messages += _messages_of(message, f"messages.{index}.content")
        marks += _marks(message.content, len(messages))
    if body.cache_control is not None:
        marks.append(_Mark(len(messages), body.cache_control.ttl))
    return tuple(messages), tuple(mark for mark in marks if mark.num_messages)


def _marks(content: str | Sequence[Block | Tool] | None, num_messages: int) -> Iterator[_Mark]:
    """At most one: of several marks in one message the last one counts."""
    blocks = () if content is None or isinstance(content, str) else content
    found = [getattr(block, "cache_control", None) for block in blocks]
    controls = [control for control in found if control is not None]
    if controls:
        yield _Mark(num_messages, controls[-1].ttl)


def _messages_of(message: InputMessage, param: str) -> Iterator[Message]:
    content = message.content
    if isinstance(content, str):
        yield Message(Role(message.role), (Text(content),))
    elif message.role == "user":
        yield from _user_messages(content, param)
    elif message.role == "assistant":
        yield from _assistant_message(content, param)
    else:
        yield Message(Role.SYSTEM, tuple(_text_only(content, param)))


def _user_messages(blocks: Sequence[Block], param: str) -> Iterator[Message]:
    """Tool results are messages of their own, as templates want them; the order stays."""
    texts: list[Part] = []
    for index, block in enumerate(blocks):
        match block:
            case TextBlock():
                texts.append(Text(block.text))
            case ToolResultBlock():
                if texts:
                    yield Message(Role.USER, tuple(texts))
                    texts = []
                yield Message(Role.TOOL, (_tool_result(block, f"{param}.{index}"),))
            case _:
                raise _misplaced(block, f"{param}.{index}", "user")
    if texts or not blocks:
        yield Message(Role.USER, tuple(texts) or (Text(""),))


def _assistant_message(blocks: Sequence[Block], param: str) -> Iterator[Message]:
    """Redacted thinking is unreadable here and is left out."""
    parts: list[Part] = []
    for index, block in enumerate(blocks):
        match block:
            case TextBlock():
                parts.append(Text(block.text))
            case ThinkingBlock():
                parts.append(Thinking(block.thinking))
            case ToolUseBlock():
                arguments = orjson.dumps(block.input).decode()
                parts.append(ToolUse(block.id, block.name, arguments))
            case RedactedThinkingBlock():
                continue
            case _:
                raise _misplaced(block, f"{param}.{index}", "assistant")
    if parts:
        yield Message(Role.ASSISTANT, tuple(parts))


def _tool_result(block: ToolResultBlock, param: str) -> ToolResult:
    content = block.content or ""
    if not isinstance(content, str):
        content = "\n".join(part.text for part in _text_only(content, f"{param}.content"))
    return ToolResult(block.tool_use_id, content, bool(block.is_error))


def _text_only(blocks: Sequence[Block], param: str) -> Iterator[Text]:
    for index, block in enumerate(blocks):
        if not isinstance(block, TextBlock):
            raise refuse_media(block.type, f"{param}.{index}")
        yield Text(block.text)


def _misplaced(block: Block, param: str, role: str) -> InvalidRequest:
    if isinstance(block, OtherBlock):
        return refuse_media(block.type, param)
    return InvalidRequest(f"A '{block.type}' block cannot stand in a message of the {role}.", param)
