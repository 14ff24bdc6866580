"""How a family's calls become a grammar, in the Lark dialect of llguidance."""

import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from agent_memory.turns.messages import ToolSpec

# Calls are spaced as templates render them: a model has no room to write blanks for ever.
JSON_OPTIONS = {
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
    "lenient": True,
}

_SHARED = ("$defs", "definitions")

Rules = list[str]


class CallGrammar(Protocol):
    """The grammar of calls in one form.

    start: the mark with which a call begins. marks: those that are tokens; they are matched as
    text. escapes_text: a text may spell any mark. Where it may not, only a call that is owed is
    held to the grammar: in one that the model makes of its own accord a text would end too early.
    """

    @property
    def start(self) -> str: ...

    @property
    def marks(self) -> tuple[str, ...]: ...

    @property
    def escapes_text(self) -> bool: ...

    def rules(self, tools: Sequence[ToolSpec], *, is_single: bool, is_begun: bool) -> Rules:
        """Rules of which the first, `calls`, is a call of one of `tools`, or several. is_begun:
        what follows one `start` alone, up to the next. Raises InvalidRequest for tools that the
        form cannot name."""
        ...


def any_call(tools: Sequence[ToolSpec]) -> str:
    """A call of one of the tools, each of which has a rule `call_0`, `call_1` …"""
    return " | ".join(f"call_{at}" for at in range(len(tools)))


def json_arguments(tools: Sequence[ToolSpec]) -> Rules:
    """For each tool a rule `arguments_0` …: its arguments as JSON."""
    return [f"arguments_{at}: {json_of(_schema(tool))}" for at, tool in enumerate(tools)]


def json_of(schema: Mapping[str, object]) -> str:
    """JSON that fits the schema."""
    return f"%json {json.dumps({**schema, 'x-guidance': JSON_OPTIONS})}"


def shared_schemas(tool: ToolSpec) -> Mapping[str, object]:
    """The parts of a tool's schema that its parameters may refer to."""
    return {name: tool.parameters[name] for name in _SHARED if name in tool.parameters}


def quoted(text: str) -> str:
    """The very text; nothing for an empty one."""
    return json.dumps(text, ensure_ascii=False) if text else ""


def _schema(tool: ToolSpec) -> Mapping[str, object]:
    return {"type": "object", **tool.parameters}
