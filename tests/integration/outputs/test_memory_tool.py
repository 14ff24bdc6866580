"""The memory tool that the server runs within a turn, with a real tokenizer and template."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_memory.testing.one_process import app_of_model
from agent_memory.testing.scripted_model import make_scripted_folder
from tests.integration.device.small_tokenizers import HERMES
from tests.integration.outputs.speaker import BASH, Speaker

TOOL: Any = {"type": "memory_20250818", "name": "memory"}
CONSENT: Any = {"extra_body": {"memory_tool": True}}


def call(**arguments: Any) -> str:
    said = json.dumps({"name": "memory", "arguments": arguments})
    return f"<tool_call>\n{said}\n</tool_call>"


SCRIPTS = {
    "SAVE": "Noted" + call(command="create", path="/memories/LATER.md", file_text="tea"),
    "LATER": call(command="view", path="/memories/FINAL.md"),
    "FINAL": "You like tea.",
    "BOTH": call(command="create", path="/memories/x.md", file_text="x")
    + '<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>',
    "THANKS": "Gladly",
}


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    folder: Path = tmp_path_factory.mktemp("memory_tool")
    make_scripted_folder(folder, SCRIPTS, HERMES, context_window=8192)
    with app_of_model(folder) as app:
        yield Speaker(app)


async def clear(speaker: Speaker) -> None:
    async with speaker.http() as http:
        listed = (await http.get("/v1/contexts?prefix=memories/")).json()["data"]
        for context in listed:
            await http.delete(f"/v1/contexts/{context['key']}")


def asked(text: str, *before: Any) -> list[Any]:
    return [*before, {"role": "user", "content": text}]


async def test_the_model_writes_and_reads_files_within_one_turn(speaker: Speaker) -> None:
    await clear(speaker)
    async with speaker.anthropic() as client, speaker.http() as http:
        first: Any = {"model": "m", "max_tokens": 500, "tools": [TOOL], **CONSENT}
        message: Any = await client.messages.create(messages=asked("SAVE"), **first)
        context = (await http.get("/v1/contexts/memories/LATER.md")).json()

    assert [block.type for block in message.content] == ["text"]
    assert message.content[0].text == "Noted\n\nYou like tea."
    assert message.stop_reason == "end_turn"
    assert (context["data"], context["version"]) == ("tea", 1)


async def test_a_stream_tells_the_same_and_adds_up_the_usage(speaker: Speaker) -> None:
    await clear(speaker)
    async with speaker.anthropic() as client:
        async with client.messages.stream(
            model="m", max_tokens=500, tools=[TOOL], messages=asked("SAVE"), **CONSENT
        ) as stream:
            streamed: Any = await stream.get_final_message()
        await clear(speaker)
        whole: Any = await client.messages.create(
            model="m", max_tokens=500, tools=[TOOL], messages=asked("SAVE"), **CONSENT
        )
        counted = await client.messages.count_tokens(
            model="m", tools=[TOOL], messages=asked("SAVE"), **CONSENT
        )

    assert [block.type for block in streamed.content] == ["text"]
    assert streamed.content[0].text == "Noted\n\nYou like tea."
    assert streamed.usage.output_tokens == whole.usage.output_tokens
    assert streamed.usage.output_tokens > len("Noted") + len("You like tea.") + len(
        SCRIPTS["LATER"]
    )
    assert whole.usage.input_tokens > 3 * counted.input_tokens


async def test_the_next_turn_goes_on_after_what_the_model_has_read(speaker: Speaker) -> None:
    await clear(speaker)
    async with speaker.anthropic() as client, speaker.http() as http:
        options: Any = {"model": "m", "max_tokens": 500, "tools": [TOOL], **CONSENT}
        first = await client.messages.with_raw_response.create(messages=asked("SAVE"), **options)
        said: Any = {"role": "assistant", "content": "Noted\n\nYou like tea."}
        before = [*asked("SAVE"), said]
        second = await client.messages.with_raw_response.create(
            messages=asked("THANKS", *before), **options
        )
        session = first.headers["x-session-id"]
        transcript = (await http.get(f"/v1/agents/{session}/transcript")).json()["messages"]
        with_calls = await client.messages.count_tokens(
            model="m", tools=[TOOL], messages=asked("more", *before), **CONSENT
        )
        plain = await client.messages.count_tokens(
            model="m", tools=[TOOL], messages=[*asked("other"), said, *asked("more")], **CONSENT
        )

    assert second.headers["x-session-id"] == session
    kinds = [part["type"] for part in transcript[1]["content"]]
    assert kinds == ["text", "server_call", "server_call", "text"]
    assert transcript[1]["content"][1]["content"].startswith("File created successfully")
    assert transcript[1]["content"][2]["is_error"]
    assert with_calls.input_tokens > plain.input_tokens + len("File created successfully")


async def test_without_consent_the_tool_goes_to_the_client(speaker: Speaker) -> None:
    await clear(speaker)
    async with speaker.anthropic() as client, speaker.http() as http:
        message: Any = await client.messages.create(
            model="m", max_tokens=500, tools=[TOOL], messages=asked("SAVE")
        )
        context = await http.get("/v1/contexts/memories/LATER.md")

    assert message.stop_reason == "tool_use"
    assert message.content[-1].type == "tool_use"
    assert context.status_code == 404


async def test_a_call_for_the_client_beside_ours_is_the_clients_alone(speaker: Speaker) -> None:
    await clear(speaker)
    bash: Any = {"name": "bash", "input_schema": BASH}
    async with speaker.anthropic() as client, speaker.http() as http:
        options: Any = {"model": "m", "max_tokens": 500, "tools": [TOOL, bash], **CONSENT}
        message: Any = await client.messages.create(messages=asked("BOTH"), **options)
        context = (await http.get("/v1/contexts/memories/x.md")).json()
        used = message.content[-1]
        result = {"type": "tool_result", "tool_use_id": used.id, "content": "THANKS"}
        history: Any = [
            *asked("BOTH"),
            {"role": "assistant", "content": [used.model_dump()]},
            {"role": "user", "content": [result]},
        ]
        after: Any = await client.messages.create(messages=history, **options)

    assert [(block.type, getattr(block, "name", "")) for block in message.content] == [
        ("tool_use", "bash")
    ]
    assert context["data"] == "x"
    assert after.content[0].text == "Gladly"


async def test_the_other_surfaces_have_the_tool_by_the_field(speaker: Speaker) -> None:
    await clear(speaker)
    async with speaker.openai() as client, speaker.http() as http:
        chat = await client.chat.completions.create(
            model="m",
            messages=asked("SAVE"),
            extra_body={"memory_tool": {"store": "team"}},
        )
        response = await client.responses.create(
            model="m", input="SAVE", extra_body={"memory_tool": True}
        )
        kept = [
            (await http.get(f"/v1/contexts/{store}/LATER.md")).status_code
            for store in ("team", "memories")
        ]

    assert chat.choices[0].message.content == "Noted\n\nYou like tea."
    assert chat.choices[0].finish_reason == "stop"
    assert response.output_text == "Noted\n\nYou like tea."
    assert kept == [200, 200]
