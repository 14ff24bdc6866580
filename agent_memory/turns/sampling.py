"""How the next token is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """Sampling as the OpenAI and Anthropic APIs define it.

    The random key of a token is a function of (seed, position), so that batching, preemption
    and resume do not change a seeded request. `top_k = 0`, `top_p = 1` and `min_p = 0` are off;
    `temperature = 0` is greedy. `num_logprobs = None` asks for none, 0 for the chosen token's own.
    Before `min_tokens` the model does not end its turn, unless a demanded form ends.
    """

    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    seed: int | None = None
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    num_logprobs: int | None = None
    min_tokens: int = 0
    n: int = 1
