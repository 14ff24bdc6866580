"""A turn as a request of the Anthropic Messages API."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from agent_memory.gateway.far import Question
from agent_memory.turns.messages import (
    Media,
    Message,
    Part,
    Recollection,
    Role,
    Text,
    Thinking,
    ToolMode,
    ToolResult,
    ToolSpec,
    ToolUse,
)
from agent_memory.turns.route import Target

MAX_TOKENS = 8192
"""Where the client names no bound: the protocol wants one."""
MIN_BUDGET = 1024
MAX_MARKS = 4
_MODES = {ToolMode.AUTO: "auto", ToolMode.NONE: "none", ToolMode.REQUIRED: "any"}
Json = dict[str, Any]


def anthropic_body(question: Question, target: Target, *, is_streamed: bool = True) -> bytes:
    """The body of `POST /v1/messages`. Thinking is replayed to the provider that signed it, and to
    no other."""
    request = question.request
    system, messages = _conversation(question.messages, target.provider)
    given = request.sampling.max_tokens if request.max_tokens_given else MAX_TOKENS
    body: Json = {"model": target.model, "max_tokens": given, "messages": messages}
    if system:
        body["system"] = system
    if is_streamed:
        body["stream"] = True
    _mark(body)
    return orjson.dumps({**body, **_sampling(question), **_form(question)})


def _sampling(question: Question) -> Json:
    """What the client has changed. Newer models take no temperature at all, so that none is sent
    which says nothing."""
    sampling = question.request.sampling
    fields: Json = {}
    if sampling.temperature != 1.0:
        fields["temperature"] = min(sampling.temperature, 1.0)
    if sampling.top_p != 1.0:
        fields["top_p"] = sampling.top_p
    if sampling.top_k:
        fields["top_k"] = sampling.top_k
    if sampling.stop:
        fields["stop_sequences"] = list(sampling.stop)
    return fields


def _form(question: Question) -> Json:
    form = question.request.form
    fields: Json = {}
    if form.offered_tools:
        fields["tools"] = [_tool(tool) for tool in form.offered_tools]
        choice: Json = (
            {"type": "tool", "name": form.tool_choice.name}
            if form.tool_choice.mode is ToolMode.NAMED
            else {"type": _MODES[form.tool_choice.mode]}
        )
        if not form.parallel_tool_calls and choice["type"] != "none":
            choice["disable_parallel_tool_use"] = True
        if choice != {"type": "auto"}:
            fields["tool_choice"] = choice
    config: Json = {}
    if form.json_schema is not None:
        schema = orjson.loads(form.json_schema)
        config["format"] = {"type": "json_schema", "schema": schema}
    if form.effort is not None and form.effort not in {"none", "minimal"}:
        config["effort"] = form.effort
    if config:
        fields["output_config"] = config
    budget = form.thinking_budget
    if budget is not None:
        fields["thinking"] = {"type": "enabled", "budget_tokens": max(budget, MIN_BUDGET)}
    elif form.thinking is not None:
        fields["thinking"] = {"type": "adaptive" if form.thinking else "disabled"}
    return fields


def _tool(tool: ToolSpec) -> Json:
    schema = {"type": "object", **tool.parameters}
    said = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **said, "input_schema": schema}


def _conversation(messages: Sequence[Message], provider: str) -> tuple[list[Json], list[Json]]:
    """The system prompt, and the messages: results of tools are the user's, what one side says in
    several pieces is one message, and late words of the system stand among them."""
    system: list[Json] = []
    said: list[Json] = []
    for message in messages:
        blocks = [block for part in message.parts for block in _blocks(part, provider)]
        if not blocks:
            continue
        if message.role is Role.SYSTEM and not said:
            system += blocks
        elif message.role is Role.SYSTEM:
            _append(said, "user", _told(blocks))
        else:
            _append(said, "assistant" if message.role is Role.ASSISTANT else "user", blocks)
    return system, said


def _told(blocks: list[Json]) -> list[Json]:
    return [
        {"type": "text", "text": f"<system>\n{block.get('text', '')}\n</system>"}
        for block in blocks
    ]


def _append(said: list[Json], role: str, blocks: list[Json]) -> None:
    if said and said[-1]["role"] == role:
        said[-1]["content"] += blocks
    else:
        said.append({"role": role, "content": blocks})


def _blocks(part: Part, provider: str) -> Iterator[Json]:
    match part:
        case Text(text) | Recollection(text):
            if text:
                yield {"type": "text", "text": text}
        case Thinking(text, signature, signed_by, is_redacted):
            if signature and signed_by == provider:
                yield (
                    {"type": "redacted_thinking", "data": signature}
                    if is_redacted
                    else {"type": "thinking", "thinking": text, "signature": signature}
                )
        case Media():
            yield media_block(part)
        case ToolUse(call_id, name, arguments):
            if name:
                yield {"type": "tool_use", "id": call_id, "name": name, "input": _input(arguments)}
        case ToolResult(call_id, content, is_error, media):
            inside: object = content
            if media:
                inside = [{"type": "text", "text": content}] if content else []
                inside = [*inside, *map(media_block, media)]
            failed = {"is_error": True} if is_error else {}
            yield {"type": "tool_result", "tool_use_id": call_id, "content": inside, **failed}


def _input(arguments: str) -> Json:
    """A call that was cut off has no whole arguments: what there is of it is told as a text."""
    try:
        value = orjson.loads(arguments or "{}")
    except orjson.JSONDecodeError:
        value = None
    return value if isinstance(value, dict) else {"cut_off": arguments}


def media_block(media: Media) -> Json:
    """An image or a document; what the protocol has no block for, in words."""
    if media.kind not in {"image", "document"}:
        return {"type": "text", "text": media.note}
    source = (
        {"type": "url", "url": media.url}
        if media.url
        else {"type": "base64", "media_type": media.media_type, "data": media.data}
    )
    title = {"title": media.title} if media.title and media.kind == "document" else {}
    return {"type": media.kind, "source": source, **title}


def _mark(body: Json) -> None:
    """Marks at the end of the system prompt and of the last messages: the other protocol caches
    without any, and what is read again costs a tenth."""
    places = [body.get("system"), *(message["content"] for message in body["messages"][-2:])]
    for blocks in [found for found in places if found][-MAX_MARKS:]:
        if blocks[-1]["type"] not in {"thinking", "redacted_thinking"}:
            blocks[-1]["cache_control"] = {"type": "ephemeral"}
