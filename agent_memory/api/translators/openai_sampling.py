"""Sampling parameters of OpenAI's two completion APIs."""

from dataclasses import replace

from agent_memory.api.limits import Limits
from agent_memory.api.schemas.openai import SamplingBody
from agent_memory.api.translators.sampling_words import sampling_params
from agent_memory.errors import InvalidRequest
from agent_memory.turns.sampling import SamplingParams


def openai_sampling(
    body: SamplingBody, max_tokens: int | None, num_logprobs: int | None, limits: Limits
) -> SamplingParams:
    """The parameters of `body`."""
    params = sampling_params(
        body, max_tokens, limits, num_logprobs=num_logprobs, num_choices=body.n or 1
    )
    least = params.max_tokens if body.ignore_eos else body.min_tokens or 0
    if least > params.max_tokens:
        raise InvalidRequest(
            f"min_tokens is {least}, and max_tokens {params.max_tokens}.", "min_tokens"
        )
    return replace(params, min_tokens=least)
