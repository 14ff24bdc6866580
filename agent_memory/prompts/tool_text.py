"""Tools in plain text, for models whose template has no tools or writes calls that cannot be read.

Schemas stand in the system prompt, one a line between <tools> tags. A call is

    <tool_call>
    {"name": …, "arguments": {…}}
    </tool_call>

in the assistant's text, and its result a user message between <tool_response> tags.
"""

import json
from collections.abc import Sequence

from agent_memory.prompts.tool_schema import ordered_schema
from agent_memory.turns.messages import ToolSpec, ToolUse

CALL_START = "<tool_call>"
CALL_END = "</tool_call>"

_INSTRUCTIONS = """# Tools

You may call one or more of these functions, given as JSON schemas:
<tools>
{schemas}
</tools>

To call a function, write a JSON object with its name and arguments between tags, and nothing
after it:
<tool_call>
{{"name": "<name of the function>", "arguments": {{<its arguments>}}}}
</tool_call>
The result is given to you between <tool_response> tags."""


def tool_instructions(tools: Sequence[ToolSpec]) -> str:
    """What the system prompt says of the tools."""
    schemas = "\n".join(
        json.dumps(
            {
                "name": tool.name,
                "description": tool.description,
                "parameters": ordered_schema(tool.parameters),
            },
            ensure_ascii=False,
        )
        for tool in tools
    )
    return _INSTRUCTIONS.format(schemas=schemas)


def call_text(call: ToolUse) -> str:
    """A call as the model would have written it."""
    try:
        arguments = json.dumps(json.loads(call.arguments or "{}"), ensure_ascii=False)
    except ValueError:
        arguments = json.dumps(call.arguments, ensure_ascii=False)
    name = json.dumps(call.name, ensure_ascii=False)
    return f'{CALL_START}\n{{"name": {name}, "arguments": {arguments}}}\n{CALL_END}'


def result_text(name: str, content: str) -> str:
    """A result as the model is told of it."""
    of = f' name="{name}"' if name else ""
    return f"<tool_response{of}>\n{content}\n</tool_response>"
