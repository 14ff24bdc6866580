"""Words that OpenAI's two completion APIs share in their responses."""

from agent_memory.api.translators.contexts_read import contexts_read
from agent_memory.turns.events import FinishReason, TokenLogprob, Usage

FINISH_REASONS = {
    FinishReason.STOP: "stop",
    FinishReason.STOP_SEQUENCE: "stop",
    FinishReason.LENGTH: "length",
    FinishReason.WINDOW: "length",
    FinishReason.TOOL_CALLS: "tool_calls",
}


def openai_usage(usage: Usage, num_thinking_tokens: int = 0) -> dict[str, object]:
    """OpenAI's usage: `prompt_tokens` includes the cached ones. `miss_reason` is an extension."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": num_thinking_tokens},
        **({"miss_reason": usage.miss_reason} if usage.miss_reason else {}),
        **contexts_read(usage),
    }


def chat_logprobs(logprobs: tuple[TokenLogprob, ...]) -> dict[str, object] | None:
    """Log-probabilities of a chat choice or chunk."""
    if not logprobs:
        return None
    content = [
        {**_chat_token(token), "top_logprobs": [_chat_token(top) for top in token.top]}
        for token in logprobs
    ]
    return {"content": content, "refusal": None}


def completion_logprobs(
    logprobs: tuple[TokenLogprob, ...], offset: int
) -> dict[str, object] | None:
    """Log-probabilities of a text completion, whose first token begins at `offset` characters."""
    if not logprobs:
        return None
    offsets = []
    for token in logprobs:
        offsets.append(offset)
        offset += len(token.token)
    return {
        "tokens": [token.token for token in logprobs],
        "token_logprobs": [token.logprob for token in logprobs],
        "top_logprobs": [{top.token: top.logprob for top in token.top} for token in logprobs],
        "text_offset": offsets,
    }


def _chat_token(token: TokenLogprob) -> dict[str, object]:
    return {"token": token.token, "bytes": token.token_bytes, "logprob": token.logprob}
