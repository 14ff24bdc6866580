"""Sessions and memory under models of providers: as under the local one."""

from collections.abc import AsyncIterator

import httpx
import orjson
import pytest

from agent_memory.ids import ItemId, SessionId, ThreadId, WorkspaceId
from agent_memory.memory.service.recollect import Recollected, Said
from agent_memory.providers.far.sent_body import local_signature
from agent_memory.testing.far_app import FarApp, configured, provider
from agent_memory.testing.runtime import TEST_WORKSPACE
from agent_memory.testing.upstream.acts import Say
from agent_memory.testing.upstream.server import ScriptedUpstream
from agent_memory.turns.route import Wire

FACT_ID = ItemId("fact_1")
FACT = "The ledger is in PostgreSQL."
TRIP = {"X-Session-ID": "trip"}


class OneFact:
    """Remembers one thing, and does not say twice what was said."""

    async def recollect(
        self,
        workspace: WorkspaceId,
        purpose: str,
        said: Said,
        thread_id: ThreadId | None,
        token_budget: int,
    ) -> Recollected | None:
        del workspace, purpose, thread_id, token_budget
        if FACT_ID in said.item_ids:
            return None
        return Recollected(f"<recalled>{FACT}</recalled>", (FACT_ID,), 9)


@pytest.fixture
async def far_app(upstream: ScriptedUpstream) -> AsyncIterator[FarApp]:
    app = FarApp(
        configured(
            provider("claude", Wire.ANTHROPIC, upstream.url),
            provider("gpt", Wire.OPENAI, upstream.url),
        ),
        near=("near one", "near two"),
        recollections=OneFact(),
    )
    yield app
    await app.far.close()


async def _claude(
    http: httpx.AsyncClient, model: str, talk: list[str], **more: object
) -> httpx.Response:
    roles = ("user", "assistant")
    messages = [{"role": roles[at % 2], "content": text} for at, text in enumerate(talk)]
    body = {"model": model, "max_tokens": 99, "messages": messages, **more}
    return await http.post("/v1/messages", json=body, headers=TRIP)


async def _said(far_app: FarApp) -> list[str]:
    transcript = await far_app.store.load_transcript(TEST_WORKSPACE, SessionId("trip"))
    return [message.text for message in transcript.messages]


@pytest.mark.parametrize("far", ["claude/large", "gpt/large"])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_session_goes_on_under_a_provider_and_back(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, far_app: FarApp, far: str, stream: bool
) -> None:
    upstream.acts.append(Say("far one"))
    first = await _claude(http, "scripted", ["a"], stream=stream)
    second = await _claude(http, far, ["a", "near one", "b"], stream=stream)
    third = await _claude(http, "scripted", ["a", "near one", "b", "far one", "c"], stream=stream)
    assert {one.status_code for one in (first, second, third)} == {200}
    assert {one.headers["x-session-id"] for one in (first, second, third)} == {"trip"}
    assert "far one" in second.text.replace('"}}\n\nevent: content_block_delta', "") or stream
    assert await _said(far_app) == ["a", "near one", "b", "far one", "c", "near two"]
    assert [one.model for one in far_app.store.commits] == ["scripted", far, "scripted"]


async def test_an_agent_takes_a_turn_under_a_provider_with_the_new_message_alone(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, far_app: FarApp
) -> None:
    await _claude(http, "scripted", ["a"])
    body = {"message": "b", "model": "claude/large"}
    answer = await http.post("/v1/agents/trip/turns", json=body)
    assert answer.status_code == 200
    asked = orjson.loads(upstream.asked[0].body)["messages"]
    assert [m["content"][0]["text"] for m in asked] == ["a", "near one", "b"]


@pytest.mark.parametrize(
    ("path", "model"), [("/v1/messages", "claude/large"), ("/v1/chat/completions", "gpt/large")]
)
async def test_memory_stands_before_the_words_and_all_other_bytes_stay(
    http: httpx.AsyncClient, upstream: ScriptedUpstream, far_app: FarApp, path: str, model: str
) -> None:
    body = (
        b'{"model":"%s", "max_tokens":9,"a_new_beta":1.0e1, "session_id":"trip",'
        b'"messages":[{"role":"user","content":"Where is  it?"}],"memory":{"recall":true}}'
    ) % model.encode()
    answer = await http.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.headers["x-memory-items"] == "1"
    assert answer.headers["x-session-id"] == "trip"
    got = upstream.asked[0].body
    assert (
        got
        == (
            b'{"model":"large", "max_tokens":9,"a_new_beta":1.0e1, '
            b'"messages":[{"role":"user","content":"<recalled>%s</recalled>\\nWhere is  it?"}]}'
        )
        % FACT.encode()
    )
    assert far_app.store.commits[0].remember_in == "trip"


async def test_memory_leaves_the_providers_cache_as_it_is(
    http: httpx.AsyncClient, upstream: ScriptedUpstream
) -> None:
    ask = {"memory": {"recall": True}, "session_id": "trip"}
    await _claude(http, "claude/large", ["Where is it?"], **ask)
    talk = ["Where is it?", "Paris is the capital.", "And now?"]
    answer = await _claude(http, "claude/large", talk, **ask)
    first, second = upstream.asked
    assert second.cached_tokens == first.prompt_tokens
    assert answer.json()["usage"]["cache_read_input_tokens"] == first.prompt_tokens


async def test_an_id_that_only_the_client_knows_keeps_nothing(
    http: httpx.AsyncClient, far_app: FarApp
) -> None:
    body = {
        "model": "gpt/large",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
        "metadata": {"user_id": "user_x_account__session_12345678-aaaa"},
    }
    answer = await http.post("/v1/messages", json=body)
    assert "x-session-id" not in answer.headers
    assert not far_app.store.commits


async def test_thinking_that_was_signed_elsewhere_is_not_replayed(
    http: httpx.AsyncClient, upstream: ScriptedUpstream
) -> None:
    """That of the local model is a digest."""
    thought = {"type": "thinking", "thinking": "hm", "signature": local_signature("hm")}
    theirs = {"type": "thinking", "thinking": "ah", "signature": "c2lnbmVk"}
    messages = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [thought, theirs, {"type": "text", "text": "b"}]},
        {"role": "user", "content": "c"},
    ]
    body = {"model": "claude/large", "max_tokens": 9, "messages": messages}
    assert (await http.post("/v1/messages", json=body)).status_code == 200
    asked = orjson.loads(upstream.asked[0].body)["messages"]
    assert asked[1]["content"] == [theirs, {"type": "text", "text": "b"}]
