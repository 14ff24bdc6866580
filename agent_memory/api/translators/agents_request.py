"""A turn of `/v1/agents/{id}/turns`: only what is new."""

from collections.abc import Iterator

import orjson

from agent_memory.api.call import TurnIdentity
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.agents import (
    AgentMessage,
    AgentTextPart,
    AgentToolResultPart,
    AgentTurnBody,
)
from agent_memory.api.translators.checks import (
    NO_PARAMETERS,
    check_tools,
    refuse_media,
)
from agent_memory.api.translators.memory_words import turn_memory
from agent_memory.api.translators.sampling_words import sampling_params
from agent_memory.api.translators.service_tier import priority_of
from agent_memory.errors import InvalidRequest
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.messages import (
    Message,
    Part,
    Role,
    Text,
    ToolChoice,
    ToolMode,
    ToolResult,
    ToolSpec,
)
from agent_memory.turns.request import TurnRequest


def agent_turn(body: AgentTurnBody, identity: TurnIdentity, limits: Limits) -> TurnRequest:
    """The turn of one agent's session, with the new messages alone."""
    tools = tuple(
        ToolSpec(tool.name, tool.description, tool.parameters or NO_PARAMETERS)
        for tool in body.tools or ()
    )
    choice = ToolChoice(ToolMode(body.tool_choice.mode), body.tool_choice.name)
    check_tools(tools, choice)
    return TurnRequest(
        turn_id=identity.turn_id,
        is_repeatable=identity.is_repeatable,
        request_id=identity.request_id,
        workspace_id=identity.workspace_id,
        named_session=identity.session_id,
        messages=tuple(_messages(body)),
        sampling=sampling_params(body, body.max_tokens, limits),
        form=AnswerForm(
            tools=tools,
            tool_choice=choice,
            json_schema=_schema_text(body),
            **body.options(),
        ),
        is_delta=True,
        model=body.model,
        max_tokens_given=body.max_tokens is not None,
        memory=turn_memory(body.memory),
        priority=priority_of(body.service_tier),
    )


def _schema_text(body: AgentTurnBody) -> str | None:
    return None if body.json_schema is None else orjson.dumps(body.json_schema).decode()


def _messages(body: AgentTurnBody) -> Iterator[Message]:
    if (body.message is None) == (body.messages is None):
        raise InvalidRequest("Send either 'message' or 'messages'.", "message")
    if isinstance(body.message, str):
        yield Message(Role.USER, (Text(body.message),))
    elif body.message is not None:
        yield _message(body.message, "message")
    for index, message in enumerate(body.messages or ()):
        yield _message(message, f"messages.{index}")


def _message(message: AgentMessage, param: str) -> Message:
    role = Role(message.role)
    if isinstance(message.content, str):
        parts: tuple[Part, ...] = (Text(message.content),)
    else:
        parts = tuple(_parts(message, param))
    if any(isinstance(part, ToolResult) != (role is Role.TOOL) for part in parts):
        raise InvalidRequest(
            "Only messages of the role 'tool' have tool_result parts, and they have no others.",
            param,
        )
    return Message(role, parts)


def _parts(message: AgentMessage, param: str) -> Iterator[Part]:
    for index, part in enumerate(message.content):
        match part:
            case AgentTextPart():
                yield Text(part.text)
            case AgentToolResultPart():
                yield ToolResult(part.tool_use_id, part.content, part.is_error)
            case str():
                yield Text(part)
            case _:
                raise refuse_media(part.type, f"{param}.content.{index}")
