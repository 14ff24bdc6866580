"""Turns of two providers, through both protocols; a session goes on under either."""

from collections.abc import Awaitable, Callable, Sequence

import anthropic
import httpx
import openai
import pytest
from anthropic.types import MessageParam
from fastapi import FastAPI
from openai.types.chat import ChatCompletionMessageParam

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.ids import SessionId
from agent_memory.testing.engine import MemoryStore
from agent_memory.testing.runtime import TEST_WORKSPACE
from tests.two_providers import FAR, TwoProviders

NEAR = "scripted"
Talk = Sequence[tuple[str, str]]
"""(role, text) of each message."""
Ask = Callable[[str, Talk], Awaitable[str]]
"""Sends the conversation to a model; what it says."""


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def two(store: MemoryStore) -> TwoProviders:
    near, far = ("near one", "near two"), ("far one", "far two")
    return TwoProviders(store, store, near, far)


@pytest.fixture
def app(two: TwoProviders) -> FastAPI:
    return create_app(two.runtime(), Limits())


def claude_whole(claude: anthropic.AsyncAnthropic) -> Ask:
    async def ask(model: str, talk: Talk) -> str:
        messages: list[MessageParam] = [{"role": role, "content": text} for role, text in talk]  # type: ignore[misc]
        answer = await claude.messages.create(model=model, max_tokens=50, messages=messages)
        return "".join(block.text for block in answer.content if block.type == "text")

    return ask


def claude_streamed(claude: anthropic.AsyncAnthropic) -> Ask:
    async def ask(model: str, talk: Talk) -> str:
        messages: list[MessageParam] = [{"role": role, "content": text} for role, text in talk]  # type: ignore[misc]
        async with claude.messages.stream(model=model, max_tokens=50, messages=messages) as stream:
            return await stream.get_final_text()

    return ask


def gpt_whole(gpt: openai.AsyncOpenAI) -> Ask:
    async def ask(model: str, talk: Talk) -> str:
        messages: list[ChatCompletionMessageParam] = [
            {"role": role, "content": text}  # type: ignore[misc]
            for role, text in talk
        ]
        answer = await gpt.chat.completions.create(model=model, messages=messages)
        return answer.choices[0].message.content or ""

    return ask


