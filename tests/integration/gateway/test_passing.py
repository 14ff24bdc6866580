"""Requests to a provider of the same protocol: what comes is what was sent, both ways."""

import re
from typing import Any

import anthropic
import httpx
import openai
import orjson
import pytest

from agent_memory.testing.far_app import STUB_KEY, FarApp
from agent_memory.testing.runtime import TEST_KEY
from agent_memory.testing.upstream.acts import Fail, Raw, Say
from agent_memory.testing.upstream.server import ScriptedUpstream

CLAUDE_BODY = (
    b'{ "model" : "claude/large",  "max_tokens":64,\n "a_new_beta": {"x": 1.0e2, "\\u00e9":[]},'
    b' "thinking":{"type":"between_tools"}, "messages":[{"role":"user","content":"Hi \\u2028"}]%s}'
)
GPT_BODY = (
    b'{"messages":[{"role":"user","content":"Hi"}], "stream_options" : {"include_usage":true},'
    b'"verbosity":"low","model":"gpt/large","seed":12345678901234567890%s}'
)
WAYS = [("/v1/messages", CLAUDE_BODY), ("/v1/chat/completions", GPT_BODY)]
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(("path", "body"), WAYS)
@pytest.mark.parametrize("stream", [b"", b', "stream": true'])
async def test_a_request_goes_on_byte_for_byte_except_the_name_of_the_model(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, path: str, body: bytes, stream: bytes
) -> None:
    answer = await http.post(path, content=body % stream, headers=JSON)
    assert answer.status_code == 200
    (got,) = upstream.requests
    assert got.path == path
    expected = (body % stream).replace(b'"claude/large"', b'"large"')
    assert got.body == expected.replace(b'"gpt/large"', b'"large"')


@pytest.mark.parametrize(("path", "body"), WAYS)
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
async def test_a_stream_comes_back_byte_for_byte_however_it_was_cut(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, path: str, body: bytes, piece: int
) -> None:
    upstream.acts.append(Say("One two"))
    plain = await http.post(path, content=body % b', "stream": true', headers=JSON)
    upstream.acts.append(Raw(plain.content, piece=piece))
    again = await http.post(path, content=body % b', "stream": true', headers=JSON)
    assert again.content == plain.content
    assert again.headers["content-type"] == "text/event-stream"
    assert b"One" in plain.content


@pytest.mark.parametrize(("path", "body"), WAYS)
async def test_a_whole_answer_comes_back_with_its_own_spelling_and_cost(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, path: str, body: bytes
) -> None:
    answer = await http.post(path, content=body % b"", headers=JSON)
    assert answer.content.startswith(b'{\n  "id"')
    assert answer.headers["x-provider"] in {"claude", "gpt"}
    assert answer.headers["x-cost"] == ("0.000069" if path == "/v1/messages" else "0.000066")
    assert float(answer.headers["x-overhead-ms"]) >= 0
    assert answer.headers["x-upstream-request-id"] == "req_up_1"
    assert "x-ratelimit-limit-requests" not in answer.headers
    assert "x-session-id" not in answer.headers


@pytest.mark.parametrize(("path", "body"), WAYS)
async def test_a_stream_tells_its_cost_behind_its_last_event_to_who_asks_for_it(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, path: str, body: bytes
) -> None:
    plain = await http.post(path, content=body % b', "stream": true', headers=JSON)
    upstream.acts.append(Raw(plain.content))
    asked = {**JSON, "X-Stream-Cost": "comment"}
    told = await http.post(path, content=body % b', "stream": true', headers=asked)

    assert told.content.startswith(plain.content)
    comment = told.content.removeprefix(plain.content).decode()
    name = "claude" if path == "/v1/messages" else "gpt"
    cost = "0.000069" if path == "/v1/messages" else "0.000066"
    expected = rf": X-Cost: {cost}; X-Overhead-Ms: [0-9.]+; X-Provider: {name}\n\n"
    assert re.fullmatch(expected, comment)
    assert "x-stream-cost" not in upstream.requests[-1].headers


async def test_both_clients_pass_over_the_cost_of_a_stream(
    claude: anthropic.AsyncAnthropic, gpt: openai.AsyncOpenAI, upstream: ScriptedUpstream
) -> None:
    asked = {"X-Stream-Cost": "comment"}
    question: Any = [{"role": "user", "content": "Which?"}]
    for model in ("claude/large", "gpt/large"):
        upstream.acts.extend([Say("One two"), Say("One two")])
        async with claude.messages.stream(
            model=model,
            max_tokens=20,
            messages=question,
            extra_headers=asked,
        ) as stream:
            assert await stream.get_final_text() == "One two"
        chunks = await gpt.chat.completions.create(
            model=model,
            messages=question,
            stream=True,
            extra_headers=asked,
        )
        words = [chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices]
        assert "".join(words) == "One two"


