import json

from agent_memory.prompts.calls import parse_json_calls
from agent_memory.prompts.tool_text import (
    CALL_END,
    CALL_START,
    call_text,
    result_text,
    tool_instructions,
)
from agent_memory.turns.messages import ToolSpec, ToolUse


def test_the_instructions_name_every_tool_with_its_schema() -> None:
    tools = [ToolSpec("f", "does f", {"type": "object"}), ToolSpec("g", "does {g}", {})]
    lines = tool_instructions(tools).splitlines()
    schemas = [
        json.loads(line) for line in lines if line.startswith('{"name": "') and "does" in line
    ]
    assert [schema["name"] for schema in schemas] == ["f", "g"]
    assert schemas[0]["parameters"] == {"type": "object"}


def test_a_call_is_written_as_it_is_read() -> None:
    text = call_text(ToolUse("call_1", "say", '{"text":"é\\n"}'))
    body = text.removeprefix(CALL_START).removesuffix(CALL_END)
    (call,) = parse_json_calls(body)
    assert (call.name, json.loads(call.arguments)) == ("say", {"text": "é\n"})


def test_a_result_names_the_function_when_it_is_known() -> None:
    assert result_text("f", "42") == '<tool_response name="f">\n42\n</tool_response>'
    assert result_text("", "42") == "<tool_response>\n42\n</tool_response>"
