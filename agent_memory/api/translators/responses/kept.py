"""The part of a request that is kept with its turn, so that its response can be told again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from agent_memory.api.schemas.responses import ResponsesBody
from agent_memory.api.translators.responses.tools import Toolset

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """fields: those of a response that repeat its request. num_input: of the messages that the
    model read, the last so many were the request's input."""

    fields: JsonObject
    num_input: int | None = None

    @classmethod
    def read(cls, text: str | None) -> "Kept":
        """What was kept; of a turn of another surface, what a request says that says nothing."""
        kept = {} if text is None else orjson.loads(text)
        if "response" not in kept:
            return cls(request_fields(ResponsesBody(), 0))
        return cls(kept["response"], kept["num_input"])

    def write(self) -> str:
        return orjson.dumps({"response": self.fields, "num_input": self.num_input}).decode()

    @property
    def is_of_response(self) -> bool:
        """The turn was asked for as a response."""
        return self.num_input is not None

    @property
    def instructions(self) -> str | None:
        """With which the conversation begins, but for which it does."""
        return self.fields.get("instructions") or None

    @property
    def toolset(self) -> Toolset:
        """The tools of that request."""
        return Toolset.of(self.fields.get("tools") or (), hosted_are_left_out=True)


def request_fields(
    body: ResponsesBody,
    created_at: int,
    tools: Sequence[JsonObject] = (),
    conversation: str | None = None,
) -> dict[str, object]:
    """The fields of a response that say what was asked for, those left open by their defaults."""
    return {
        **({"model": body.model} if body.model else {}),
        "created_at": created_at,
        "background": bool(body.background),
        "conversation": None if conversation is None else {"id": conversation},
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "metadata": body.metadata or {},
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "presence_penalty": body.presence_penalty or 0.0,
        "frequency_penalty": body.frequency_penalty or 0.0,
        "previous_response_id": body.previous_response_id,
        "prompt_cache_key": body.prompt_cache_key,
        "reasoning": _reasoning(body),
        "safety_identifier": body.safety_identifier,
        "service_tier": body.service_tier or "default",
        "store": body.store is not False,
        "temperature": 1.0 if body.temperature is None else body.temperature,
        "text": _text(body),
        "tool_choice": body.tool_choice or "auto",
        "tools": [_tool(tool) for tool in tools],
        "top_logprobs": body.top_logprobs or 0,
        "top_p": 1.0 if body.top_p is None else body.top_p,
        "truncation": body.truncation or "disabled",
        "user": body.user,
    }


def _reasoning(body: ResponsesBody) -> JsonObject:
    asked = body.reasoning
    return {"effort": asked and asked.effort, "summary": asked and asked.summary}


def _text(body: ResponsesBody) -> JsonObject:
    text = body.text
    form = text.format if text else None
    sent = form.model_dump(by_alias=True, exclude_none=True) if form else {"type": "text"}
    return {"format": sent, "verbosity": (text and text.verbosity) or "medium"}


def _tool(tool: JsonObject) -> JsonObject:
    if tool.get("type") != "function":
        return tool
    return {"description": None, "parameters": None, "strict": False, **tool}
