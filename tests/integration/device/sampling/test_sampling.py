"""How tokens are drawn: filters, penalties, seeds, log-probabilities."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import mlx.core as mx
import numpy as np
import pytest

from agent_memory.device.engine import MlxEngine
from agent_memory.device.sampling.sampling import RowSampler, draw_tokens
from agent_memory.turns.sampling import SamplingParams
from tests.integration.device.engine_driver import a_prompt, a_request, ask, ask_all

SAMPLED = SamplingParams(max_tokens=16, temperature=1.0, seed=7)
LOGITS = mx.array([0.0, 3.0, 2.0, 1.0, -1.0])
"""Probabilities 0.03, 0.64, 0.23, 0.09, 0.01."""


def draw(params: SamplingParams, position: int = 5, logits: mx.array = LOGITS) -> int:
    tokens, _ = draw_tokens(logits[None], [RowSampler(params, 0, [], [])], [position])
    return int(np.asarray(tokens)[0])


def drawn(params: SamplingParams, count: int = 300) -> Counter[int]:
    return Counter(draw(params, position) for position in range(count))


def adjusted(
    params: SamplingParams,
    logits: Sequence[float],
    prompt: Sequence[int] = (),
    generated: Sequence[int] = (),
) -> list[float]:
    sampler = RowSampler(params, 0, prompt, generated)
    return [float(value) for value in np.asarray(sampler.adjust(mx.array(list(logits))))]


def test_temperature_zero_takes_the_likeliest() -> None:
    assert draw(replace(SAMPLED, temperature=0.0)) == 1


def test_without_filters_every_token_has_its_share() -> None:
    counts = drawn(SAMPLED, 2000)
    expected = np.asarray(mx.softmax(LOGITS)) * 2000
    for token, share in enumerate(expected):
        assert abs(counts[token] - share) < 5 * math.sqrt(share) + 5


def test_a_high_temperature_flattens_and_a_low_one_sharpens() -> None:
    assert drawn(replace(SAMPLED, temperature=0.1)) == Counter({1: 300})
    assert len(drawn(replace(SAMPLED, temperature=100.0))) == 5


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"top_k": 1}, {1}),
        ({"top_k": 3}, {1, 2, 3}),
        ({"top_k": 99}, {0, 1, 2, 3, 4}),
        ({"top_p": 0.5}, {1}),
        ({"top_p": 0.65}, {1, 2}),
        ({"top_p": 0.0}, {1}),
        ({"min_p": 0.3}, {1, 2}),
        ({"min_p": 0.1}, {1, 2, 3}),
        ({"top_k": 2, "top_p": 0.7}, {1}),  # 0.64 of 0.87 is 0.73: the mass is that of what is left
        ({"top_k": 3, "min_p": 0.3}, {1, 2}),
    ],
)
def test_filters_leave_only_likely_tokens(changes: dict[str, float], left: set[int]) -> None:
    params = replace(SAMPLED, temperature=1.0, **changes)  # type: ignore[arg-type]
    assert set(drawn(params, 1500)) == left


def test_filters_look_at_the_distribution_behind_the_temperature() -> None:
    params = replace(SAMPLED, temperature=5.0, top_p=0.5)
    assert set(drawn(params, 500)) == {1, 2}


def test_frequency_and_presence_count_what_was_generated_and_not_the_prompt() -> None:
    params = SamplingParams(8, frequency_penalty=0.5, presence_penalty=1.0)
    assert adjusted(params, [1.0] * 4, prompt=[0, 0], generated=[1, 2, 2]) == [1.0, -0.5, -1.0, 1.0]


def test_repetition_counts_the_prompt_too_and_minds_the_sign() -> None:
    params = SamplingParams(8, repetition_penalty=2.0)
    assert adjusted(params, [1.0, -1.0, 3.0], prompt=[0], generated=[1, 1]) == [0.5, -2.0, 3.0]


def test_logit_bias_is_added() -> None:
    params = SamplingParams(8, logit_bias={0: 5.0, 2: -100.0})
    assert adjusted(params, [1.0, 1.0, 1.0]) == [6.0, 1.0, -99.0]


def test_a_drawn_token_counts_for_the_next_draw() -> None:
    params = SamplingParams(8, temperature=0.0, presence_penalty=2.5)
    sampler = RowSampler(params, 0, [], [])
    said = [int(np.asarray(draw_tokens(LOGITS[None], [sampler], [at])[0])[0]) for at in range(4)]
    assert said == [1, 2, 3, 1]


def test_the_same_seed_and_position_draw_the_same_token_whoever_is_beside() -> None:
    rows = [replace(SAMPLED, seed=seed) for seed in range(6)]
    alone = [draw(params, at) for at, params in enumerate(rows)]
    samplers = [RowSampler(params, 0, [], []) for params in rows]
    samplers.insert(2, RowSampler(replace(SAMPLED, temperature=0.0), 0, [], []))
    logits = mx.broadcast_to(LOGITS, (7, 5))
    tokens, _ = draw_tokens(logits, samplers, [0, 1, 99, 2, 3, 4, 5])
    together = np.asarray(tokens).tolist()
    assert together.pop(2) == 1
    assert together == alone


def test_without_a_seed_two_requests_differ() -> None:
    unseeded = replace(SAMPLED, seed=None, temperature=50.0)
    samplers = [RowSampler(unseeded, 0, [], []) for _ in range(2)]
    said = [
        [int(np.asarray(draw_tokens(LOGITS[None], [sampler], [at])[0])[0]) for at in range(40)]
        for sampler in samplers
    ]
    assert said[0] != said[1]


def test_logprobs_are_those_of_the_model_whatever_is_drawn_from() -> None:
    params = replace(SAMPLED, temperature=0.0, logit_bias={4: 100.0}, num_logprobs=2)
    tokens, logprobs = draw_tokens(LOGITS[None], [RowSampler(params, 0, [], [])], [0])
    expected = np.log(np.asarray(mx.softmax(LOGITS)))
    choice = logprobs[0].read()
    assert int(np.asarray(tokens)[0]) == 4
    assert choice.logprob == pytest.approx(expected[4], abs=1e-5)
    assert [token for token, _ in choice.top] == [1, 2]
    assert [value for _, value in choice.top] == pytest.approx(expected[[1, 2]], abs=1e-5)


async def test_a_seeded_request_says_the_same_alone_and_in_a_mixed_batch(
    engine: MlxEngine,
) -> None:
    mixed = [
        replace(SAMPLED, temperature=0.0),
        replace(SAMPLED, seed=3, top_p=0.8),
        replace(SAMPLED, seed=4, top_k=20, num_logprobs=1),
        replace(SAMPLED, seed=5, repetition_penalty=1.3, frequency_penalty=0.4),
        replace(SAMPLED, seed=6, logit_bias={30: 4.0}, min_p=0.02),
    ]
    requests = [
        a_request(engine, a_prompt(12 + 9 * at, at), params) for at, params in enumerate(mixed)
    ]
    alone = [(await ask(engine, request)).tokens() for request in requests]
    together = await ask_all(engine, [*requests, *requests])
    assert [answer.tokens() for answer in together] == [*alone, *alone]


async def test_choices_of_one_request_differ_and_are_those_of_their_seed(
    engine: MlxEngine,
) -> None:
    request = a_request(engine, a_prompt(33), replace(SAMPLED, n=3))
    first, second = await ask(engine, request), await ask(engine, request)
    choices = [first.tokens(choice) for choice in range(3)]
    assert choices == [second.tokens(choice) for choice in range(3)]
    assert len(set(map(tuple, choices))) == 3
    single = await ask(engine, a_request(engine, a_prompt(33), SAMPLED))
    assert single.tokens() == choices[0]
    assert first.prefilled[-1].num_total == 32


async def test_logprobs_come_with_every_token_of_the_text(llama: MlxEngine) -> None:
    params = SamplingParams(max_tokens=6, temperature=0.0, num_logprobs=2)
    answer = await ask(llama, a_request(llama, a_prompt(10), params))
    assert len(answer.logprobs()) == 6
    for each in answer.logprobs():
        assert each.logprob == each.top[0].logprob  # greedy takes the likeliest
        assert each.token_bytes == each.top[0].token_bytes
        assert each.top[0].logprob >= each.top[1].logprob
