"""The OpenAI Completions API."""

import httpx
import openai
import pytest

from agent_memory.errors import EngineUnavailable
from agent_memory.testing.runtime import Pause, ScriptedTurns, Step
from agent_memory.turns.events import TextDelta
from agent_memory.turns.request import TurnRequest
from tests.unit.api.scripts import FINISHED, STARTED, logprob, stop, turn
from tests.unit.api.sse import events


def _echo(request: TurnRequest) -> tuple[Step, ...]:
    """Two choices that say the prompt; the first prompt is the slower one."""
    prompt = request.raw_prompt or ""
    pause = Pause(0.01 if prompt == "a" else 0)
    said = [TextDelta(index, f"{prompt}{index}", 1) for index in range(request.sampling.n)]
    return (STARTED, pause, *said, *[stop(i) for i in range(request.sampling.n)], FINISHED)


async def test_a_prompt_is_completed(gpt: openai.AsyncOpenAI, turns: ScriptedTurns) -> None:
    completion = await gpt.completions.create(model="any", prompt="The capital", max_tokens=8)
    assert completion.choices[0].text == "Paris."
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.total_tokens == 28
    [request] = turns.requests
    assert (request.raw_prompt, request.messages) == ("The capital", ())
    assert request.sampling.max_tokens == 8


async def test_every_prompt_gets_its_choices_in_order(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = _echo
    completion = await gpt.completions.create(model="any", prompt=["a", "b"], n=2)
    assert [(c.index, c.text) for c in completion.choices] == [
        (0, "a0"),
        (1, "a1"),
        (2, "b0"),
        (3, "b1"),
    ]
    assert completion.usage is not None
    assert completion.usage.prompt_tokens == 42


async def test_streamed_choices_of_all_prompts_are_numbered_through(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = _echo
    stream = await gpt.completions.create(
        model="any", prompt=["a", "b"], n=2, stream=True, stream_options={"include_usage": True}
    )
    texts = ["", "", "", ""]
    num_prompt_tokens = 0
    async for chunk in stream:
        for choice in chunk.choices:
            texts[choice.index] += choice.text
        if chunk.usage:
            num_prompt_tokens = chunk.usage.prompt_tokens
    assert texts == ["a0", "a1", "b0", "b1"]
    assert num_prompt_tokens == 42


async def test_logprobs_carry_offsets_that_go_on_through_the_stream(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = turn(
        TextDelta(0, "Par", 1, (logprob("Par", -0.5, logprob("Par", -0.5)),)),
        TextDelta(0, "is", 1, (logprob("is", -0.25),)),
    )
    body = {"model": "any", "prompt": "x", "logprobs": 1}
    whole = (await client.post("/v1/completions", json=body)).json()
    assert whole["choices"][0]["logprobs"] == {
        "tokens": ["Par", "is"],
        "token_logprobs": [-0.5, -0.25],
        "top_logprobs": [{"Par": -0.5}, {}],
        "text_offset": [0, 3],
    }
    streamed = await client.post("/v1/completions", json={**body, "stream": True})
    offsets = [
        data["choices"][0]["logprobs"]["text_offset"]
        for _, data in events(streamed.text)
        if data != "[DONE]" and data["choices"][0]["logprobs"]
    ]
    assert offsets == [[0], [3]]


async def test_one_failing_prompt_fails_the_request_before_it_begins(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    turns.script = lambda request: (
        [EngineUnavailable("No engine.")] if request.raw_prompt == "b" else _echo(request)
    )
    body = {"model": "any", "prompt": ["a", "b"], "stream": True}
    response = await client.post("/v1/completions", json=body)
    assert response.status_code == 503
    assert response.json()["error"]["message"] == "No engine."
    assert turns.num_closed == 2


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"prompt": ["x"] * 9}, "prompt"),
        ({"prompt": ["a", "b"], "session_id": "mine"}, "prompt"),
        ({"suffix": "end"}, "suffix"),
        ({"best_of": 3}, "best_of"),
        ({"messages": []}, "messages"),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(
    client: httpx.AsyncClient, change: dict[str, object], param: str
) -> None:
    body = {"model": "any", "prompt": "x", **change}
    response = await client.post("/v1/completions", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["param"].startswith(param)


async def test_echo_false_is_accepted(client: httpx.AsyncClient) -> None:
    body = {"model": "any", "prompt": "x", "echo": False, "suffix": None}
    assert (await client.post("/v1/completions", json=body)).status_code == 200


@pytest.mark.parametrize(
    ("prompt", "raw"),
    [([5, 6, 7], [(5, 6, 7)]), ([[5], [6, 7]], [(5,), (6, 7)]), (["a", "b"], ["a", "b"])],
)
async def test_a_prompt_may_be_tokens(
    client: httpx.AsyncClient, turns: ScriptedTurns, prompt: object, raw: list[object]
) -> None:
    response = await client.post("/v1/completions", json={"model": "m", "prompt": prompt})
    assert response.status_code == 200
    assert [request.raw_prompt for request in turns.requests] == raw


async def test_the_prompt_stands_in_front_of_each_answer_where_it_is_to_be_repeated(
    gpt: openai.AsyncOpenAI, turns: ScriptedTurns
) -> None:
    turns.script = _echo
    whole = await gpt.completions.create(model="any", prompt=["a", "b"], n=2, echo=True)
    assert [choice.text for choice in whole.choices] == ["aa0", "aa1", "bb0", "bb1"]
    texts = ["", "", "", ""]
    async for chunk in await gpt.completions.create(
        model="any", prompt=["a", "b"], n=2, echo=True, stream=True
    ):
        for choice in chunk.choices:
            texts[choice.index] += choice.text
    assert texts == ["aa0", "aa1", "bb0", "bb1"]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"echo": True, "prompt": [1]}, "echo"),
        ({"echo": True, "logprobs": 1}, "echo"),
        ({"prompt": []}, "prompt"),
        ({"prompt": [-1]}, "prompt"),
        ({"min_tokens": 9, "max_tokens": 8}, "min_tokens"),
    ],
)
async def test_what_cannot_be_repeated_or_read_is_refused(
    client: httpx.AsyncClient, change: dict[str, object], param: str
) -> None:
    response = await client.post("/v1/completions", json={"model": "m", "prompt": "a", **change})
    assert response.status_code == 400
    assert response.json()["error"]["param"].startswith(param)


async def test_an_answer_may_have_a_least_length(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    for field in ({"min_tokens": 5}, {"ignore_eos": True}):
        body = {"model": "m", "prompt": "a", "max_tokens": 8, **field}
        await client.post("/v1/completions", json=body)
    assert [request.sampling.min_tokens for request in turns.requests] == [5, 8]
