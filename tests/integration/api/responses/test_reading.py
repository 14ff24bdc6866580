"""Responses and conversations, read again."""

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.conversations import ConversationItem
from openai.types.responses import Response
from pydantic import TypeAdapter

from tests.integration.api.responses.conftest import THEIRS, Server

_ITEM = TypeAdapter(ConversationItem)


@pytest.fixture
def client(server: Server) -> AsyncOpenAI:
    return server.client()


def texts(items: list[object]) -> list[str]:
    return [item["content"][0]["text"] for item in items]  # type: ignore[index]


async def test_a_response_is_read_as_it_was_told(client: AsyncOpenAI) -> None:
    told = await client.responses.create(
        model="m",
        input="hello",
        instructions="Be brief.",
        metadata={"topic": "greeting"},
        tools=[{"type": "function", "name": "f", "parameters": {}, "strict": False}],
        max_output_tokens=64,
    )
    read = await client.responses.retrieve(told.id)
    TypeAdapter(Response).validate_python(read.to_dict())
    times = {"completed_at"}
    assert (
        read.to_dict().items()
        >= {name: value for name, value in told.to_dict().items() if name not in times}.items()
    )


async def test_the_input_of_a_response_is_listed_newest_first(client: AsyncOpenAI) -> None:
    items = [{"role": "user", "content": text} for text in ("a", "b", "c")]
    response = await client.responses.create(model="m", input=items)  # type: ignore[arg-type]
    newest = (await client.responses.input_items.list(response.id, limit=2)).to_dict()
    assert texts(newest["data"]) == ["c", "b"]  # type: ignore[arg-type]
    assert newest["has_more"] is True
    last = str(newest["last_id"])
    rest = (await client.responses.input_items.list(response.id, after=last)).to_dict()
    assert texts(rest["data"]) == ["a"]  # type: ignore[arg-type]
    oldest = (await client.responses.input_items.list(response.id, order="asc")).to_dict()
    assert texts(oldest["data"]) == ["a", "b", "c"]  # type: ignore[arg-type]


async def test_the_whole_history_of_a_request_is_its_input(
    server: Server, client: AsyncOpenAI
) -> None:
    first = await client.responses.create(model="m", input=[{"role": "user", "content": "a"}])
    items = [
        {"role": "user", "content": "a"},
        *[item.to_dict() for item in first.output],
        {"role": "user", "content": "b"},
    ]
    second = await client.responses.create(model="m", input=items)  # type: ignore[arg-type]
    listed = (await client.responses.input_items.list(second.id, order="asc")).to_dict()
    assert texts(listed["data"]) == ["a", "one", "b"]  # type: ignore[arg-type]
    async with server.http() as http:
        assert len((await http.get("/v1/agents")).json()["data"]) == 1


async def test_the_only_response_of_a_session_goes_with_it(
    server: Server, client: AsyncOpenAI
) -> None:
    response = await client.responses.create(model="m", input="hello")
    await client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve(response.id)
    async with server.http() as http:
        assert (await http.get("/v1/agents")).json()["data"] == []


async def test_nobody_is_told_of_a_response_that_was_deleted(client: AsyncOpenAI) -> None:
    first = await client.responses.create(model="m", input="a")
    second = await client.responses.create(model="m", input="b", previous_response_id=first.id)
    await client.responses.delete(first.id)
    for call in (
        client.responses.retrieve(first.id),
        client.responses.delete(first.id),
        client.responses.input_items.list(first.id),
        client.responses.create(model="m", input="c", previous_response_id=first.id),
    ):
        with pytest.raises(openai.NotFoundError):
            await call
    third = await client.responses.create(model="m", input="c", previous_response_id=second.id)
    assert third.output_text == "three"


async def test_a_response_that_has_ended_is_not_cancelled(client: AsyncOpenAI) -> None:
    response = await client.responses.create(model="m", input="a")
    with pytest.raises(openai.BadRequestError):
        await client.responses.cancel(response.id)


