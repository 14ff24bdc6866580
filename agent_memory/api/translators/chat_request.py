"""A chat completion request as a turn."""

from collections.abc import Iterator, Sequence

import orjson

from agent_memory.api.call import TurnIdentity
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.chat import (
    ChatBody,
    ChatMessage,
    Content,
    ContentPart,
    NamedChoice,
    OtherPart,
    RefusalPart,
    ResponseFormat,
    TextPart,
    ToolCall,
    ToolField,
)
from agent_memory.api.translators.checks import (
    NO_PARAMETERS,
    arguments_text,
    check_tools,
    refuse_media,
)
from agent_memory.api.translators.ignored import check_far_chat
from agent_memory.api.translators.media import media_of
from agent_memory.api.translators.media_words import media_note, readable_text
from agent_memory.api.translators.memory_words import turn_memory
from agent_memory.api.translators.openai_sampling import openai_sampling
from agent_memory.api.translators.prefill import continuing_last
from agent_memory.api.translators.service_tier import priority_of
from agent_memory.errors import InvalidRequest
from agent_memory.turns.answer_form import AnswerForm, matching, one_of
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
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.route import Wire
from agent_memory.turns.sent import Sent

_ANY_OBJECT = '{"type":"object"}'


def chat_turn(body: ChatBody, identity: TurnIdentity, limits: Limits) -> TurnRequest:
    """The turn of `POST /v1/chat/completions`."""
    tools = tuple(_tool(tool, f"tools.{i}") for i, tool in enumerate(body.tools or ()))
    choice = _tool_choice(body.tool_choice)
    check_tools(tools, choice)
    is_far = not identity.route.is_local
    if is_far:
        check_far_chat(body, identity.route)
    max_tokens = body.max_completion_tokens or body.max_tokens
    turn = TurnRequest(
        turn_id=identity.turn_id,
        is_repeatable=identity.is_repeatable,
        request_id=identity.request_id,
        workspace_id=identity.workspace_id,
        named_session=identity.session_id,
        messages=tuple(_conversation(body.messages, sees=is_far)),
        sampling=openai_sampling(body, max_tokens, _num_logprobs(body), limits),
        form=AnswerForm(
            tools=tools,
            tool_choice=choice,
            parallel_tool_calls=body.parallel_tool_calls is not False,
            thinking=_thinking(body),
            thinking_budget=body.thinking_budget,
            effort=body.reasoning_effort,
            json_schema=_json_schema(body.response_format),
            text_form=_text_form(body),
            text_grammar=body.guided_grammar,
        ),
        model=body.model,
        max_tokens_given=max_tokens is not None,
        memory=turn_memory(body.memory),
        priority=priority_of(body.service_tier),
        sent=_origins(body) if is_far else None,
    )
    return turn if _ends_with_calls(body) else continuing_last(turn)


def _ends_with_calls(body: ChatBody) -> bool:
    """Calls without results: the model is asked for a new answer."""
    return bool(body.messages[-1].tool_calls)


def _origins(body: ChatBody) -> Sent:
    """Each message of theirs is one of ours."""
    origins = tuple(range(len(body.messages)))
    return Sent(b"", Wire.OPENAI, "chat/completions", origins=origins)


def _num_logprobs(body: ChatBody) -> int | None:
    if body.logprobs:
        return body.top_logprobs or 0
    if body.top_logprobs:
        raise InvalidRequest("top_logprobs needs 'logprobs': true.", "top_logprobs")
    return None


def _thinking(body: ChatBody) -> bool | None:
    if body.thinking is not None:
        return body.thinking
    effort = body.reasoning_effort
    return None if effort is None else effort not in ("none", "minimal")


def _json_schema(format_: ResponseFormat | None) -> str | None:
    if format_ is None or format_.type == "text":
        return None
    nested = format_.json_schema.json_schema if format_.json_schema else None
    schema = format_.flat_schema if nested is None else nested
    if schema is None and format_.type == "json_object":
        return _ANY_OBJECT
    if schema is None:
        param = "response_format.json_schema.schema"
        raise InvalidRequest(f"{param}: Field required", param)
    return orjson.dumps(schema).decode()


def _text_form(body: ChatBody) -> str | None:
    demanded = {
        "guided_choice": body.guided_choice,
        "guided_regex": body.guided_regex,
        "guided_grammar": body.guided_grammar,
        "response_format": body.response_format,
    }
    named = [name for name, form in demanded.items() if form is not None]
    if len(named) > 1:
        raise InvalidRequest("Only one form can be demanded.", named[-1])
    if body.guided_choice is not None:
        return one_of(body.guided_choice)
    return None if body.guided_regex is None else matching(body.guided_regex)