def gpt_streamed(gpt: openai.AsyncOpenAI) -> Ask:
    async def ask(model: str, talk: Talk) -> str:
        messages: list[ChatCompletionMessageParam] = [
            {"role": role, "content": text}  # type: ignore[misc]
            for role, text in talk
        ]
        stream = await gpt.chat.completions.create(model=model, messages=messages, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    return ask


@pytest.fixture(params=["claude", "claude streamed", "gpt", "gpt streamed"])
def ask(
    request: pytest.FixtureRequest, claude: anthropic.AsyncAnthropic, gpt: openai.AsyncOpenAI
) -> Ask:
    ways: dict[str, Ask] = {
        "claude": claude_whole(claude),
        "claude streamed": claude_streamed(claude),
        "gpt": gpt_whole(gpt),
        "gpt streamed": gpt_streamed(gpt),
    }
    return ways[request.param]


async def converse(ask: Ask, *models: str) -> list[str]:
    """One conversation, each turn of which another model answers; all that was said."""
    talk: list[tuple[str, str]] = []
    for number, model in enumerate(models, 1):
        talk.append(("user", f"question {number}"))
        talk.append(("assistant", await ask(model, talk)))
    return [text for _, text in talk]


async def test_a_models_name_chooses_the_provider(ask: Ask, two: TwoProviders) -> None:
    assert await ask(FAR, [("user", "hello")]) == "far one"
    assert two.engine.requests == []
    assert await ask("any other name", [("user", "hello")]) == "near one"
    assert len(two.far.answerer.asked) == 1


async def test_a_session_goes_on_under_the_local_engine_and_back(
    ask: Ask, two: TwoProviders, store: MemoryStore
) -> None:
    said = await converse(ask, FAR, NEAR, FAR)

    assert said[1::2] == ["far one", "near one", "far two"]
    assert len({commit.session_id for commit in store.commits}) == 1
    assert "question 1\n<assistant>far one\n" in two.read(0)
    heard = two.far.answerer.asked[1].continuation
    assert [message.text for message in heard.messages] == said[:-1]
    transcript = await store.load_transcript(TEST_WORKSPACE, store.commits[0].session_id)
    assert [message.text for message in transcript.messages] == said
    assert [commit.model for commit in store.commits] == [FAR, NEAR, FAR]
    assert [commit.traces is not None for commit in store.commits] == [False, True, False]


async def test_the_local_engine_goes_on_from_the_tokens_that_it_left_itself(
    ask: Ask, two: TwoProviders, store: MemoryStore
) -> None:
    said = await converse(ask, NEAR, FAR, NEAR)

    assert said[1::2] == ["near one", "far one", "near two"]
    first, third = two.engine.requests
    assert third.prompt_tokens[: len(first.prompt_tokens) + len("near one")] == (
        *first.prompt_tokens,
        *map(ord, "near one"),
    )
    assert "<assistant>far one\n" in two.read(1)
    transcript = await store.load_transcript(TEST_WORKSPACE, store.commits[0].session_id)
    assert transcript.sequence == (*third.prompt_tokens, *map(ord, "near two"))


async def test_a_process_that_could_not_let_go_reads_what_the_other_provider_said(
    ask: Ask, two: TwoProviders, store: MemoryStore
) -> None:
    two.sessions.is_letting_go = False

    said = await converse(ask, NEAR, FAR, NEAR)

    transcript = await store.load_transcript(TEST_WORKSPACE, store.commits[0].session_id)
    assert [message.text for message in transcript.messages] == said
    assert len({commit.session_id for commit in store.commits}) == 1


async def test_a_conversation_that_goes_back_branches_under_the_other_provider(
    ask: Ask, store: MemoryStore
) -> None:
    said = await converse(ask, NEAR, FAR)
    back = [("user", said[0]), ("assistant", said[1]), ("user", "instead?")]

    assert await ask(FAR, back) == "far two"

    first, branch = store.commits[0].session_id, store.commits[2].session_id
    assert first != branch
    assert len((await store.load_transcript(TEST_WORKSPACE, first)).messages) == 4
    transcript = await store.load_transcript(TEST_WORKSPACE, branch)
    assert [message.text for message in transcript.messages] == [
        *said[:2],
        *("instead?", "far two"),
    ]


async def test_the_session_that_is_named_goes_on_under_both(
    client: httpx.AsyncClient, store: MemoryStore
) -> None:
    talk: list[dict[str, str]] = []
    for model in (FAR, NEAR):
        talk.append({"role": "user", "content": "go on"})
        answer = await client.post(
            "/v1/chat/completions",
            json={"model": model, "messages": talk},
            headers={"X-Session-ID": "mine"},
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        assert answer.headers["x-session-id"] == "mine", answer.text
        assert answer.headers["x-model"] == model
        talk.append(answer.json()["choices"][0]["message"])
    transcript = await store.load_transcript(TEST_WORKSPACE, SessionId("mine"))
    assert [message.text for message in transcript.messages] == [
        *("go on", "far one"),
        *("go on", "near one"),
    ]


async def test_a_turn_of_another_provider_is_told_again(
    client: httpx.AsyncClient, two: TwoProviders
) -> None:
    body = {"model": FAR, "messages": [{"role": "user", "content": "hello"}]}
    headers = {"Idempotency-Key": "once"}
    for _ in range(2):
        answer = await client.post("/v1/chat/completions", json=body, headers=headers)
        assert answer.json()["choices"][0]["message"]["content"] == "far one"
    assert len(two.far.answerer.asked) == 1


async def test_usage_is_what_the_provider_counts(claude: anthropic.AsyncAnthropic) -> None:
    messages: list[MessageParam] = [{"role": "user", "content": "one two three"}]
    answer = await claude.messages.create(model=FAR, max_tokens=9, messages=messages)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 2)
    counted = await claude.messages.count_tokens(model=FAR, messages=messages)
    assert counted.input_tokens == 3
    read = "<user>one two three\n<assistant>"
    counted = await claude.messages.count_tokens(model=NEAR, messages=messages)
    assert counted.input_tokens == len(read)


async def test_the_models_of_both_are_listed(gpt: openai.AsyncOpenAI) -> None:
    cards = [(card.id, card.owned_by) async for card in gpt.models.list()]
    assert cards[:2] == [(NEAR, "local"), (FAR, "scripted")]


UNKNOWN = {"frobnicate": {"level": 3}}
REFUSED = {"audio": {"voice": "alloy", "format": "wav"}, "functions": [{"name": "f"}]}


@pytest.mark.parametrize("field", [UNKNOWN, REFUSED])
async def test_another_providers_fields_are_not_judged_here(
    client: httpx.AsyncClient, two: TwoProviders, field: dict[str, object]
) -> None:
    body = {"model": FAR, "messages": [{"role": "user", "content": "hello"}], **field}
    answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == httpx.codes.OK
    [asked] = two.far.answerer.asked
    assert asked.request.sent is not None
    assert asked.request.sent.body == answer.request.content


@pytest.mark.parametrize(
    ("field", "complaint"), [(UNKNOWN, "Unknown field"), (REFUSED, "not supported")]
)
async def test_the_local_engines_fields_are_judged_as_ever(
    client: httpx.AsyncClient, two: TwoProviders, field: dict[str, object], complaint: str
) -> None:
    body = {"model": NEAR, "messages": [{"role": "user", "content": "hello"}], **field}
    answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert complaint in answer.json()["error"]["message"]
    assert two.engine.requests == []


@pytest.mark.parametrize("model", [7, ["far/large"]])
async def test_a_model_that_is_no_name_is_refused(client: httpx.AsyncClient, model: object) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.json()["error"]["param"] == "model"
