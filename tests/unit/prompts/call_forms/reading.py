"""Output with calls in it, read as it is read when a model writes it."""

import json
from collections.abc import Mapping, Sequence
from itertools import count

from agent_memory.prompts.call_forms.reader import CallForm
from agent_memory.prompts.calls import parse_json_calls
from agent_memory.prompts.output import OutputParser
from agent_memory.prompts.output_deltas import OutputDelta
from agent_memory.prompts.output_format import OutputFormat
from agent_memory.turns.events import TextDelta, ThinkingDelta, ToolCallDelta, ToolCallStarted
from agent_memory.turns.messages import ToolSpec

Part = tuple[str, object]
"""("text" or "thinking", what it says), or (the name of a tool, its arguments)."""

_NUM_CUTS = 20

STRING = {"type": "string"}


def tool(name: str, **properties: object) -> ToolSpec:
    """A tool whose parameters have these schemas."""
    return ToolSpec(name, "", {"type": "object", "properties": properties})


TOOLS = (
    tool("write_file", path=STRING, content=STRING),
    tool("fs.write:v2/x", path=STRING),
    tool("now"),
    tool(
        "search",
        text={"type": ["string", "null"]},
        limit={"type": "integer"},
        exact={"type": "boolean"},
        where={"type": "object"},
    ),
)


def output_of(
    form: CallForm, tools: Sequence[ToolSpec] = TOOLS, *, is_single_call: bool = False
) -> OutputParser:
    numbers = count(1)
    return OutputParser(
        OutputFormat("<think>", "</think>", call_form=form),
        index=0,
        parse_call=parse_json_calls,
        new_call_id=lambda: f"call_{next(numbers)}",
        tools=tools,
        is_single_call=is_single_call,
    )


def read(
    form: CallForm,
    pieces: str | Sequence[str],
    tools: Sequence[ToolSpec] = TOOLS,
    *,
    is_cut: bool = False,
) -> list[Part]:
    """What a client is told. Arguments that are no JSON stay text."""
    output = output_of(form, tools)
    deltas: list[OutputDelta] = []
    for piece in [pieces] if isinstance(pieces, str) else pieces:
        deltas.extend(output.push(piece))
    deltas.extend(output.finish(is_cut=is_cut))
    return parts_of(deltas)


def read_in_pieces(
    form: CallForm,
    text: str,
    tools: Sequence[ToolSpec] = TOOLS,
    *,
    is_cut: bool = False,
) -> list[Part]:
    """The same in one piece, in two pieces cut all over, and character by character."""
    whole = read(form, text, tools, is_cut=is_cut)
    assert read(form, list(text), tools, is_cut=is_cut) == whole
    for at in range(1, len(text), 1 + len(text) // _NUM_CUTS):
        assert read(form, [text[:at], text[at:]], tools, is_cut=is_cut) == whole
    return whole


def parts_of(deltas: Sequence[OutputDelta]) -> list[Part]:
    parts: list[tuple[str, str]] = []
    for delta in deltas:
        match delta:
            case TextDelta(text=text):
                _join(parts, "text", text)
            case ThinkingDelta(text=text):
                _join(parts, "thinking", text)
            case ToolCallStarted(name=name):
                parts.append((f"call {name}", ""))
            case ToolCallDelta(arguments=arguments):
                _join(parts, parts[-1][0], arguments)
    return [
        (kind.removeprefix("call "), _value(text) if kind.startswith("call ") else text)
        for kind, text in parts
    ]


def _join(parts: list[tuple[str, str]], kind: str, text: str) -> None:
    if parts and parts[-1][0] == kind:
        parts[-1] = (kind, parts[-1][1] + text)
    else:
        parts.append((kind, text))


def _value(arguments: str) -> Mapping[str, object] | str:
    try:
        value: Mapping[str, object] = json.loads(arguments)
    except ValueError:
        return arguments
    return value
