"""Checks that hold for every protocol."""

from collections.abc import Mapping, Sequence

import orjson

from agent_memory.api.limits import Limits
from agent_memory.errors import InvalidRequest
from agent_memory.turns.messages import ToolChoice, ToolMode, ToolSpec

NO_PARAMETERS: Mapping[str, object] = {"type": "object", "properties": {}}
"""Parameters of a tool that was described without any."""


def checked_max_tokens(value: int, limits: Limits, param: str) -> int:
    """`value` within the limit; `InvalidRequest` says both numbers."""
    if value > limits.max_output_tokens:
        message = f"{param} is {value}; the limit is {limits.max_output_tokens}."
        raise InvalidRequest(message, param)
    return value


def check_tools(tools: Sequence[ToolSpec], choice: ToolChoice) -> None:
    """Names are unique, and a call can only be demanded of a tool that is there."""
    names = [tool.name for tool in tools]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequest(f"Two tools are named '{twice}'.", "tools")
    if choice.mode is ToolMode.REQUIRED and not tools:
        raise InvalidRequest("A tool call is demanded, but no tools were sent.", "tool_choice")
    for name in choice.only or ():
        if name not in names:
            raise InvalidRequest(f"No tool is named '{name}'.", "tool_choice")
    if choice.mode is ToolMode.NAMED and choice.name not in names:
        raise InvalidRequest(f"No tool is named '{choice.name}'.", "tool_choice")


def arguments_text(arguments: str | Mapping[str, object] | None) -> str:
    """Arguments of a call from history, as text. Nothing and null mean {}; what is no JSON of an
    object is kept as it is, for it is what the model wrote."""
    if isinstance(arguments, Mapping):
        return orjson.dumps(arguments).decode()
    text = arguments or ""
    return "{}" if text.strip() in {"", "null"} else text


def refuse_media(kind: str, param: str) -> InvalidRequest:
    """The error for content that is not text."""
    return InvalidRequest(f"Content of type '{kind}' is not supported: text only.", param)