def _tool(tool: ToolField, param: str) -> ToolSpec:
    if tool.type != "function":
        raise InvalidRequest(f"Tools of type '{tool.type}' are not supported.", f"{param}.type")
    if tool.function is None:
        raise InvalidRequest(f"{param}.function: Field required", f"{param}.function")
    function = tool.function
    return ToolSpec(function.name, function.description or "", function.parameters or NO_PARAMETERS)


def _tool_choice(choice: str | NamedChoice | None) -> ToolChoice:
    if choice is None:
        return ToolChoice()
    if isinstance(choice, str):
        return ToolChoice(ToolMode(choice))
    if choice.type == "allowed_tools" and choice.allowed_tools is not None:
        names = tuple(tool.function.name for tool in choice.allowed_tools.tools)
        return ToolChoice(ToolMode(choice.allowed_tools.mode), only=names)
    if choice.type != "function" or choice.function is None:
        raise InvalidRequest(
            f"tool_choice of type '{choice.type}' is not supported.", "tool_choice"
        )
    return ToolChoice(ToolMode.NAMED, choice.function.name)


def _conversation(messages: Sequence[ChatMessage], *, sees: bool) -> Iterator[Message]:
    """What is not text in an earlier message, or in a tool's result, becomes a text that says what
    it was; in the message that is to be answered it is refused."""
    last = max((at for at, each in enumerate(messages) if each.role == "user"), default=-1)
    for index, message in enumerate(messages):
        param = f"messages.{index}"
        is_told = index < last
        match message.role:
            case "system" | "developer":
                yield Message(Role.SYSTEM, _texts(message.content, param, is_told=is_told))
            case "user":
                parts = _texts(message.content, param, sees=sees, is_told=is_told)
                yield Message(Role.USER, parts)
            case "tool":
                yield Message(Role.TOOL, (_tool_result(message, param),))
            case "assistant":
                yield Message(Role.ASSISTANT, tuple(_assistant_parts(message, param)))
            case "function":
                raise InvalidRequest("The role 'function' was replaced by 'tool'.", f"{param}.role")


def _texts(
    content: Content | None, param: str, *, sees: bool = False, is_told: bool = False
) -> tuple[Part, ...]:
    if content is None:
        raise InvalidRequest(f"{param}.content: Field required", f"{param}.content")
    if sees and not isinstance(content, str):
        return tuple(_seen(part, f"{param}.content.{at}") for at, part in enumerate(content))
    return tuple(_content(content, f"{param}.content", is_told=is_told))


def _seen(part: ContentPart, param: str) -> Part:
    """A part for a model that may read more than text."""
    if isinstance(part, OtherPart):
        if (media := media_of(part.fields())) is None:
            raise refuse_media(part.type, param)
        return media
    return next(_content([part], param))


def _content(content: Content, param: str, *, is_told: bool = False) -> Iterator[Text]:
    """is_told: what is not text is told in words."""
    if isinstance(content, str):
        yield Text(content)
        return
    for index, part in enumerate(content):
        match part:
            case TextPart():
                yield Text(part.text)
            case RefusalPart():
                yield Text(part.refusal)
            case _ if is_told:
                yield Text(readable_text(part.fields()) or media_note(part.fields()))
            case _:
                raise refuse_media(part.type, f"{param}.{index}")


def _tool_result(message: ChatMessage, param: str) -> ToolResult:
    if not message.tool_call_id:
        raise InvalidRequest(f"{param}.tool_call_id: Field required", f"{param}.tool_call_id")
    content = _content(message.content or "", f"{param}.content", is_told=True)
    return ToolResult(message.tool_call_id, "\n".join(part.text for part in content))


def _assistant_parts(message: ChatMessage, param: str) -> Iterator[Part]:
    if message.function_call is not None:
        raise InvalidRequest("'function_call' was replaced by 'tool_calls'.", param)
    if message.audio is not None:
        raise refuse_media("audio", param)
    if message.reasoning_content:
        yield Thinking(message.reasoning_content)
    if message.content:
        yield from _content(message.content, f"{param}.content", is_told=True)
    for index, call in enumerate(message.tool_calls or ()):
        yield _tool_use(call, f"{param}.tool_calls.{index}")


def _tool_use(call: ToolCall, param: str) -> ToolUse:
    if call.type != "function" or call.function is None:
        raise InvalidRequest(f"Tool calls of type '{call.type}' are not supported.", param)
    arguments = arguments_text(call.function.arguments)
    return ToolUse(call.id, call.function.name, arguments)
