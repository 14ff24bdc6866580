"""Requests of Claude Code and of the SDKs of its protocol, beyond plain messages."""

from typing import Any

import anthropic
import httpx
import pytest

from agent_memory.testing.runtime import ScriptedTurns
from agent_memory.turns.messages import Message, Role, Text, ToolResult, ToolSpec
from agent_memory.turns.request import TurnRequest

HELLO: dict[str, Any] = {
    "model": "claude-any-9",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hello"}],
}
READ = {"name": "Read", "description": "a file", "input_schema": {"type": "object"}}
FETCH = {**READ, "name": "Fetch", "description": "a page", "defer_loading": True}
DUMMY = {**FETCH, "name": "Dummy"}
FETCH_SPEC = ToolSpec("Fetch", "a page", {"type": "object"}, is_deferred=True)
FETCH_TEXT = (
    '{"type":"function","function":'
    '{"name":"Fetch","description":"a page","parameters":{"type":"object"}}}'
)
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}
PDF = {
    "type": "document",
    "title": "Plan",
    "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="},
}
NOTE = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Abc"}}
BLOCKS = {
    "type": "document",
    "title": "Notes",
    "source": {"type": "content", "content": [{"type": "text", "text": "one"}, IMAGE]},
}
FOUND = {
    "type": "search_result",
    "title": "Ulm",
    "source": "https://ulm.example",
    "content": [{"type": "text", "text": "a minster"}],
}
IMAGE_NOTE = "[image/png, not shown: this model reads text only]"
PDF_NOTE = "[application/pdf 'Plan', not shown: this model reads text only]"


def result(*content: object) -> dict[str, object]:
    block = {"type": "tool_result", "tool_use_id": "c1", "content": list(content)}
    return {"role": "user", "content": [block]}


def reference(name: str) -> dict[str, object]:
    return {"type": "tool_reference", "tool_name": name}


@pytest.fixture
def ask(client: httpx.AsyncClient, turns: ScriptedTurns) -> Any:
    async def asked(**change: object) -> TurnRequest:
        response = await client.post("/v1/messages", json={**HELLO, **change})
        assert response.status_code == 200, response.text
        return turns.requests[-1]

    return asked


async def test_a_deferred_tool_is_there_from_the_result_that_loads_it(ask: Any) -> None:
    tools = [FETCH, READ, DUMMY]
    before = await ask(tools=tools)
    assert [tool.name for tool in before.form.tools] == ["Read"]
    after = await ask(tools=tools, messages=[*HELLO["messages"], result(reference("Fetch"))])
    assert after.form.tools == (FETCH_SPEC, ToolSpec("Read", "a file", {"type": "object"}))
    assert after.messages[-1] == Message(Role.TOOL, (ToolResult("c1", FETCH_TEXT),))


async def test_a_reference_to_a_tool_that_went_says_so(ask: Any) -> None:
    turn = await ask(messages=[result(reference("Gone"))])
    [part] = turn.messages[-1].parts
    assert part.content == "[the tool 'Gone' is not there any more]"


async def test_a_deferred_tool_that_must_be_called_can_be(ask: Any) -> None:
    turn = await ask(tools=[FETCH], tool_choice={"type": "tool", "name": "Fetch"})
    assert turn.form.tools == (FETCH_SPEC,)


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (IMAGE, IMAGE_NOTE),
        (PDF, PDF_NOTE),
        (NOTE, "Abc"),
        (BLOCKS, f"Notes\none\n{IMAGE_NOTE}"),
        (FOUND, "Ulm\nhttps://ulm.example\na minster"),
        ({"type": "file"}, "[file, not shown: this model reads text only]"),
    ],
)
async def test_what_is_no_text_is_told_in_results_and_earlier_messages(
    ask: Any, block: dict[str, Any], text: str
) -> None:
    turn = await ask(messages=[result({"type": "text", "text": "Read:"}, block)])
    assert turn.messages == (Message(Role.TOOL, (ToolResult("c1", f"Read:\n{text}"),)),)
    earlier = {"role": "user", "content": [block, {"type": "text", "text": "What is it?"}]}
    late = {"role": "system", "content": "It is late."}
    turn = await ask(messages=[earlier, *HELLO["messages"], late])
    assert turn.messages[0] == Message(Role.USER, (Text(text), Text("What is it?")))


