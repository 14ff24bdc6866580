"""Message threads with the official client: only what is new is sent, and any answer goes on."""

from typing import Any

import anthropic
import pytest

from tests.integration.device.small_tokenizers import HERMES
from tests.integration.outputs.conftest import MakeSpeaker
from tests.integration.outputs.speaker import BASH, Speaker

CALL = '<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>'
TOOL: Any = {"name": "bash", "description": "Runs it.", "input_schema": dict(BASH)}
BETAS = ["message-threads-2026-08-12"]


@pytest.fixture(scope="module")
def speaker(speaker_of: MakeSpeaker) -> Speaker:
    return speaker_of({"ONE": "First.", "TWO": "Second.", "CALL": CALL, "DONE": "Done."}, HERMES)


def user(text: str) -> Any:
    return {"role": "user", "content": text}


async def said_in(speaker: Speaker, session: str) -> list[str]:
    transcript = await speaker.transcript(session)
    return [part["text"] for message in transcript for part in message["content"]]


async def test_a_thread_goes_on_with_only_the_new_message(speaker: Speaker) -> None:
    async with speaker.anthropic() as client:
        thread = client.beta.messages.thread(model="m", max_tokens=50, system="Be terse.")
        first = await thread.send(user("ONE"))
        second = await thread.send(user("TWO"))

        whole = await client.messages.count_tokens(
            model="m",
            system="Be terse.",
            messages=[user("ONE"), {"role": "assistant", "content": "First."}, user("TWO")],
        )

    assert [block.text for block in second.content if block.type == "text"] == ["Second."]
    assert thread.previous_message_id == second.id != first.id
    assert second.usage.input_tokens + (second.usage.cache_read_input_tokens or 0) == (
        whole.input_tokens
    )


async def test_a_thread_keeps_its_tools(speaker: Speaker) -> None:
    async with speaker.anthropic() as client:
        thread = client.beta.messages.thread(model="m", max_tokens=100, tools=[TOOL])
        await thread.send(user("ONE"))
        called = await thread.send(user("CALL"))
        [call] = [block for block in called.content if block.type == "tool_use"]
        result: Any = {"type": "tool_result", "tool_use_id": call.id, "content": "a.txt"}
        done = await thread.send(
            {"role": "user", "content": [result, {"type": "text", "text": "DONE"}]}
        )

    assert (called.stop_reason, call.name, call.input) == ("tool_use", "bash", {"command": "ls"})
    assert done.stop_reason == "end_turn"


async def test_an_older_answer_is_continued_as_a_branch(speaker: Speaker) -> None:
    async with speaker.anthropic() as client:

        async def go_on(before: str, text: str) -> Any:
            return await client.beta.messages.with_raw_response.create(
                model="m",
                max_tokens=50,
                messages=[user(text)],
                thread={"type": "continue", "previous_message_id": before},
                betas=BETAS,
            )

        raw = await client.beta.messages.with_raw_response.create(
            model="m", max_tokens=50, messages=[user("ONE")], thread={"type": "create"}, betas=BETAS
        )
        root = await raw.parse()
        newest = await go_on(root.id, "TWO")
        older = await go_on(root.id, "ONE")
        oldest = await go_on(root.id, "DONE")

    home, *branches = (each.headers["x-session-id"] for each in (newest, older, oldest))
    assert home == raw.headers["x-session-id"]
    assert len({home, *branches}) == 3
    assert await said_in(speaker, home) == ["ONE", "First.", "TWO", "Second."]
    assert await said_in(speaker, branches[0]) == ["ONE", "First.", "ONE", "First."]
    assert await said_in(speaker, branches[1]) == ["ONE", "First.", "DONE", "Done."]


async def test_a_fork_goes_its_own_way(speaker: Speaker) -> None:
    async with speaker.anthropic() as client:
        thread = client.beta.messages.thread(model="m", max_tokens=50)
        await thread.send(user("ONE"))
        fork = thread.fork()
        forked = await fork.send(user("TWO"))
        own = await thread.send(user("DONE"))

    assert [len(each.messages) for each in (thread, fork)] == [4, 4]
    assert forked.content[0].text == "Second."  # type: ignore[union-attr]
    assert own.content[0].text == "Done."  # type: ignore[union-attr]


async def test_a_thread_that_is_lost_is_sent_again_by_the_client(speaker: Speaker) -> None:
    async with speaker.anthropic() as client:
        thread = client.beta.messages.thread(model="m", max_tokens=50)
        await thread.send(user("ONE"))
        state = thread._state._thread
        state.previous_message_id = "msg_gone"  # type: ignore[union-attr]
        answer = await thread.send(user("TWO"))

    assert answer.content[0].text == "Second."  # type: ignore[union-attr]
    assert thread.previous_message_id == answer.id


