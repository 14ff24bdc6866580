"""One turn, many names."""

import asyncio

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from tests.integration.api.responses.conftest import THEIRS, Server


@pytest.fixture
def client(server: Server) -> AsyncOpenAI:
    return server.client()


async def test_a_response_goes_on_after_the_one_before(server: Server, client: AsyncOpenAI) -> None:
    first = await client.responses.create(model="m", input="hello")
    second = await client.responses.create(
        model="m", input="and now?", previous_response_id=first.id
    )
    assert (first.output_text, second.output_text) == ("one", "two")
    assert second.previous_response_id == first.id
    assert server.read(1) == "<user>hello\n<assistant>one\n<user>and now?\n<assistant>"
    async with server.http() as http:
        page = (await http.get("/v1/agents")).json()["data"]
    assert [agent["num_turns"] for agent in page] == [2]


async def test_the_same_turn_goes_on_twice(server: Server, client: AsyncOpenAI) -> None:
    first = await client.responses.create(model="m", input="hello")
    one = await client.responses.create(model="m", input="a", previous_response_id=first.id)
    other = await client.responses.create(model="m", input="b", previous_response_id=first.id)
    await client.responses.create(model="m", input="c", previous_response_id=one.id)
    await client.responses.create(model="m", input="d", previous_response_id=other.id)
    assert server.read(3).endswith("<user>a\n<assistant>two\n<user>c\n<assistant>")
    assert server.read(4).endswith("<user>b\n<assistant>three\n<user>d\n<assistant>")


async def test_two_that_go_on_at_once_do_not_hear_each_other(
    server: Server, client: AsyncOpenAI
) -> None:
    first = await client.responses.create(model="m", input="hello")
    questions = ("a", "b", "c")
    answers = await asyncio.gather(
        *(
            client.responses.create(model="m", input=each, previous_response_id=first.id)
            for each in questions
        )
    )
    for answer in answers:
        assert answer.status == "completed"
        assert (await client.responses.retrieve(answer.id)).output_text == answer.output_text
    begin = "<user>hello\n<assistant>one\n<user>"
    said = {server.read(number) for number in range(1, 4)}
    assert said == {f"{begin}{each}\n<assistant>" for each in questions}


async def test_a_message_of_the_other_protocol_is_the_same_turn(
    server: Server, client: AsyncOpenAI
) -> None:
    async with server.http() as http:
        body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
        message = (await http.post("/v1/messages", json=body)).json()
    name = message["id"].replace("msg_", "resp_")
    assert (await client.responses.retrieve(name)).output_text == "one"
    for id_ in (message["id"], name, name.replace("resp_", "turn_")):
        again = await client.responses.create(model="m", input="and?", previous_response_id=id_)
        assert again.status == "completed"
        assert server.read(-1).endswith("<assistant>one\n<user>and?\n<assistant>")


async def test_a_turn_is_continued_under_each_of_its_names(
    server: Server, client: AsyncOpenAI
) -> None:
    first = await client.responses.create(model="m", input="hello", instructions="Be brief.")
    async with server.http() as http:
        body = {
            "model": "m",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "and now?"}],
            "thread": {"type": "continue", "previous_message_id": first.id.replace("resp", "msg")},
        }
        headers = {"anthropic-beta": "message-threads-2026-08-12"}
        answer = await http.post("/v1/messages", json=body, headers=headers)
        message = answer.json()
        session = answer.headers["x-session-id"]
        turn = {"message": "still there?"}
        third = (await http.post(f"/v1/agents/{session}/turns", json=turn)).json()
        last = await client.responses.create(
            model="m",
            input="so?",
            instructions="Be brief.",
            previous_response_id=third["turn_id"].replace("turn", "resp"),
        )
        agents = (await http.get("/v1/agents")).json()["data"]
    assert message["content"][0]["text"] == "two"
    assert last.output_text == "four"
    assert server.read(3) == (
        "<system>Be brief.\n<user>hello\n<assistant>one\n<user>and now?\n<assistant>two\n"
        "<user>still there?\n<assistant>three\n<user>so?\n<assistant>"
    )
    assert [(agent["id"], agent["num_turns"]) for agent in agents] == [(session, 4)]
    read = await client.responses.retrieve(message["id"].replace("msg", "resp"))
    assert (read.output_text, read.status) == ("two", "completed")
    assert read.created_at > 1_700_000_000
    items = await client.responses.input_items.list(read.id)
    assert [item.to_dict()["content"] for item in items.data] == [
        [{"type": "input_text", "text": "and now?"}]
    ]


