"""The response object of OpenAI's Responses API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_memory.api.errors import Fault
from agent_memory.api.translators.contexts_read import contexts_read
from agent_memory.turns.events import FinishReason, Usage

RATE_LIMITED = 429
_INCOMPLETE = {"reason": "max_output_tokens"}


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """What a response says from its first event on. fields: those that repeat the request."""

    id: str
    model: str
    fields: Mapping[str, object]

    def response(
        self,
        status: str,
        output: Sequence[object] = (),
        usage: Mapping[str, object] | None = None,
        **more: object,
    ) -> dict[str, object]:
        """The response in that state."""
        return {
            "id": self.id,
            "object": "response",
            "status": status,
            "model": self.model,
            "error": None,
            "incomplete_details": _INCOMPLETE if status == "incomplete" else None,
            "output": list(output),
            "usage": usage,
            **self.fields,
            **more,
        }


def final_status(reason: FinishReason | None) -> str:
    """The state in which an answer leaves its response."""
    return "incomplete" if reason in {FinishReason.LENGTH, FinishReason.WINDOW} else "completed"


def response_usage(usage: Usage, num_reasoning_tokens: int) -> dict[str, object]:
    """`miss_reason` is an extension. What was computed of the prompt is in the cache now."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.prompt_tokens - usage.cached_tokens,
        },
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": num_reasoning_tokens},
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        **({"miss_reason": usage.miss_reason} if usage.miss_reason else {}),
        **contexts_read(usage),
    }


def response_error(fault: Fault) -> dict[str, object]:
    """The field `error`, with the codes that clients act upon."""
    return {"code": _code(fault), "message": fault.message}


def _code(fault: Fault) -> str:
    if fault.status == RATE_LIMITED:
        return "rate_limit_exceeded"
    if fault.code == "context_length_exceeded":
        return fault.code
    return "invalid_prompt" if fault.status < 500 else "server_error"