async def test_a_conversation_gathers_what_is_said_in_it(
    server: Server, client: AsyncOpenAI
) -> None:
    conversation = await client.conversations.create(
        items=[{"type": "message", "role": "user", "content": "before"}], metadata={"a": "b"}
    )
    first = await client.responses.create(model="m", input="a", conversation=conversation.id)
    assert first.conversation is not None
    assert first.conversation.id == conversation.id
    added = await client.conversations.items.create(
        conversation.id, items=[{"type": "message", "role": "user", "content": "between"}]
    )
    assert texts(added.to_dict()["data"]) == ["between"]  # type: ignore[arg-type]
    await client.responses.create(model="m", input="b", conversation={"id": conversation.id})
    assert server.read(1) == (
        "<user>before\n<user>a\n<assistant>one\n<user>between\n<user>b\n<assistant>"
    )
    items = (await client.conversations.items.list(conversation.id, order="asc")).to_dict()["data"]
    assert texts(items) == ["before", "a", "one", "between", "b", "two"]  # type: ignore[arg-type]
    for item in items:  # type: ignore[attr-defined]
        _ITEM.validate_python(item)
        one = await client.conversations.items.retrieve(item["id"], conversation_id=conversation.id)
        assert one.to_dict()["id"] == item["id"]
    async with server.http() as http:
        agent = (await http.get(f"/v1/agents/{conversation.id}")).json()
    assert agent["num_turns"] == 2


async def test_the_instructions_of_a_conversation_may_change(
    server: Server, client: AsyncOpenAI
) -> None:
    conversation = (await client.conversations.create()).id
    for question, instructions in (("a", "Be brief."), ("b", "Be long."), ("c", None)):
        await client.responses.create(
            model="m", input=question, instructions=instructions, conversation=conversation
        )
    assert server.read(1) == "<system>Be long.\n<user>a\n<assistant>one\n<user>b\n<assistant>"
    assert server.read(2).startswith("<user>a\n<assistant>one\n<user>b\n<assistant>two\n<user>c")
    items = (await client.conversations.items.list(conversation, order="asc")).to_dict()["data"]
    assert texts(items) == ["a", "one", "b", "two", "c", "three"]  # type: ignore[arg-type]


async def test_a_conversation_is_described_and_deleted_by_its_workspace(
    server: Server, client: AsyncOpenAI
) -> None:
    conversation = await client.conversations.create(metadata={"a": "b"})
    changed = await client.conversations.update(conversation.id, metadata={"c": "d"})
    assert changed.metadata == {"c": "d"}
    assert (await client.conversations.retrieve(conversation.id)).metadata == {"c": "d"}
    theirs = server.client(THEIRS)
    for call in (
        theirs.conversations.retrieve(conversation.id),
        theirs.conversations.update(conversation.id, metadata={}),
        theirs.conversations.delete(conversation.id),
        theirs.conversations.items.list(conversation.id),
        theirs.responses.create(model="m", input="a", conversation=conversation.id),
    ):
        with pytest.raises(openai.NotFoundError):
            await call
    gone = await client.conversations.delete(conversation.id)
    assert (gone.deleted, gone.object) == (True, "conversation.deleted")
    with pytest.raises(openai.NotFoundError):
        await client.conversations.retrieve(conversation.id)


async def test_a_conversation_is_compacted_and_goes_on(server: Server, client: AsyncOpenAI) -> None:
    first = await client.responses.create(model="m", input="a")
    async with server.http() as http:
        body = {"model": "m", "previous_response_id": first.id}
        compact = (await http.post("/v1/responses/compact", json=body)).json()
    assert compact["object"] == "response.compaction"
    said, summary = compact["output"]
    assert (said["role"], said["content"][0]["text"]) == ("user", "a")
    assert (summary["type"], "two" in summary["encrypted_content"]) == ("compaction", False)
    assert server.read(1).startswith("<user>a\n<assistant>one\n<user>Summarise")
    items = [said, summary, {"role": "user", "content": "go on"}]
    await client.responses.create(model="m", input=items)
    assert server.read(2) == (
        "<user>a\n<user>Summary of the conversation up to here:\n\ntwo\n<user>go on\n<assistant>"
    )
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve(compact["id"])