async def test_a_turn_goes_on_after_its_session_went_on_differently(
    server: Server, client: AsyncOpenAI
) -> None:
    named = {"X-Session-ID": "mine"}
    first = await client.responses.create(model="m", input="hello", extra_headers=named)
    await client.responses.create(model="m", input="instead", extra_headers=named)
    third = await client.responses.create(model="m", input="so?", previous_response_id=first.id)
    assert third.output_text == "three"
    assert server.read(2) == "<user>hello\n<assistant>one\n<user>so?\n<assistant>"


async def test_the_id_that_a_stream_begins_with_may_be_continued_at_its_end(
    server: Server, client: AsyncOpenAI
) -> None:
    last = None
    for question in ("a", "b", "c"):
        stream = await client.responses.create(
            model="m", input=question, previous_response_id=last, stream=True
        )
        events = [event async for event in stream]
        last = events[0].response.id  # type: ignore[union-attr]
        assert events[-1].response.id == last  # type: ignore[union-attr]
    assert server.read(2) == (
        "<user>a\n<assistant>one\n<user>b\n<assistant>two\n<user>c\n<assistant>"
    )


async def test_instructions_hold_for_one_response(server: Server, client: AsyncOpenAI) -> None:
    first = await client.responses.create(model="m", input="a", instructions="Be brief.")
    second = await client.responses.create(
        model="m", input="b", instructions="Be brief.", previous_response_id=first.id
    )
    third = await client.responses.create(model="m", input="c", previous_response_id=second.id)
    await client.responses.create(
        model="m", input="d", instructions="Be long.", previous_response_id=third.id
    )
    said = "<user>a\n<assistant>one\n<user>b\n<assistant>two\n"
    assert server.read(1) == "<system>Be brief.\n<user>a\n<assistant>one\n<user>b\n<assistant>"
    assert server.read(2) == f"{said}<user>c\n<assistant>"
    assert server.read(3) == (
        f"<system>Be long.\n{said}<user>c\n<assistant>three\n<user>d\n<assistant>"
    )
    items = await client.responses.input_items.list(third.id)
    assert [item.to_dict()["content"] for item in items.data] == [
        [{"type": "input_text", "text": "c"}]
    ]


@pytest.mark.parametrize("name", ["resp_000000000000000000000000", "nonsense", "resp_"])
async def test_what_is_not_there_is_not_continued(client: AsyncOpenAI, name: str) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await client.responses.create(model="m", input="a", previous_response_id=name)
    assert caught.value.code == "previous_response_not_found"
    assert caught.value.param == "previous_response_id"


async def test_a_response_is_of_one_workspace(server: Server, client: AsyncOpenAI) -> None:
    first = await client.responses.create(model="m", input="hello")
    theirs = server.client(THEIRS)
    with pytest.raises(openai.NotFoundError) as caught:
        await theirs.responses.create(model="m", input="a", previous_response_id=first.id)
    assert caught.value.code == "previous_response_not_found"
    for call in (
        theirs.responses.retrieve(first.id),
        theirs.responses.delete(first.id),
        theirs.responses.cancel(first.id),
        theirs.responses.input_items.list(first.id),
    ):
        with pytest.raises(openai.NotFoundError):
            await call
    assert (await client.responses.retrieve(first.id)).output_text == "one"


async def test_what_is_not_to_be_stored_leaves_nothing(server: Server, client: AsyncOpenAI) -> None:
    first = await client.responses.create(model="m", input="the canary sings", store=False)
    assert first.output_text == "one"
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve(first.id)
    with pytest.raises(openai.NotFoundError):
        await client.responses.create(model="m", input="a", previous_response_id=first.id)
    async with server.http() as http:
        assert (await http.get("/v1/agents")).json()["data"] == []


async def test_the_cache_key_names_the_session(server: Server, client: AsyncOpenAI) -> None:
    raw = await client.responses.with_raw_response.create(
        model="m", input="a", prompt_cache_key="talk-1"
    )
    assert raw.headers["x-session-id"] == "talk-1"
    odd = await client.responses.with_raw_response.create(
        model="m", input="a", prompt_cache_key="with / and space"
    )
    assert odd.headers["x-session-id"].startswith("key_")
    async with server.http() as http:
        assert (await http.get("/v1/agents/talk-1")).status_code == httpx.codes.OK
