"""Providers that fail: who is asked again, who instead, and what the client is told."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import orjson
import pytest

from agent_memory.gateway.configuration import Alias, AliasTarget, ProviderKey
from agent_memory.providers.far.client import Deadlines
from agent_memory.testing.far_app import FarApp, configured, provider
from agent_memory.testing.runtime import TEST_KEY
from agent_memory.testing.upstream.acts import Fail, Hang, Raw, Say
from agent_memory.testing.upstream.server import ScriptedUpstream
from agent_memory.turns.route import Wire

SECRETS = ("sk-first-00000001", "sk-second-0000002")


@pytest.fixture
async def other() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as server:
        yield server


@pytest.fixture
async def far_app(upstream: ScriptedUpstream, other: ScriptedUpstream) -> AsyncIterator[FarApp]:
    """`one/…` with two keys, `two/…`, and `both`, which is one and then the other."""
    targets = (AliasTarget("one/large"),)
    app = FarApp(
        configured(
            provider("one", Wire.ANTHROPIC, upstream.url, SECRETS),
            provider("two", Wire.OPENAI, other.url),
            aliases={"both": Alias("both", targets, ("two/large",))},
        ),
        near=("near",),
        deadlines=Deadlines(connect_s=2, first_s=0.5, idle_s=0.5, total_s=20),
    )
    yield app
    await app.far.close()


async def _ask(http: httpx.AsyncClient, model: str, **more: object) -> httpx.Response:
    messages = [{"role": "user", "content": "Hi"}]
    body = {"model": model, "max_tokens": 9, "messages": messages, **more}
    return await http.post("/v1/messages", json=body)


async def test_a_broken_provider_is_asked_again_with_the_same_key_after_growing_pauses(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, far_app: FarApp
) -> None:
    upstream.acts.extend([Fail(500), Fail(503), Say("Yes")])
    answer = await _ask(http, "one/large")
    assert answer.json()["content"][0]["text"] == "Yes"
    assert [one.headers["x-api-key"] for one in upstream.asked] == [SECRETS[0]] * 3
    assert far_app.pauses == pytest.approx([0.4, 0.8])
    (served,) = far_app.books.served
    assert (served.status, served.num_attempts) == (200, 3)


async def test_after_too_many_requests_another_key_is_taken(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, far_app: FarApp
) -> None:
    upstream.acts.extend([Fail(429, retry_after="20"), Say("Yes")])
    assert (await _ask(http, "one/large")).status_code == 200
    assert [one.headers["x-api-key"] for one in upstream.asked] == list(SECRETS)


async def test_a_refused_key_is_given_up_at_once_and_when_all_are_the_callers_is_not_blamed(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, far_app: FarApp
) -> None:
    upstream.acts.extend([Fail(401), Fail(402)])
    answer = await _ask(http, "one/large")
    assert answer.status_code == 502
    assert "yours is fine" in answer.json()["error"]["message"]
    assert [one.headers["x-api-key"] for one in upstream.asked] == list(SECRETS)
    assert far_app.pauses == []
    assert far_app.books.served[0].error_code == "upstream_credentials_exhausted"


@pytest.mark.parametrize("status", [400, 404, 413, 422])
async def test_an_error_of_the_request_is_not_tried_again(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, other: ScriptedUpstream, status: int
) -> None:
    upstream.acts.append(Fail(status, "no such thing"))
    answer = await _ask(http, "both")
    assert answer.status_code in {status, 400}
    assert "no such thing" in answer.text
    assert (len(upstream.asked), len(other.asked)) == (1, 0)


@pytest.mark.parametrize(
    "act",
    [Fail(500), Hang(2), Say(cut_after=1), Say(error_after=2), Raw(b"data: {\n\n"), Fail(302)],
)
async def test_before_the_first_word_the_next_provider_is_asked(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, other: ScriptedUpstream, act: Fail
) -> None:
    upstream.acts.extend([act] * 3)
    other.acts.append(Say("From the other"))
    answer = await _ask(http, "both", stream=True)
    assert answer.headers["x-provider"] == "two"
    said = "".join(
        orjson.loads(line[6:])["delta"].get("text", "")
        for line in answer.text.splitlines()
        if line.startswith('data: {"type":"content_block_delta"')
    )
    assert said == "From the other"
    assert "error" not in answer.text


@pytest.mark.parametrize(
    "act", [Say("one two three", cut_after=5, pause_s=0.05), Say("a b c", error_after=5)]
)
async def test_after_the_first_word_the_stream_ends_in_an_error_of_its_protocol(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, other: ScriptedUpstream, act: Say
) -> None:
    upstream.acts.append(act)
    answer = await _ask(http, "one/large", stream=True)
    events = [part for part in answer.text.split("\n\n") if part]
    assert events[-1].startswith("event: error\ndata: ")
    assert orjson.loads(events[-1].split("data: ")[1])["type"] == "error"
    for part in events:
        orjson.loads(part.split("data: ")[1])
    assert not other.asked


async def test_a_provider_that_is_away_is_not_asked_for_a_while_and_says_why(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, far_app: FarApp
) -> None:
    upstream.acts.extend([Fail(500)] * 100)
    for _ in range(4):
        await _ask(http, "one/large")
    num_asked = len(upstream.asked)
    answer = await _ask(http, "one/large")
    assert answer.status_code == 503
    assert "not asked for a while" in answer.json()["error"]["message"]
    assert len(upstream.asked) == num_asked
    assert far_app.far.breakers.reset("one") == 2
    upstream.acts.clear()
    assert (await _ask(http, "one/large")).status_code == 200


async def test_a_provider_that_was_set_again_is_asked_again_at_once_and_no_other(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, far_app: FarApp
) -> None:
    upstream.acts.extend([Fail(500)] * 100)
    for _ in range(4):
        await _ask(http, "one/large")
    assert (await _ask(http, "one/large")).status_code == 503
    upstream.acts.clear()
    config = far_app.config
    one, two = config.providers["one"], config.providers["two"]

    other = {**config.providers, "two": replace(two, keys=(ProviderKey("new", "sk-other"),))}
    far_app.configuration.config = replace(config, providers=other)
    assert (await _ask(http, "one/large")).status_code == 503

    again = {**other, "one": replace(one, priority=1)}
    far_app.configuration.config = replace(config, providers=again)
    assert (await _ask(http, "one/large")).status_code == 200


async def test_a_client_that_leaves_hangs_up_on_the_provider_at_once_and_is_booked(
    upstream: ScriptedUpstream, far_app: FarApp
) -> None:
    upstream.acts.append(Say("word " * 200, pause_s=0.02))
    body = {
        "model": "one/large",
        "max_tokens": 9,
        "stream": True,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    gone = asyncio.Event()
    sent: list[bytes] = []
    left_at = 0.0

    async def receive() -> dict[str, object]:
        if not sent_body:
            sent_body.append(True)
            return {"type": "http.request", "body": orjson.dumps(body), "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        nonlocal left_at
        data = message.get("body")
        if isinstance(data, bytes) and b"text_delta" in data:
            sent.append(data)
        if len(sent) == 3 and not left_at:
            left_at = time.monotonic()
            gone.set()

    sent_body: list[bool] = []
    headers = [(b"authorization", f"Bearer {TEST_KEY}".encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/messages",
        "raw_path": b"/v1/messages",
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
    }
    await far_app.app(scope, receive, send)  # type: ignore[arg-type]
    for _ in range(50):
        if upstream.asked[0].is_hung_up:
            break
        await asyncio.sleep(0.01)
    assert upstream.asked[0].is_hung_up
    assert upstream.asked[0].hung_up_at - left_at < 0.1
    (served,) = far_app.books.served
    assert served.is_cancelled
    assert served.is_estimated
    assert served.tokens.output_tokens >= 3
    assert served.tokens.input_tokens == 2


async def test_a_name_that_nobody_has_is_not_found_and_the_nearest_are_told(
    http: httpx.AsyncClient,
) -> None:
    answer = await _ask(http, "one/huge-model-of-nobody".replace("one/", "once/"))
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found_error"
    answer = await _ask(http, "scripte")
    assert "'scripted'" in answer.json()["error"]["message"]
    assert answer.json()["error"]["message"].count("'") == 8