@pytest.mark.parametrize(("block", "text"), [(NOTE, "Abc"), (FOUND, None)])
async def test_documents_of_text_are_read_in_the_last_message_too(
    ask: Any, block: dict[str, Any], text: str | None
) -> None:
    turn = await ask(messages=[{"role": "user", "content": [block]}])
    assert turn.messages[0].text == (text or "Ulm\nhttps://ulm.example\na minster")


async def test_an_image_that_is_to_be_answered_is_refused(client: httpx.AsyncClient) -> None:
    for messages in (
        [{"role": "user", "content": [IMAGE]}],
        [{"role": "user", "content": [IMAGE]}, {"role": "system", "content": "It is late."}],
    ):
        response = await client.post("/v1/messages", json={**HELLO, "messages": messages})
        assert response.status_code == 400
        assert "'image' is not supported" in response.json()["error"]["message"]


async def test_calls_of_a_foreign_server_stay_in_the_history_as_words(ask: Any) -> None:
    said = [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "Ulm"}},
        {
            "type": "web_search_tool_result",
            "tool_use_id": "s1",
            "content": [{"type": "web_search_result", "title": "T", "encrypted_content": "x"}],
        },
        {"type": "text", "text": "A minster."},
    ]
    turn = await ask(messages=[{"role": "assistant", "content": said}, *HELLO["messages"]])
    assert [part.text for part in turn.messages[0].parts] == [
        '[server_tool_use: {"name":"web_search","input":{"query":"Ulm"}}]',
        '[web_search_tool_result: {"content":[{"title":"T"}]}]',
        "A minster.",
    ]


async def test_a_summary_of_earlier_messages_is_read_and_an_empty_one_is_nothing(ask: Any) -> None:
    summary = {"type": "compaction", "content": "They met.", "signature": "x"}
    empty = {"type": "compaction", "content": None}
    answer = {"type": "text", "text": "Well."}
    turn = await ask(
        messages=[{"role": "assistant", "content": [summary, empty, answer]}, *HELLO["messages"]]
    )
    assert [part.text for part in turn.messages[0].parts] == [
        "[Summary of the conversation so far]\nThey met.",
        "Well.",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "argument"),
    [
        ("bash_20250124", "bash", "command"),
        ("text_editor_20250728", "str_replace_based_edit_tool", "old_str"),
        ("memory_20250818", "memory", "new_path"),
    ],
)
async def test_tools_that_anthropic_defines_and_the_client_runs_are_known(
    ask: Any, kind: str, name: str, argument: str
) -> None:
    [tool] = (await ask(tools=[{"type": kind, "name": name}])).form.tools
    assert tool.name == name
    assert argument in tool.parameters["properties"]
    assert tool.description


async def test_edits_of_the_history_are_accepted_and_none_is_reported(
    claude: anthropic.AsyncAnthropic,
) -> None:
    edits: Any = {"edits": [{"type": "clear_tool_uses_20250919"}, {"type": "compact_20260112"}]}
    whole = await claude.beta.messages.create(**HELLO, context_management=edits)
    assert whole.context_management is not None
    assert whole.context_management.applied_edits == []
    async with claude.beta.messages.stream(**HELLO, context_management=edits) as stream:
        streamed = await stream.get_final_message()
    assert streamed.context_management is not None
    assert streamed.context_management.applied_edits == []


async def test_a_form_may_stand_where_it_stood_in_the_beta(ask: Any) -> None:
    turn = await ask(output_format={"type": "json_schema", "schema": {"a": 1}})
    assert turn.form.json_schema == '{"a":1}'


async def test_the_official_client_knows_the_id_of_its_request(
    claude: anthropic.AsyncAnthropic,
) -> None:
    message = await claude.messages.create(**HELLO, extra_headers={"X-Request-ID": "req_7"})
    assert message._request_id == "req_7"
    with pytest.raises(anthropic.BadRequestError) as refused:
        await claude.messages.create(**{**HELLO, "messages": []})
    assert refused.value.request_id


async def test_a_sub_agent_has_a_session_beside_its_parents(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    parent = {"X-Claude-Code-Session-Id": "s1"}
    for headers in (parent, {**parent, "X-Claude-Code-Agent-Id": "a2af"}):
        await client.post("/v1/messages", json=HELLO, headers=headers)
    assert [turn.named_session for turn in turns.requests] == ["s1", "s1.a2af"]


async def test_a_count_may_come_with_the_bound_of_the_turn(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/messages/count_tokens", json=HELLO)
    assert (response.status_code, response.json()) == (200, {"input_tokens": 21})
