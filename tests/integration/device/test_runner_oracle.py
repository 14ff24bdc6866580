"""mlx-lm's own generation says the same, alone and in a batch."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import mlx.core as mx
import pytest
from mlx_lm.generate import BatchGenerator, generate_step
from mlx_lm.utils import load_model

from agent_memory.device.engine import MlxEngine
from agent_memory.turns.sampling import SamplingParams
from tests.integration.device.engine_driver import a_prompt, a_request, ask, ask_all

EOS = 2
LENGTHS = (1, 2, 17, 40, 5, 64, 33)


def without_end(tokens: Sequence[int]) -> list[int]:
    """The tokens up to the end of the turn."""
    return list(tokens[: tokens.index(EOS)]) if EOS in tokens else list(tokens)


def said_by_mlx_lm(folder: Path, prompt: Sequence[int], num_tokens: int) -> list[int]:
    model, _ = load_model(folder)
    steps = generate_step(mx.array(list(prompt)), model, max_tokens=num_tokens)
    return without_end([int(token) for token, _ in steps])


def said_by_batch_generator(
    folder: Path, prompts: Sequence[Sequence[int]], num_tokens: int
) -> list[list[int]]:
    model, _ = load_model(folder)
    generator = BatchGenerator(model, max_tokens=num_tokens, stop_tokens=[[EOS]])
    keys = generator.insert([list(prompt) for prompt in prompts])
    said: dict[int, list[int]] = {key: [] for key in keys}
    while responses := generator.next_generated():
        for response in responses:
            if response.finish_reason != "stop":
                said[response.uid].append(response.token)
    generator.close()
    return [said[key] for key in keys]


@pytest.mark.parametrize("length", [1, 2, 30, 70, 130])
async def test_a_single_row_says_what_generate_step_says(
    engine: MlxEngine, model_folder: Callable[[str], Path], length: int
) -> None:
    sampling = SamplingParams(max_tokens=40, temperature=0)
    answer = await ask(engine, a_request(engine, a_prompt(length), sampling))
    expected = said_by_mlx_lm(model_folder(engine.info.model), a_prompt(length), 40)
    assert without_end(answer.tokens()) == expected


async def test_a_ragged_batch_says_what_batch_generator_says(
    engine: MlxEngine, model_folder: Callable[[str], Path]
) -> None:
    # mlx-lm pads the rows of a batch, and its Mamba reads the padding.
    lengths = (17, 17, 17) if engine.info.model == "mamba" else LENGTHS
    prompts = [a_prompt(length, variant) for variant, length in enumerate(lengths)]
    sampling = SamplingParams(max_tokens=30, temperature=0)
    answers = await ask_all(engine, [a_request(engine, p, sampling) for p in prompts])
    expected = said_by_batch_generator(model_folder(engine.info.model), prompts, 30)
    assert [without_end(answer.tokens()) for answer in answers] == expected


async def test_a_batch_says_what_each_row_says_alone(engine: MlxEngine) -> None:
    requests = [a_request(engine, a_prompt(length, length)) for length in LENGTHS]
    alone = [(await ask(engine, request)).tokens() for request in requests]
    together = await ask_all(engine, requests)
    assert [answer.tokens() for answer in together] == alone


async def test_rows_that_join_and_leave_at_every_step_disturb_nobody(engine: MlxEngine) -> None:
    # Long ones are fed in several parts, while others decode.
    lengths = [*range(3, 43, 8), 170, 65, 300, 20]
    requests = [
        a_request(
            engine, a_prompt(length, 7), SamplingParams(max_tokens=2 + length % 9, temperature=0)
        )
        for length in lengths
    ]
    alone = [(await ask(engine, request)).tokens() for request in requests]
    long = a_request(engine, a_prompt(50), SamplingParams(max_tokens=120, temperature=0))
    long_alone = (await ask(engine, long)).tokens()

    running = engine.generate(long)
    tasks: list[asyncio.Task[list[int]]] = []

    async def tokens_of(at: int) -> list[int]:
        return (await ask(engine, requests[at])).tokens()

    said: list[int] = []
    async for event in running:
        if token_ids := getattr(event, "token_ids", ()):
            said.extend(token_ids)
            if len(tasks) < len(requests):
                tasks.append(asyncio.create_task(tokens_of(len(tasks))))
    assert said == long_alone
    assert await asyncio.gather(*tasks) == alone[: len(tasks)]
    assert tasks
