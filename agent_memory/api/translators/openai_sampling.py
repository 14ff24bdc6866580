"""Sampling parameters of OpenAI's two completion APIs."""

from agent_memory.api.limits import Limits
from agent_memory.api.schemas.openai import SamplingBody
from agent_memory.api.translators.sampling_words import sampling_params
from agent_memory.turns.sampling import SamplingParams


def openai_sampling(
    body: SamplingBody, max_tokens: int | None, num_logprobs: int | None, limits: Limits
) -> SamplingParams:
    """The parameters of `body`."""
    return sampling_params(
        body, max_tokens, limits, num_logprobs=num_logprobs, num_choices=body.n or 1
    )
