"""Memory over HTTP, and in conversations, with the official clients."""

import os
import sys
import time
from collections.abc import Iterator

import anthropic
import httpx
import httpx2
import mcp.client
import openai
import pytest
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

from tests.acceptance.patience import wait_until
from tests.acceptance.server import Server
from tests.unit.api.mcp.rpc import headers as listening_headers
from tests.unit.api.mcp.rpc import message as listening_message

FACT = "We decided to use the harbour crane for the blue containers."
GREEDY = {"temperature": 0}


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {server.key}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def claude(server: Server) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=server.url, api_key=server.key, max_retries=0) as client:
        yield client


@pytest.fixture
def gpt(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as client:
        yield client


def remember(http: httpx.Client, thread: str, *said: str) -> list[str]:
    """Ids of the messages, in order."""
    items = [{"conversation_id": thread, "role": "user", "content": text} for text in said]
    kept = http.post("/v1/memory/messages/batch", json={"items": items})
    assert kept.is_success, kept.text
    return [message["id"] for message in kept.json()["data"]]


def messages_of(http: httpx.Client, thread: str) -> list[str]:
    read = http.get(f"/v1/memory/conversations/{thread}")
    return [m["content"] for m in read.json()["messages"]] if read.is_success else []


def texts_of(http: httpx.Client, report: object) -> list[str]:
    """What was recalled, by the field `memory` of a response."""
    assert isinstance(report, dict)
    ids = report["items"]
    return [http.get(f"/v1/expand/{item}").json()["item"]["text"] for item in ids]


def text_of(message: anthropic.types.Message) -> str:
    [block] = message.content
    assert isinstance(block, anthropic.types.TextBlock)
    return block.text


def asking(thread: str, **more: object) -> dict[str, object]:
    memory = {"recall": True, "remember": False, "thread_id": thread, "token_budget": 256, **more}
    return {"memory": memory, **GREEDY}


def test_what_is_ingested_is_recalled_at_once(http: httpx.Client) -> None:
    body = {"thread_id": "yard", "materials": {"chat": [{"role": "user", "content": FACT}]}}
    first = http.post("/v1/ingest", json=body)
    assert first.status_code == httpx.codes.OK, first.text
    assert http.post("/v1/ingest", json=body).json()["added"] == []
    found = http.post("/v1/recall", json={"purpose": "harbour crane", "thread_id": "yard"}).json()
    assert FACT in [item["text"] for item in found["items"]]
    assert found["tokens_used"] <= found["token_budget"]


def test_recalling_leaves_the_history_in_the_cache(
    http: httpx.Client, claude: anthropic.Anthropic
) -> None:
    remember(http, "cache", FACT)
    history: list[anthropic.types.MessageParam] = [
        {"role": "user", "content": "Hello, we speak of the weather for a while today."}
    ]
    first = claude.messages.create(
        model="m", max_tokens=12, messages=history, extra_body=asking("cache-none")
    )
    assert first.to_dict()["memory"] == {"items": [], "tokens": 0}
    history = [
        *history,
        {"role": "assistant", "content": text_of(first)},
        {"role": "user", "content": "Which crane for the blue containers?"},
    ]
    second = claude.messages.create(
        model="m", max_tokens=12, messages=history, extra_body=asking("cache")
    )
    report = second.to_dict()["memory"]
    assert isinstance(report, dict)
    assert texts_of(http, report) == [FACT]
    assert report["tokens"] > 0
    # Everything of the first turn but its last token, which nobody has fed yet.
    assert second.usage.cache_read_input_tokens == _whole(first) - 1
    # The client never saw what was recalled, and leaves it out; the server reads it all the same.
    history = [
        *history,
        {"role": "assistant", "content": text_of(second)},
        {"role": "user", "content": "Thank you."},
    ]
    third = claude.messages.create(model="m", max_tokens=4, messages=history, extra_body=GREEDY)
    assert third.usage.cache_read_input_tokens == _whole(second) - 1
    assert "memory" not in third.to_dict()


def _whole(message: anthropic.types.Message) -> int:
    usage = message.usage
    read = usage.cache_read_input_tokens or 0
    return usage.input_tokens + read + usage.output_tokens


def test_an_openai_stream_says_what_was_recalled(http: httpx.Client, gpt: openai.OpenAI) -> None:
    remember(http, "stream", FACT)
    chunks = list(
        gpt.chat.completions.create(
            model="m",
            max_tokens=4,
            stream=True,
            messages=[{"role": "user", "content": "Which crane for the blue containers?"}],
            extra_body=asking("stream"),
        )
    )
    assert texts_of(http, chunks[0].to_dict()["memory"]) == [FACT]


def test_what_the_conversation_says_already_is_not_recalled(
    http: httpx.Client, gpt: openai.OpenAI
) -> None:
    remember(http, "said", FACT)
    answer = gpt.chat.completions.with_raw_response.create(
        model="m",
        max_tokens=4,
        messages=[{"role": "user", "content": FACT}],
        extra_body=asking("said"),
    )
    assert answer.headers["x-memory-items"] == "0"


def test_a_branch_reads_what_was_recalled_before_it_and_recalls_it_no_more(
    http: httpx.Client, gpt: openai.OpenAI
) -> None:
    remember(http, "branch", FACT)
    question = "Which crane is for the blue containers?"

    def say(history: list[ChatCompletionMessageParam], words: str) -> ChatCompletion:
        history.append({"role": "user", "content": words})
        answer = gpt.chat.completions.create(
            model="m", max_tokens=4, messages=history, extra_body=asking("branch")
        )
        history.append({"role": "assistant", "content": answer.choices[0].message.content})
        return answer

    history: list[ChatCompletionMessageParam] = []
    first = say(history, question)
    assert texts_of(http, first.to_dict()["memory"]) == [FACT]
    say([*history], "We go on over here.")
    branch = say(history, f"And once more: {question}")
    assert texts_of(http, branch.to_dict()["memory"]) == []
    assert first.usage is not None
    assert branch.usage is not None
    assert branch.usage.prompt_tokens_details is not None
    assert (branch.usage.prompt_tokens_details.cached_tokens or 0) >= first.usage.total_tokens - 1


def test_an_exchange_is_remembered_without_what_was_recalled_for_it(
    http: httpx.Client, gpt: openai.OpenAI
) -> None:
    remember(http, "exchange-a", FACT)
    question = "Tell me which crane lifts blue containers, please."
    echoed = f"<recalled_memory>\nsecret echo\n</recalled_memory>\n{question}"
    memory = {"recall": True, "thread_id": "exchange-a", "token_budget": 256}
    answer = gpt.chat.completions.create(
        model="m",
        max_tokens=6,
        messages=[{"role": "user", "content": echoed}],
        extra_body={"memory": memory, **GREEDY},
    )
    said = answer.choices[0].message.content
    assert said is not None
    wait_until(lambda: question in messages_of(http, "exchange-a"))
    kept = messages_of(http, "exchange-a")
    assert kept == [FACT, question, *([said.strip()] if said.strip() else [])]


def test_a_turn_of_an_agent_recalls_and_keeps_it_in_its_transcript(http: httpx.Client) -> None:
    remember(http, "agent", FACT)
    agent = http.post("/v1/agents", json={}).json()["id"]
    body = {"message": "Which crane for the blue containers?", "max_tokens": 4, **asking("agent")}
    turn = http.post(f"/v1/agents/{agent}/turns", json=body)
    assert texts_of(http, turn.json()["memory"]) == [FACT]
    parts = http.get(f"/v1/agents/{agent}/transcript").json()["messages"][0]["content"]
    assert [part["type"] for part in parts] == ["recollection", "text"]
    assert FACT in parts[0]["text"]
    again = http.post(f"/v1/agents/{agent}/turns", json={**body, "message": "Which crane, again?"})
    assert FACT not in texts_of(http, again.json()["memory"])


def test_counting_counts_what_is_recalled(http: httpx.Client, claude: anthropic.Anthropic) -> None:
    remember(http, "count", FACT)
    question: list[anthropic.types.MessageParam] = [
        {"role": "user", "content": "Which crane for the blue containers? Count."}
    ]
    counted = claude.messages.count_tokens(
        model="m", messages=question, extra_body={"memory": asking("count")["memory"]}
    )
    used = claude.messages.create(
        model="m", max_tokens=1, messages=question, extra_body=asking("count")
    ).usage
    assert counted.input_tokens == used.input_tokens + (used.cache_read_input_tokens or 0)


def test_another_workspace_sees_nothing_of_it(server: Server, http: httpx.Client) -> None:
    [known] = remember(http, "ours", FACT)
    made = server.json_command("keys", "create", "--name", "b", "--workspace", "other")
    assert isinstance(made, dict)
    headers = {"Authorization": f"Bearer {made['key']}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as theirs:
        assert theirs.get(f"/v1/expand/{known}").status_code == httpx.codes.NOT_FOUND
        found = theirs.post("/v1/recall", json={"purpose": FACT}).json()
        assert found["items"] == []
        body = {
            "model": "m",
            "max_tokens": 2,
            "messages": [{"role": "user", "content": "Which crane?"}],
            **asking("ours"),
        }
        answer = theirs.post("/v1/chat/completions", json=body).json()
        assert answer["memory"]["items"] == []


async def test_a_client_of_mcp_remembers_and_recalls_over_both_ways(server: Server) -> None:
    key = {"Authorization": f"Bearer {server.key}"}
    async with (
        httpx2.AsyncClient(headers=key, timeout=60) as http,
        mcp.client.Client(
            streamable_http_client(f"{server.url}/mcp", http_client=http), mode="2026-07-28"
        ) as remote,
    ):
        assert remote.protocol_version == "2026-07-28"
        await remote.call_tool("remember", {"text": "We decided to paint the crane green."})
    command = (sys.executable, "-m", "agent_memory.cli", "mcp", "--data-dir", str(server.home))
    environment = {name: os.environ[name] for name in ("PYTHONPATH", "HOME") if name in os.environ}
    process = StdioServerParameters(command=command[0], args=list(command[1:]), env=environment)
    async with mcp.client.Client(stdio_client(process)) as local:
        recalled = await local.call_tool("recall", {"purpose": "Which colour has the crane?"})
        assert recalled.structured_content is not None
        assert "green" in recalled.structured_content["memory"]


def test_a_running_listen_of_mcp_ends_when_its_key_is_revoked(server: Server) -> None:
    made = server.json_command("keys", "create", "--name", "listener")
    assert isinstance(made, dict)
    headers = {**listening_headers("subscriptions/listen"), "x-api-key": made["key"]}
    body = listening_message("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    with (
        httpx.Client(base_url=server.url, timeout=30) as client,
        client.stream("POST", "/mcp", json=body, headers=headers) as stream,
    ):
        lines = stream.iter_lines()
        assert any("subscriptions/acknowledged" in line for line in lines)
        assert server.command("keys", "revoke", made["id"]).returncode == 0
        revoked_at = time.monotonic()
        list(lines)
        assert time.monotonic() - revoked_at < 5
