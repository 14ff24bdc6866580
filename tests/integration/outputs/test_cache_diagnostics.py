"""Why a prefix was not reused, told in Anthropic's words, with counts that are the tokens'."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from transformers import AutoTokenizer

from agent_memory.testing.one_process import app_of_model
from agent_memory.testing.scripted_model import make_scripted_folder
from tests.integration.device.small_tokenizers import HERMES
from tests.integration.outputs.speaker import Speaker

SCRIPTS = {"ONE": "First.", "TWO": "Second, a little longer."}


def randomly(seed: object) -> Random:
    return Random(repr(seed))  # noqa: S311  no secrets


class Diagnosed(Speaker):
    """A model whose tokens are counted apart from the server as well."""

    folder: Path

    def prompt(self, asked: dict[str, Any]) -> list[int]:
        tokenizer = AutoTokenizer.from_pretrained(self.folder)
        system = [{"role": "system", "content": asked["system"]}] if "system" in asked else []
        tools = [
            {
                "type": "function",
                "function": {
                    "name": tool["name"],
                    "description": tool["description"],
                    "parameters": tool["input_schema"],
                },
            }
            for tool in asked.get("tools", ())
        ]
        text = tokenizer.apply_chat_template(
            [*system, *asked["messages"]],
            tools=tools or None,
            tokenize=False,
            add_generation_prompt=True,
        )
        tokens: list[int] = tokenizer.encode(text, add_special_tokens=False)
        return tokens

    def left(self, asked: dict[str, Any], answer: str) -> list[int]:
        """What a turn leaves in the cache: its prompt and its answer, but for the end mark."""
        tokenizer = AutoTokenizer.from_pretrained(self.folder)
        said: list[int] = tokenizer.encode(answer, add_special_tokens=False)
        return [*self.prompt(asked), *said]


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Diagnosed]:
    folder = tmp_path_factory.mktemp("diagnosed")
    make_scripted_folder(folder, SCRIPTS, HERMES)
    with app_of_model(folder) as app:
        speaker = Diagnosed(app)
        speaker.folder = folder
        yield speaker


def tool(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"path": {"type": "string"}}}
    return {"name": name, "description": description, "input_schema": schema}


def conversation(random: Random) -> dict[str, Any]:
    words = ["alpha", "beta", "gamma", "delta"]
    said = [
        {"role": role, "content": f"{random.choice(words)} {random.randrange(10**6)}"}
        for _ in range(2)
        for role in ("user", "assistant")
    ]
    return {
        "model": "m",
        "max_tokens": 60,
        "system": f"Be {random.choice(words)}, {random.randrange(10**6)} times.",
        "tools": [tool(f"tool_{n}", f"Does {random.randrange(10**6)}.") for n in range(2)],
        "messages": [*said, {"role": "user", "content": "ONE"}],
    }


def next_of(asked: dict[str, Any], answer: str) -> dict[str, Any]:
    more = [{"role": "assistant", "content": answer}, {"role": "user", "content": "TWO"}]
    return {**asked, "messages": [*asked["messages"], *more]}


def with_other_tool(asked: dict[str, Any], random: Random) -> dict[str, Any]:
    tools = list(asked["tools"])
    tools[random.randrange(2)] = tool("other", f"Undoes {random.randrange(10**6)}.")
    return {**asked, "tools": tools}


def with_other_system(asked: dict[str, Any], random: Random) -> dict[str, Any]:
    return {**asked, "system": f"{asked['system']} {random.randrange(10**6)}"}


def with_other_message(asked: dict[str, Any], random: Random) -> dict[str, Any]:
    messages: list[Any] = list(asked["messages"])
    at = random.randrange(4)
    messages[at] = {**messages[at], "content": f"changed {random.randrange(10**6)}"}
    return {**asked, "messages": messages}


def num_common(one: Sequence[int], other: Sequence[int]) -> int:
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )


async def ask(speaker: Speaker, asked: dict[str, Any], is_streamed: bool) -> Any:
    async with speaker.anthropic() as client:
        if not is_streamed:
            return await client.messages.create(**asked)
        async with client.messages.stream(**asked) as stream:
            return await stream.get_final_message()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_other_tool, "tools_changed"),
        (with_other_system, "system_changed"),
        (with_other_message, "messages_changed"),
    ],
)
async def test_a_changed_part_is_named_with_the_tokens_that_it_cost(
    speaker: Diagnosed, change: Any, reason: str, seed: int
) -> None:
    random = randomly(f"{reason} {seed}")
    first = conversation(random)
    before = await ask(speaker, first, is_streamed=False)
    second = change(next_of(first, "First."), random)
    second["diagnostics"] = {"previous_message_id": before.id}
    answer = await ask(speaker, second, is_streamed=seed % 2 == 1)

    left = speaker.left(first, "First.")
    common = num_common(left, speaker.prompt(second))
    found = answer.diagnostics.cache_miss_reason
    # The last token was drawn, and nothing was computed for it.
    assert (found.type, found.cache_missed_input_tokens) == (reason, len(left) - 1 - common)


async def test_a_conversation_that_only_goes_on_has_no_miss(speaker: Diagnosed) -> None:
    first = conversation(randomly(1))
    before = await ask(speaker, first, is_streamed=False)
    second = {**next_of(first, "First."), "diagnostics": {"previous_message_id": before.id}}

    assert (await ask(speaker, second, is_streamed=False)).diagnostics is None
    assert (await ask(speaker, second, is_streamed=True)).diagnostics is None


async def test_the_same_question_again_has_no_miss(speaker: Diagnosed) -> None:
    asked = conversation(randomly(2))
    before = await ask(speaker, asked, is_streamed=False)
    again = {**asked, "diagnostics": {"previous_message_id": before.id}}

    assert (await ask(speaker, again, is_streamed=False)).diagnostics is None


async def test_what_changes_no_token_is_no_miss(speaker: Diagnosed) -> None:
    """The form of an answer is demanded while it is written, and stands in no prompt."""
    first = conversation(randomly(3))
    before = await ask(speaker, first, is_streamed=False)
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    second = {
        **next_of(first, "First."),
        "output_config": {"format": {"type": "json_schema", "schema": schema}, "effort": "low"},
        "diagnostics": {"previous_message_id": before.id},
    }

    assert (await ask(speaker, second, is_streamed=False)).diagnostics is None


async def test_a_mark_for_the_cache_is_no_change(speaker: Diagnosed) -> None:
    """Clients mark the newest message and send it as a plain string in the next turn."""
    first = conversation(randomly(4))
    marked = [{"type": "text", "text": "ONE", "cache_control": {"type": "ephemeral"}}]
    sent = {**first, "messages": [*first["messages"][:-1], {"role": "user", "content": marked}]}
    before = await ask(speaker, sent, is_streamed=False)
    second = {**next_of(first, "First."), "diagnostics": {"previous_message_id": before.id}}

    assert (await ask(speaker, second, is_streamed=False)).diagnostics is None


@pytest.mark.parametrize("name", ["msg_gone", "nothing"])
async def test_an_answer_that_is_not_there_is_said_to_be_missing(
    speaker: Diagnosed, name: str
) -> None:
    asked = {**conversation(randomly(5)), "diagnostics": {"previous_message_id": name}}
    answer = await ask(speaker, asked, is_streamed=False)

    assert answer.diagnostics.cache_miss_reason.type == "previous_message_not_found"


async def test_who_does_not_ask_is_told_nothing(speaker: Diagnosed) -> None:
    asked = {**conversation(randomly(6)), "diagnostics": {"previous_message_id": None}}

    assert (await ask(speaker, asked, is_streamed=False)).diagnostics is None


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_other_tool, "tools_changed"),
        (with_other_system, "input_changed"),
        (with_other_message, "input_changed"),
    ],
)
async def test_openai_has_words_of_its_own_for_it(
    speaker: Diagnosed, change: Any, reason: str, seed: int
) -> None:
    random = randomly(f"{reason} {change} {seed}")
    first = conversation(random)
    second = change(next_of(first, "First."), random)
    async with speaker.openai() as client:
        before = await client.responses.create(**as_response(first))
        options = {"prompt_cache_options": {"comparison_response_id": before.id}}
        asked = {**as_response(second), "extra_body": options}
        if seed % 2 == 0:
            answer = await client.responses.create(**asked)
        else:
            async with client.responses.stream(**asked) as stream:
                answer = await stream.get_final_response()

    left, prompt = speaker.left(first, "First."), speaker.prompt(second)
    common = num_common(left, prompt)
    assert answer.model_dump(exclude_unset=True)["prompt_cache_diagnostics"] == {
        "type": "cache_miss",
        "reason": reason,
        "cache_missed_tokens": len(prompt) - common,
        "comparison_reusable_tokens": common,
    }


async def test_a_response_that_only_goes_on_is_a_hit(speaker: Diagnosed) -> None:
    first = conversation(randomly(7))
    async with speaker.openai() as client:
        before = await client.responses.create(**as_response(first))
        found = []
        for name in (before.id, "resp_gone"):
            options = {"prompt_cache_options": {"comparison_response_id": name}}
            answer = await client.responses.create(
                **as_response(next_of(first, "First.")), extra_body=options
            )
            found.append(answer.model_dump(exclude_unset=True)["prompt_cache_diagnostics"])

    assert found == [{"type": "cache_hit"}, {"type": "comparison_response_not_found"}]


def as_response(asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": "m",
        "max_output_tokens": 60,
        "instructions": asked["system"],
        "tools": [
            {
                "type": "function",
                "name": tool["name"],
                "description": tool["description"],
                "parameters": tool["input_schema"],
            }
            for tool in asked["tools"]
        ],
        "input": asked["messages"],
    }
