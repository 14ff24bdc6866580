"""Sampling parameters of OpenAI's two completion APIs."""

from agent_memory.api.limits import Limits
from agent_memory.api.schemas.openai import SamplingBody
from agent_memory.api.translators.checks import checked_max_tokens
from agent_memory.turns.sampling import SamplingParams


def openai_sampling(
    body: SamplingBody, max_tokens: int | None, num_logprobs: int | None, limits: Limits
) -> SamplingParams:
    """The parameters of `body`, with this product's defaults where it is silent.

    Without `max_tokens` the bound is the largest allowed: the session clips it to the window.
    """
    return SamplingParams(
        max_tokens=(
            limits.max_output_tokens
            if max_tokens is None
            else checked_max_tokens(max_tokens, limits, "max_tokens")
        ),
        temperature=_given(body.temperature, 1.0),
        top_p=_given(body.top_p, 1.0),
        top_k=body.top_k or 0,
        min_p=_given(body.min_p, 0.0),
        seed=body.seed,
        repetition_penalty=_given(body.repetition_penalty, 1.0),
        presence_penalty=_given(body.presence_penalty, 0.0),
        frequency_penalty=_given(body.frequency_penalty, 0.0),
        logit_bias={int(token): bias for token, bias in (body.logit_bias or {}).items()},
        stop=_stop(body.stop),
        num_logprobs=num_logprobs,
        n=body.n or 1,
    )


def _given(value: float | None, default: float) -> float:
    return default if value is None else float(value)


def _stop(stop: str | list[str] | None) -> tuple[str, ...]:
    if stop is None:
        return ()
    return (stop,) if isinstance(stop, str) else tuple(stop)
