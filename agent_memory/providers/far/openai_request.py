"""A turn as a request of OpenAI's Chat Completions API."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from agent_memory.gateway.far import Question
from agent_memory.turns.messages import (
    Media,
    Message,
    Recollection,
    Role,
    Text,
    ToolMode,
    ToolResult,
    ToolSpec,
    ToolUse,
)
from agent_memory.turns.route import Target

Json = dict[str, Any]
_ANY_OBJECT = '{"type":"object"}'
_NEWER = ("gpt-5", "gpt-6", "o1", "o3", "o4")
"""Models that know `max_completion_tokens` only; other servers know the older word only."""


def openai_body(question: Question, target: Target) -> bytes:
    """The body of a streamed `POST /chat/completions`. Thinking is not replayed: the protocol has
    no place for it."""
    request = question.request
    body: Json = {
        "model": target.model,
        "messages": list(_conversation(question.messages)),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.max_tokens_given:
        body[_bound_word(target.model)] = request.sampling.max_tokens
    return orjson.dumps({**body, **_sampling(question), **_form(question)})


def _bound_word(model: str) -> str:
    name = model.rpartition("/")[2]
    return "max_completion_tokens" if name.startswith(_NEWER) else "max_tokens"


def _sampling(question: Question) -> Json:
    """What the client has changed; defaults are not sent, for some models refuse even those."""
    sampling = question.request.sampling
    fields: Json = {
        "temperature": sampling.temperature if sampling.temperature != 1.0 else None,
        "top_p": sampling.top_p if sampling.top_p != 1.0 else None,
        "seed": sampling.seed,
        "presence_penalty": sampling.presence_penalty or None,
        "frequency_penalty": sampling.frequency_penalty or None,
        "stop": list(sampling.stop) or None,
        "n": sampling.n if sampling.n > 1 else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _form(question: Question) -> Json:
    form = question.request.form
    fields: Json = {}
    if form.offered_tools:
        fields["tools"] = [_tool(tool) for tool in form.offered_tools]
        if form.tool_choice.mode is ToolMode.NAMED:
            function = {"name": form.tool_choice.name}
            fields["tool_choice"] = {"type": "function", "function": function}
        elif form.tool_choice.mode is not ToolMode.AUTO:
            fields["tool_choice"] = form.tool_choice.mode.value
        if not form.parallel_tool_calls:
            fields["parallel_tool_calls"] = False
    if form.json_schema == _ANY_OBJECT:
        fields["response_format"] = {"type": "json_object"}
    elif form.json_schema is not None:
        wanted = {"name": "answer", "schema": orjson.loads(form.json_schema)}
        fields["response_format"] = {"type": "json_schema", "json_schema": wanted}
    if form.effort is not None:
        fields["reasoning_effort"] = form.effort
    return fields


def _tool(tool: ToolSpec) -> Json:
    function: Json = {"name": tool.name, "parameters": dict(tool.parameters)}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _conversation(messages: Sequence[Message]) -> Iterator[Json]:
    for message in messages:
        match message.role:
            case Role.SYSTEM:
                yield {"role": "system", "content": _content(message)}
            case Role.ASSISTANT:
                yield _assistant(message)
            case Role.USER:
                yield {"role": "user", "content": _content(message)}
            case Role.TOOL:
                yield from _results(message)


def _results(message: Message) -> Iterator[Json]:
    """Images stand in a message of the user after the result: tools may only write."""
    seen: list[Json] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            content = part.content or ("(see below)" if part.media else "")
            content = f"Error: {content}" if part.is_error else content
            yield {"role": "tool", "tool_call_id": part.tool_use_id, "content": content}
            seen += map(_media, part.media)
    if seen:
        yield {"role": "user", "content": seen}


def _content(message: Message) -> str | list[Json]:
    parts = [
        _media(part) if isinstance(part, Media) else {"type": "text", "text": part.text}
        for part in message.parts
        if isinstance(part, (Text, Recollection, Media))
    ]
    if any(part["type"] != "text" for part in parts):
        return parts
    return "\n".join(part["text"] for part in parts)


def _assistant(message: Message) -> Json:
    calls = [part for part in message.parts if isinstance(part, ToolUse) and part.name]
    said: Json = {"role": "assistant", "content": message.text or None}
    if calls:
        said["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments or "{}"},
            }
            for call in calls
        ]
    elif said["content"] is None:
        said["content"] = ""
    return said


def _media(media: Media) -> Json:
    """An image, a file or a sound; what the protocol has no part for, in words."""
    data_url = media.url or f"data:{media.media_type};base64,{media.data}"
    match media.kind:
        case "image":
            return {"type": "image_url", "image_url": {"url": data_url}}
        case "document" if media.data:
            name = media.title or "document.pdf"
            return {"type": "file", "file": {"filename": name, "file_data": data_url}}
        case "audio" if media.data:
            form = media.media_type.rpartition("/")[2] or "wav"
            return {"type": "input_audio", "input_audio": {"data": media.data, "format": form}}
        case _:
            return {"type": "text", "text": media.note or media.url}
