"""The names that clients of other servers have for the options of OpenAI's protocol."""

from collections.abc import Mapping
from typing import Any

from agent_memory.errors import InvalidRequest

WITHOUT_EFFECT = frozenset(
    {
        # OpenAI
        "prediction",
        "verbosity",
        # mlx-lm
        "adapters",
        "draft_model",
        "num_draft_tokens",
        "repetition_context_size",
        "role_mapping",
        # llama.cpp
        "cache_prompt",
        "id_slot",
        "reasoning_format",
        "return_progress",
        "timings_per_token",
        # vLLM
        "cache_salt",
        "include_reasoning",
        "priority",
        "return_token_ids",
        "skip_special_tokens",
        "spaces_between_special_tokens",
        # OpenRouter, Ollama
        "keep_alive",
        "provider",
        "route",
        "transforms",
        "usage",
    }
)
"""They change how fast an answer comes, or what is told beside it; the answer is one that the
client would take all the same."""

INSTEAD: Mapping[str, str] = {
    "continue_final_message": "leave it out: a last message of the assistant's is continued.",
    "grammar": "/v1/chat/completions takes it.",
    "guided_grammar": "/v1/chat/completions takes it.",
    "options": "send its options as fields of their own: 'temperature', 'top_k', 'seed', …",
    "stop_token_ids": "use 'stop' with texts.",
    "typical_p": "use 'top_p' or 'min_p'.",
    "xtc_probability": "use 'top_p' or 'min_p'.",
    "xtc_threshold": "use 'top_p' or 'min_p'.",
}
"""Fields that would change the answer, and the words of ours to use."""

_OUTPUTS = frozenset({"json", "choice", "regex", "grammar"})
_OURS = {"n_predict": "max_tokens", "repeat_penalty": "repetition_penalty"}
_UNBOUNDED = ("max_tokens", "max_completion_tokens", "top_logprobs", "logprobs", "thinking_budget")
"""-1 leaves these out."""


def sampling_in_our_words(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The options of sampling by our names; values that mean "off" are left out."""
    ours = dict(fields)
    if ours.get("model", "") is None:
        del ours["model"]
    for name, other in _OURS.items():
        _rename(ours, name, other)
    for name in _UNBOUNDED:
        if _is_number(ours.get(name), -1):
            del ours[name]
    if _is_number(ours.get("top_k"), -1):
        ours["top_k"] = 0
    if _is_number(ours.get("repetition_penalty"), 0):
        del ours["repetition_penalty"]
    if isinstance(stop := ours.get("stop"), list):
        ours["stop"] = [text for text in stop if text != ""]
    return {name: value for name, value in ours.items() if (name, value) != ("stop", "")}


def chat_in_our_words(fields: Mapping[str, Any]) -> dict[str, Any]:
    """As above, for chats: thinking, forms and choices of tools too."""
    ours = dict(fields)
    _take_template_options(ours)
    _take_reasoning(ours)
    _rename(ours, "enable_thinking", "thinking")
    _rename(ours, "thinking_budget_tokens", "thinking_budget")
    _take_form(ours)
    if ours.get("add_generation_prompt") is True:
        del ours["add_generation_prompt"]
    if ours.get("tool_choice") == "any":
        ours["tool_choice"] = "required"
    return sampling_in_our_words(ours)


def _take_template_options(ours: dict[str, Any]) -> None:
    """`chat_template_kwargs`, of which thinking is ours to switch."""
    options = ours.get("chat_template_kwargs")
    if not isinstance(options, Mapping):
        return
    del ours["chat_template_kwargs"]
    for name, value in options.items():
        match name:
            case "enable_thinking" | "thinking":
                ours.setdefault("thinking", value)
            case "reasoning_effort" | "thinking_budget":
                ours.setdefault(name, value)
            case _ if value is None:
                continue
            case _:
                param = f"chat_template_kwargs.{name}"
                words = "'enable_thinking', 'thinking_budget' and 'reasoning_effort' are"
                raise InvalidRequest(f"'{param}' is not supported: {words}.", param)


def _take_reasoning(ours: dict[str, Any]) -> None:
    """`reasoning` of OpenRouter and `thinking` of DeepSeek and Z.ai, which are objects."""
    reasoning = ours.get("reasoning")
    if isinstance(reasoning, Mapping):
        del ours["reasoning"]
        if reasoning.get("effort") is not None:
            ours.setdefault("reasoning_effort", reasoning["effort"])
        if reasoning.get("enabled") is not None:
            ours.setdefault("thinking", reasoning["enabled"])
        if reasoning.get("max_tokens") is not None:
            ours.setdefault("thinking_budget", reasoning["max_tokens"])
    thinking = ours.get("thinking")
    if isinstance(thinking, Mapping):
        kind = thinking.get("type")
        if kind not in {"enabled", "disabled", "adaptive"}:
            raise InvalidRequest(
                "thinking.type is 'enabled', 'disabled' or 'adaptive'.", "thinking.type"
            )
        ours["thinking"] = None if kind == "adaptive" else kind == "enabled"
        if thinking.get("budget_tokens") is not None:
            ours.setdefault("thinking_budget", thinking["budget_tokens"])


def _take_form(ours: dict[str, Any]) -> None:
    """A JSON schema or a grammar under the names of vLLM and llama.cpp."""
    _rename(ours, "grammar", "guided_grammar")
    if ours.get("guided_grammar") == "":
        del ours["guided_grammar"]
    outputs = ours.get("structured_outputs")
    if isinstance(outputs, Mapping) and len(outputs) == 1 and set(outputs) <= _OUTPUTS:
        ((name, wanted),) = outputs.items()
        ours[f"guided_{name}"] = wanted
        del ours["structured_outputs"]
    for name in ("guided_json", "json_schema"):
        schema = ours.get(name)
        if isinstance(schema, Mapping):
            del ours[name]
            ours.setdefault("response_format", {"type": "json_schema", "schema": schema})


def _rename(ours: dict[str, Any], name: str, other: str) -> None:
    """Ours wins where both are there."""
    if name in ours:
        value = ours.pop(name)
        ours.setdefault(other, value)


def _is_number(value: object, wanted: int) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == wanted