async def test_headers_go_on_without_what_is_ours_and_with_the_providers_key(
    http: httpx.AsyncClient, upstream: ScriptedUpstream
) -> None:
    sent = {
        **JSON,
        "anthropic-beta": "a-beta-of-tomorrow-2027-01-01,context-management-2025-06-27",
        "anthropic-version": "2026-10-21",
        "x-stainless-lang": "python",
        "x-forwarded-for": "10.0.0.1",
        "cookie": "a=b",
        "x-api-key": TEST_KEY,
        "connection": "keep-alive, x-secret-hop",
        "x-secret-hop": "1",
    }
    await http.post("/v1/messages?beta=true", content=CLAUDE_BODY % b"", headers=sent)
    (got,) = upstream.requests
    assert got.query == "beta=true"
    assert got.headers["anthropic-beta"] == sent["anthropic-beta"]
    assert got.headers["anthropic-version"] == "2026-10-21"
    assert got.headers["x-stainless-lang"] == "python"
    assert got.headers["x-api-key"] == STUB_KEY
    gone = {"authorization", "cookie", "x-forwarded-for", "x-secret-hop", "x-session-id"}
    assert gone.isdisjoint(got.headers)
    assert TEST_KEY not in str(got.headers)


async def test_nothing_of_a_passed_request_is_kept_but_its_account(
    http: httpx.AsyncClient, far_app: FarApp
) -> None:
    await http.post("/v1/messages", content=CLAUDE_BODY % b"", headers=JSON)
    assert not far_app.store.commits
    (served,) = far_app.books.served
    assert (served.provider, served.model, served.status) == ("claude", "large", 200)
    assert served.tokens.prompt_tokens == 3
    assert served.tokens.output_tokens == 4
    assert str(served.cost) == "0.000069"
    assert served.price_id == "price_claude"


async def test_an_error_of_the_request_comes_back_as_the_provider_said_it(
    http: httpx.AsyncClient, upstream: ScriptedUpstream
) -> None:
    upstream.acts.append(Fail(400, "thinking: nobody knows that"))
    answer = await http.post("/v1/messages", content=CLAUDE_BODY % b"", headers=JSON)
    assert answer.status_code == 400
    assert orjson.loads(answer.content)["error"]["message"] == "thinking: nobody knows that"
    assert len(upstream.requests) == 1


async def test_a_field_that_stands_twice_is_refused(
    http: httpx.AsyncClient, upstream: ScriptedUpstream
) -> None:
    body = b'{"model":"claude/large","mod\\u0065l":"claude/large","max_tokens":1,"messages":[]}'
    answer = await http.post("/v1/messages", content=body, headers=JSON)
    assert answer.status_code == 400
    assert "stands twice" in answer.text
    assert not upstream.requests


async def test_usage_is_asked_of_a_stream_for_the_account_and_kept_from_the_client(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, far_app: FarApp
) -> None:
    body = b'{"model":"gpt/large","stream":true,"messages":[{"role":"user","content":"Hi you"}]}'
    answer = await http.post("/v1/chat/completions", content=body, headers=JSON)
    fields = orjson.loads(upstream.requests[0].body)
    assert fields["stream_options"] == {"include_usage": True}
    assert b'"choices":[]' not in answer.content
    assert answer.content.endswith(b"data: [DONE]\n\n")
    (served,) = far_app.books.served
    assert (served.tokens.input_tokens, served.tokens.output_tokens) == (3, 4)
    assert not served.is_estimated


async def test_embeddings_of_a_provider_are_passed_on(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, far_app: FarApp
) -> None:
    body = {"model": "gpt/large", "input": ["one two"], "dimensions": 2}
    answer = await http.post("/v1/embeddings", json=body)
    assert answer.json()["data"][0]["embedding"] == [0.6, 0.8]
    assert upstream.requests[0].path == "/v1/embeddings"
    assert far_app.books.served[0].tokens.input_tokens == 2


async def test_tokens_are_counted_by_the_provider_or_said_to_be_estimated(
    http: httpx.AsyncClient,
) -> None:
    messages = [{"role": "user", "content": "one two three"}]
    ask = {"messages": messages}
    exact = await http.post("/v1/messages/count_tokens", json={"model": "claude/large", **ask})
    guess = await http.post("/v1/messages/count_tokens", json={"model": "gpt/large", **ask})
    assert (exact.json(), exact.headers.get("x-token-count")) == ({"input_tokens": 4}, None)
    assert guess.headers["x-token-count"] == "estimated"
    assert guess.json()["input_tokens"] > 0
