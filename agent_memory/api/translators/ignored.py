"""What of a request has no word in the other protocol: it is told in a header, or refused where
the answer would be another one."""

from agent_memory.api.schemas.anthropic import CountTokensBody
from agent_memory.api.schemas.chat import ChatBody
from agent_memory.errors import InvalidRequest
from agent_memory.turns.route import Route, Wire

_OURS = frozenset({"session_id", "memory", "contexts"})
_ONLY_ANTHROPIC = (
    "betas",
    "billing_policy",
    "context_management",
    "diagnostics",
    "inference_geo",
    "metadata",
    "service_tier",
    "speed",
    "thinking",
    "top_k",
    "user_profile_id",
)
_ONLY_OPENAI = (
    "frequency_penalty",
    "logit_bias",
    "metadata",
    "min_p",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "repetition_penalty",
    "safety_identifier",
    "seed",
    "service_tier",
    "store",
    "user",
)


def ignored_of_messages(body: CountTokensBody, route: Route) -> tuple[str, ...]:
    """Fields that a provider of the other protocol is not told."""
    if route.is_local:
        return ()
    if route.is_all(Wire.ANTHROPIC):
        return ()
    return (*_given(body, _ONLY_ANTHROPIC), *_unknown(body))


def ignored_of_chat(body: ChatBody, route: Route) -> tuple[str, ...]:
    """The same for chat completions; for the local engine the fields without effect."""
    if route.is_local:
        return tuple(body.ignored)
    if route.is_all(Wire.OPENAI):
        return ()
    return (*_given(body, _ONLY_OPENAI), *_unknown(body))


def check_far_chat(body: ChatBody, route: Route) -> None:
    """Refuse what a provider of the other protocol cannot honour."""
    if not any(target.wire is Wire.ANTHROPIC for target in route.targets):
        return
    if (body.n or 1) > 1:
        raise InvalidRequest("n must be 1: the provider gives one answer to a request.", "n")
    if body.logprobs:
        raise InvalidRequest("logprobs are not supported by this provider.", "logprobs")


def _given(body: CountTokensBody | ChatBody, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if getattr(body, name, None) is not None]


def _unknown(body: CountTokensBody | ChatBody) -> list[str]:
    return [name for name in body.ignored if name not in _OURS]
