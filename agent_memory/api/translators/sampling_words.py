"""Sampling fields as parameters of the engine."""

from agent_memory.api.limits import Limits
from agent_memory.api.schemas.sampling import SamplingFields
from agent_memory.api.translators.checks import checked_max_tokens
from agent_memory.turns.sampling import SamplingParams


def sampling_params(
    fields: SamplingFields,
    max_tokens: int | None,
    limits: Limits,
    *,
    param: str = "max_tokens",
    num_logprobs: int | None = None,
    num_choices: int = 1,
) -> SamplingParams:
    """The parameters that `fields` ask for, with this product's defaults where they are silent.

    Without `max_tokens` the bound is the largest allowed: the session clips it to the window.
    `param` is what the protocol calls it.
    """
    return SamplingParams(
        max_tokens=(
            limits.max_output_tokens
            if max_tokens is None
            else checked_max_tokens(max_tokens, limits, param)
        ),
        temperature=_given(fields.temperature, 1.0),
        top_p=_given(fields.top_p, 1.0),
        top_k=fields.top_k or 0,
        min_p=_given(fields.min_p, 0.0),
        seed=fields.seed,
        repetition_penalty=_given(fields.repetition_penalty, 1.0),
        presence_penalty=_given(fields.presence_penalty, 0.0),
        frequency_penalty=_given(fields.frequency_penalty, 0.0),
        logit_bias={int(token): bias for token, bias in (fields.logit_bias or {}).items()},
        stop=_stop(fields.stop),
        num_logprobs=num_logprobs,
        n=num_choices,
    )


def _given(value: float | None, default: float) -> float:
    return default if value is None else float(value)


def _stop(stop: str | list[str] | None) -> tuple[str, ...]:
    if stop is None:
        return ()
    return (stop,) if isinstance(stop, str) else tuple(stop)
