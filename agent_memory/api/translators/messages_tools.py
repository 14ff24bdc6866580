"""Tools of an Anthropic request: given at once, loaded later, or defined by Anthropic."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from agent_memory.api.schemas.anthropic import (
    CountTokensBody,
    OtherBlock,
    Tool,
    ToolChoice,
    ToolResultBlock,
)
from agent_memory.api.schemas.memory_tool import MEMORY_DESCRIPTION, MEMORY_SCHEMA
from agent_memory.errors import InvalidRequest
from agent_memory.turns.messages import ToolSpec

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_RANGE = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}
_EDITS = {
    "path": _TEXT,
    "file_text": _TEXT,
    "old_str": _TEXT,
    "new_str": _TEXT,
    "insert_line": _NUMBER,
    "insert_text": _TEXT,
    "view_range": _RANGE,
}


@dataclass(frozen=True, slots=True)
class _Known:
    """A tool that Anthropic defines and the client runs: its requests bear no schema."""

    type: re.Pattern[str]
    description: str
    schema: Mapping[str, object]


_KNOWN = (
    _Known(
        re.compile(r"bash_\d{8}"),
        "Run a command in a shell that stays open, or restart that shell.",
        {"type": "object", "properties": {"command": _TEXT, "restart": {"type": "boolean"}}},
    ),
    _Known(
        re.compile(r"text_editor_\d{8}"),
        "View, create and edit text files: replace a string that occurs once, or insert lines.",
        {
            "type": "object",
            "properties": {
                "command": {"enum": ["view", "create", "str_replace", "insert", "undo_edit"]},
                **_EDITS,
            },
            "required": ["command", "path"],
        },
    ),
    _Known(re.compile(r"memory_\d{8}"), MEMORY_DESCRIPTION, MEMORY_SCHEMA),
)


@dataclass(frozen=True, slots=True)
class Toolbox:
    """All tools of a request by name, loaded or not."""

    specs: Mapping[str, ToolSpec]

    @classmethod
    def of(cls, body: CountTokensBody) -> "Toolbox":
        tools = body.tools or ()
        return cls({tool.name: _spec(tool, f"tools.{at}") for at, tool in enumerate(tools)})

    def schema_text(self, name: str) -> str:
        """What the model reads where a tool was loaded."""
        if (spec := self.specs.get(name)) is None:
            return f"[the tool '{name}' is not there any more]"
        told = {"name": name, "description": spec.description, "parameters": spec.parameters}
        return orjson.dumps({"type": "function", "function": told}).decode()


def callable_tools(
    body: CountTokensBody, toolbox: Toolbox, loaded_before: Iterable[str] = ()
) -> tuple[ToolSpec, ...]:
    """The tools that may be called: one that is deferred, when a result has loaded it or
    `tool_choice` names it. loaded_before: in messages that `body` does not hold."""
    loaded = {*loaded_before, *referenced_names(body), *_demanded(body.tool_choice)}
    specs = (toolbox.specs[tool.name] for tool in body.tools or ())
    return tuple(spec for spec in specs if not spec.is_deferred or spec.name in loaded)


def referenced_name(block: object) -> str | None:
    """The tool that a block of a result loads, if it is such a block."""
    if not isinstance(block, OtherBlock) or block.type != "tool_reference":
        return None
    name = block.fields().get("tool_name")
    return name if isinstance(name, str) else None


def referenced_names(body: CountTokensBody) -> Iterator[str]:
    """The tools that results in the messages of `body` load."""
    for message in body.messages:
        for block in message.content if isinstance(message.content, list) else ():
            if isinstance(block, ToolResultBlock) and isinstance(block.content, list):
                for name in map(referenced_name, block.content):
                    if name is not None:
                        yield name


def _demanded(choice: ToolChoice | None) -> Sequence[str]:
    return (choice.name,) if choice and choice.name else ()


def _spec(tool: Tool, param: str) -> ToolSpec:
    known = next((known for known in _KNOWN if known.type.fullmatch(tool.type or "")), None)
    if known is not None:
        description = tool.description or known.description
        schema = tool.input_schema or known.schema
        return ToolSpec(tool.name, description, schema, is_deferred=bool(tool.defer_loading))
    if tool.type not in (None, "custom"):
        raise InvalidRequest(
            f"The tool '{tool.name}' of type '{tool.type}' is not supported: only tools that the "
            "client runs are (with an input_schema, or bash_…, text_editor_… and memory_…).",
            param,
        )
    if tool.input_schema is None:
        raise InvalidRequest(f"{param}.input_schema: Field required", f"{param}.input_schema")
    spec = ToolSpec(tool.name, tool.description or "", tool.input_schema)
    return replace(spec, is_deferred=True) if tool.defer_loading else spec