@pytest.mark.parametrize("name", ["msg_gone", "no id at all", "conv_1"])
async def test_what_is_no_answer_is_refused_with_the_code_of_threads(
    speaker: Speaker, name: str
) -> None:
    async with speaker.anthropic() as client:
        with pytest.raises(anthropic.NotFoundError) as raised:
            await client.beta.messages.create(
                model="m",
                max_tokens=5,
                messages=[user("ONE")],
                thread={"type": "continue", "previous_message_id": name},
                betas=BETAS,
            )

    body: Any = raised.value.body
    assert body["error"]["details"] == {"error_code": "thread_not_found"}


@pytest.mark.parametrize("field", [{"system": "Be long."}, {"tools": [TOOL]}])
async def test_what_a_thread_keeps_is_not_sent_again(
    speaker: Speaker, field: dict[str, Any]
) -> None:
    async with speaker.anthropic() as client:
        first = await client.beta.messages.create(
            model="m", max_tokens=50, messages=[user("ONE")], thread={"type": "create"}, betas=BETAS
        )
        with pytest.raises(anthropic.BadRequestError, match="A thread keeps the"):
            await client.beta.messages.create(
                model="m",
                max_tokens=5,
                messages=[user("TWO")],
                thread={"type": "continue", "previous_message_id": first.id},
                betas=BETAS,
                **field,
            )


async def test_a_streamed_thread_goes_on(speaker: Speaker) -> None:
    async with speaker.anthropic() as client:
        thread = client.beta.messages.thread(model="m", max_tokens=50)
        async with thread.stream(user("ONE")) as stream:
            first: Any = await stream.get_final_message()
        second = await thread.send(user("TWO"))

    assert first.content[0].text == "First."
    assert second.content[0].text == "Second."  # type: ignore[union-attr]


async def test_a_tool_runner_runs_over_a_thread(speaker: Speaker) -> None:
    @anthropic.beta_async_tool
    async def bash(command: str) -> str:
        """Runs it."""
        return f"DONE {command}"

    async with speaker.anthropic() as client:
        runner = client.beta.messages.tool_runner(
            model="m", max_tokens=100, tools=[bash], messages=[user("CALL")]
        )
        last = await runner.until_done()

    assert last.content[0].text == "Done."  # type: ignore[union-attr]


async def test_any_answer_is_continued_whichever_surface_gave_it(speaker: Speaker) -> None:
    async with speaker.openai() as client, speaker.anthropic() as other:
        first = await client.chat.completions.create(
            model="m", max_tokens=50, messages=[user("ONE")]
        )
        second = await other.beta.messages.with_raw_response.create(
            model="m",
            max_tokens=50,
            messages=[user("TWO")],
            thread={
                "type": "continue",
                "previous_message_id": first.id.replace("chatcmpl-", "msg_"),
            },
            betas=BETAS,
        )

    session = second.headers["x-session-id"]
    assert await said_in(speaker, session) == ["ONE", "First.", "TWO", "Second."]


async def test_a_title_under_the_name_of_a_talk_stands_beside_it(speaker: Speaker) -> None:
    async with speaker.openai() as client:

        async def ask(*said: Any) -> str:
            answer = await client.chat.completions.with_raw_response.create(
                model="m", max_tokens=50, messages=said, extra_headers={"X-Session-ID": "ses_1"}
            )
            session: str = answer.headers["x-session-id"]
            return session

        system: Any = {"role": "system", "content": "You are an agent."}
        titler: Any = {"role": "system", "content": "You write titles."}
        first: Any = {"role": "assistant", "content": "First."}
        talk = await ask(system, user("ONE"))
        title = await ask(titler, user("ONE"))
        again = await ask(system, user("ONE"), first, user("TWO"))

    assert talk == again == "ses_1"
    assert title.startswith("ses_1.")
    assert await said_in(speaker, title) == ["You write titles.", "ONE", "First."]
    assert await said_in(speaker, talk) == [
        "You are an agent.",
        "ONE",
        "First.",
        "TWO",
        "Second.",
    ]


async def test_a_thread_and_responses_continue_each_other(speaker: Speaker) -> None:
    async with speaker.anthropic() as client, speaker.openai() as other:
        thread = client.beta.messages.thread(model="m", max_tokens=50, tools=[TOOL])
        first = await thread.send(user("ONE"))
        second = await other.responses.with_raw_response.create(
            model="m", input="TWO", previous_response_id=first.id.replace("msg_", "resp_")
        )
        answer = second.parse()
        third = await client.beta.messages.with_raw_response.create(
            model="m",
            max_tokens=50,
            messages=[user("DONE")],
            thread={"type": "continue", "previous_message_id": answer.id},
            betas=BETAS,
        )

    assert third.headers["x-session-id"] == second.headers["x-session-id"]
    said = ["ONE", "First.", "TWO", "Second.", "DONE", "Done."]
    assert await said_in(speaker, third.headers["x-session-id"]) == said
