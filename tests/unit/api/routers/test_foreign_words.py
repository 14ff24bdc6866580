"""Requests to OpenAI's protocol from clients of other servers."""

from typing import Any

import httpx
import openai
import pytest

from agent_memory.testing.runtime import ScriptedTurns
from agent_memory.turns.messages import ToolMode
from agent_memory.turns.request import TurnRequest

HELLO: dict[str, Any] = {"model": "any", "messages": [{"role": "user", "content": "Hello"}]}
GRAMMAR = 'root ::= "yes" | "no"'
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
SCHEMA_TEXT = '{"type":"object","properties":{"a":{"type":"integer"}}}'
TOOL = {"type": "function", "function": {"name": "f"}}


@pytest.fixture
def ask(client: httpx.AsyncClient, turns: ScriptedTurns) -> Any:
    async def asked(**change: object) -> TurnRequest:
        response = await client.post("/v1/chat/completions", json={**HELLO, **change})
        assert response.status_code == 200, response.text
        return turns.requests[-1]

    return asked


@pytest.mark.parametrize(
    ("sent", "thinking", "budget"),
    [
        ({"chat_template_kwargs": {"enable_thinking": False}}, False, None),
        ({"chat_template_kwargs": {"enable_thinking": True}}, True, None),
        ({"chat_template_kwargs": {"thinking": False, "odd": None}}, False, None),
        ({"chat_template_kwargs": {"thinking_budget": 9}}, None, 9),
        ({"chat_template_kwargs": {"reasoning_effort": "none"}}, False, None),
        ({"chat_template_kwargs": {}}, None, None),
        ({"enable_thinking": False}, False, None),
        ({"thinking": False}, False, None),
        ({"thinking": {"type": "disabled"}}, False, None),
        ({"thinking": {"type": "enabled", "budget_tokens": 64}}, True, 64),
        ({"thinking": {"type": "adaptive"}}, None, None),
        ({"reasoning": {"effort": "none"}}, False, None),
        ({"reasoning": {"effort": "high"}}, True, None),
        ({"reasoning": {"enabled": True, "max_tokens": 32, "exclude": False}}, True, 32),
        ({"thinking_budget_tokens": 16}, None, 16),
        ({"thinking_budget_tokens": -1}, None, None),
    ],
)
async def test_thinking_is_switched_in_the_words_of_others(
    ask: Any, sent: dict[str, object], thinking: bool | None, budget: int | None
) -> None:
    form = (await ask(**sent)).form
    assert (form.thinking, form.thinking_budget) == (thinking, budget)


@pytest.mark.parametrize(
    "sent",
    [
        {"response_format": {"type": "json_object", "schema": SCHEMA}},
        {"response_format": {"type": "json_schema", "schema": SCHEMA}},
        {"response_format": {"type": "json_object", "json_schema": {"schema": SCHEMA}}},
        {"json_schema": SCHEMA},
        {"guided_json": SCHEMA},
        {"structured_outputs": {"json": SCHEMA}},
    ],
)
async def test_a_schema_is_met_wherever_it_stands(ask: Any, sent: dict[str, object]) -> None:
    assert (await ask(**sent)).form.json_schema == SCHEMA_TEXT


@pytest.mark.parametrize(
    "sent",
    [
        {"grammar": GRAMMAR},
        {"guided_grammar": GRAMMAR},
        {"structured_outputs": {"grammar": GRAMMAR}},
    ],
)
async def test_a_grammar_is_met_under_every_name(ask: Any, sent: dict[str, object]) -> None:
    form = (await ask(**sent)).form
    assert (form.text_grammar, form.text_form, form.json_schema) == (GRAMMAR, None, None)
    assert (await ask(grammar="")).form.text_grammar is None


async def test_completions_name_the_route_that_takes_a_grammar(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/completions", json={"prompt": "x", "grammar": GRAMMAR})
    assert response.status_code == 400
    assert "/v1/chat/completions" in response.json()["error"]["message"]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "n_predict"])
@pytest.mark.parametrize("unbounded", [-1, -1.0])
async def test_minus_one_is_the_rest_of_the_window(ask: Any, name: str, unbounded: float) -> None:
    turn = await ask(**{name: unbounded})
    assert (turn.max_tokens_given, turn.sampling.max_tokens) == (False, 1_000_000)


