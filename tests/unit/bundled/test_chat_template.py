"""The shipped chat template renders what the model was trained on, and history as it was said."""

import json
from collections.abc import Sequence
from typing import Any

import jinja2.sandbox
import pytest

from agent_memory.bundled.recipe.dialogues import Dialogue, Mix
from agent_memory.bundled.recipe.rendering import CHAT_TEMPLATE, as_chat, pieces
from agent_memory.bundled.recipe.values import seeded

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
GENERATION_PROMPT = "<|im_start|>assistant\n"


def render(
    messages: Sequence[object], tools: Sequence[object] = (), *, is_prompt: bool = False
) -> str:
    """Render as transformers does: trimmed blocks, a `tojson` that neither escapes nor sorts."""

    def tojson(item: object, separators: tuple[str, str] | None = None) -> str:
        return json.dumps(item, ensure_ascii=False, separators=separators)

    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = tojson
    template = environment.from_string(CHAT_TEMPLATE.read_text())
    return template.render(messages=messages, tools=tools or None, add_generation_prompt=is_prompt)


def call(arguments: object, name: str = "get_weather") -> dict[str, Any]:
    return {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize("seed", range(30))
def test_it_renders_what_the_model_is_trained_on(seed: int) -> None:
    dialogue = Dialogue.begin(seeded("template", seed), Mix(tools=0.6))
    for _ in range(8):
        dialogue.take_turn()
    trained_on = "".join(piece.text for piece in pieces(dialogue))
    assert render(as_chat(dialogue.messages), dialogue.schemas) == trained_on


@pytest.mark.parametrize("seed", range(10))
def test_every_prompt_is_a_prefix_of_the_whole_dialogue(seed: int) -> None:
    dialogue = Dialogue.begin(seeded("prefix", seed), Mix(tools=1.0))
    for _ in range(6):
        dialogue.take_turn()
    chat = as_chat(dialogue.messages)
    whole = render(chat, dialogue.schemas)
    for index, message in enumerate(chat):
        if message["role"] == "assistant":
            assert whole.startswith(render(chat[:index], dialogue.schemas, is_prompt=True))


def test_arguments_read_the_same_as_an_object_and_as_a_string() -> None:
    as_object = {"role": "assistant", "content": "", "tool_calls": [call({"city": "Zürich"})]}
    as_string = {
        "role": "assistant",
        "content": None,
        "tool_calls": [call('{"city": "Zürich"}')],
    }
    assert render([as_object]) == render([as_string])


def test_a_call_is_rendered_as_the_model_writes_it() -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [call({"city": "Oslo"})]}
    assert render([message]) == (
        '<|im_start|>assistant\n<tool_call>\n{"name": "get_weather", "arguments": '
        '{"city": "Oslo"}}\n</tool_call><|im_end|>\n'
    )


def test_tools_stand_in_a_system_message_of_their_own_when_there_is_none() -> None:
    text = render([{"role": "user", "content": "Hi"}], [TOOL], is_prompt=True)
    assert text.startswith(
        '<|im_start|>system\n# Tools\n{"description":"Get the weather.","name":"get_weather",'
    )
    assert text.endswith(f"<|im_start|>user\nHi<|im_end|>\n{GENERATION_PROMPT}")


@pytest.mark.parametrize("missing", ["description", "parameters"])
def test_a_tool_may_lack_what_the_apis_let_it_lack(missing: str) -> None:
    function = {key: item for key, item in TOOL["function"].items() if key != missing}
    text = render([], [{"type": "function", "function": {**function, "strict": True}}])
    (line,) = [line for line in text.splitlines() if line.startswith("{")]
    assert json.loads(line.removesuffix("<|im_end|>")) == function


def test_consecutive_results_stay_messages_of_their_own() -> None:
    results = [{"role": "tool", "content": "1"}, {"role": "tool", "content": "2"}]
    assert render(results) == "<|im_start|>tool\n1<|im_end|>\n<|im_start|>tool\n2<|im_end|>\n"


def test_content_may_come_in_parts() -> None:
    parts = [{"type": "text", "text": "My name "}, {"type": "text", "text": "is Ada."}]
    assert render([{"role": "user", "content": parts}]) == (
        "<|im_start|>user\nMy name is Ada.<|im_end|>\n"
    )


def test_it_names_what_mlx_lm_infers_its_parser_from() -> None:
    template = CHAT_TEMPLATE.read_text()
    assert "<tool_call>" in template
    assert "tool_call.name" in template