@pytest.mark.parametrize(
    ("sent", "name", "value"),
    [
        ({"max_tokens": 4.0}, "max_tokens", 4),
        ({"n_predict": 5}, "max_tokens", 5),
        ({"seed": 7.0}, "seed", 7),
        ({"top_k": -1}, "top_k", 0),
        ({"top_k": 40.0}, "top_k", 40),
        ({"stop": ""}, "stop", ()),
        ({"stop": ["", "x"]}, "stop", ("x",)),
        ({"repetition_penalty": 0.0}, "repetition_penalty", 1.0),
        ({"repeat_penalty": 1.5}, "repetition_penalty", 1.5),
        ({"top_logprobs": -1}, "num_logprobs", None),
        ({"temperature": 1.0}, "temperature", 1.0),
    ],
)
async def test_sampling_is_read_in_the_words_of_others(
    ask: Any, sent: dict[str, object], name: str, value: object
) -> None:
    assert getattr((await ask(**sent)).sampling, name) == value


@pytest.mark.parametrize("model", [{}, {"model": None}, {"model": ""}])
@pytest.mark.parametrize("path", ["chat/completions", "completions"])
async def test_without_a_model_the_loaded_one_answers_and_is_named(
    client: httpx.AsyncClient, model: dict[str, object], path: str
) -> None:
    asked = {"messages": HELLO["messages"]} if path.startswith("chat") else {"prompt": "x"}
    response = await client.post(f"/v1/{path}", json={**asked, **model})
    assert (response.status_code, response.json()["model"]) == (200, "org/tiny")


async def test_what_has_no_effect_is_named_in_the_response(client: httpx.AsyncClient) -> None:
    sent = {"verbosity": "low", "cache_prompt": True, "provider": {}, "keep_alive": None}
    for stream in (False, True):
        response = await client.post(
            "/v1/chat/completions", json={**HELLO, **sent, "stream": stream}
        )
        assert response.status_code == 200
        assert response.headers["x-ignored-fields"] == "cache_prompt, provider, verbosity"
    response = await client.post("/v1/chat/completions", json=HELLO)
    assert "x-ignored-fields" not in response.headers


async def test_the_official_client_asks_for_little_words(gpt: openai.AsyncOpenAI) -> None:
    answer = await gpt.chat.completions.with_raw_response.create(
        **HELLO, verbosity="low", prediction={"type": "content", "content": "Paris."}
    )
    assert answer.headers["x-ignored-fields"] == "prediction, verbosity"


async def test_an_unknown_field_that_is_null_is_no_field(ask: Any) -> None:
    await ask(frobnicate=None, draft_model=None, grammar=None, add_generation_prompt=True)


async def test_any_tool_is_a_required_one(ask: Any) -> None:
    turn = await ask(tools=[TOOL], tool_choice="any")
    assert turn.form.tool_choice.mode is ToolMode.REQUIRED


@pytest.mark.parametrize(
    ("sent", "param", "words"),
    [
        ({"structured_outputs": {"tag": "a"}}, "structured_outputs", "'choice'"),
        ({"grammar": "root ::= a", "guided_regex": "a"}, "guided_grammar", "one form"),
        ({"stop_token_ids": [5]}, "stop_token_ids", "'stop'"),
        ({"chat_template_kwargs": {"date": "x"}}, "chat_template_kwargs.date", "enable_thinking"),
        ({"chat_template_kwargs": {"enable_thinking": "no"}}, "thinking", "boolean"),
        ({"thinking": {"type": "odd"}}, "thinking.type", "disabled"),
        ({"max_tokens": 4.5}, "max_tokens", "integer"),
        ({"max_tokens": -2}, "max_tokens", "greater"),
        ({"max_tokens": True}, "max_tokens", "integer"),
        ({"stop": ["a", 5]}, "stop", "string"),
        ({"model": 5}, "model", "string"),
    ],
)
async def test_what_would_change_the_answer_is_refused_with_a_way(
    client: httpx.AsyncClient, sent: dict[str, object], param: str, words: str
) -> None:
    response = await client.post("/v1/chat/completions", json={**HELLO, **sent})
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["param"].startswith(param)
    assert words in error["message"]
