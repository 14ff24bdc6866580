"""Toolboxes, requests for a tool, its calls and its results."""

import json
from dataclasses import dataclass, replace
from random import Random
from typing import TypeAlias

from agent_memory.bundled.recipe.catalogue import HELD_OUT, RIVALS, SEEN, Parameter, Tool
from agent_memory.bundled.recipe.fillers import blurred, with_more_behind
from agent_memory.bundled.recipe.made_up_tools import made_up_tool
from agent_memory.bundled.recipe.values import COMMON, is_reserved, made_up_word, value

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

OTHER_NAMES = {
    "city": ("location", "place", "town", "city_name"),
    "query": ("q", "text", "terms", "search_query", "input"),
    "path": ("file_path", "filename", "file"),
    "folder": ("path", "directory", "dir"),
    "text": ("message", "body", "content", "input"),
    "content": ("text", "body", "data"),
    "date": ("day", "when", "start"),
    "name": ("username", "person", "full_name"),
    "url": ("address", "link", "page"),
    "a": ("x", "first", "left"),
    "b": ("y", "second", "right"),
    "symbol": ("ticker", "stock"),
    "to": ("recipient", "email", "address"),
    "recipient": ("to", "person", "user"),
    "command": ("cmd", "line"),
    "expression": ("formula", "input"),
}
SPARE: tuple[tuple[str, dict[str, Json]], ...] = (
    ("limit", {"type": "integer"}),
    ("verbose", {"type": "boolean"}),
    ("format", {"type": "string", "enum": ["text", "json"]}),
    ("unit", {"type": "string", "enum": ["celsius", "fahrenheit"]}),
    ("timeout", {"type": "number", "description": "Seconds to wait"}),
    ("page", {"type": "integer", "default": 1}),
    ("tags", {"type": "array", "items": {"type": "string"}}),
)


@dataclass(frozen=True, slots=True)
class Request:
    """What the user says to have a tool called, and the arguments the call must have."""

    text: str
    tool: Tool
    arguments: dict[str, Json]


def toolbox(rng: Random, size: int, *, held_out: bool) -> tuple[Tool, ...]:
    """This many tools with different names, of which no two do the same."""
    known = SEEN + HELD_OUT if held_out else SEEN
    num_everyday = sum(rng.random() < (0.5 if held_out else 0.4) for _ in range(size))
    chosen = {}
    has_rival = False
    for tool in rng.sample(known, min(num_everyday, len(known))):
        if tool.name in RIVALS and has_rival:
            continue
        has_rival = has_rival or tool.name in RIVALS
        disguised = _disguised(rng, tool)
        chosen[disguised.name] = disguised
    while len(chosen) < size:
        tool = made_up_tool(rng, held_out=held_out)
        chosen.setdefault(tool.name, tool)
    tools = list(chosen.values())
    rng.shuffle(tools)
    return tuple(tool.among(tools) for tool in tools)


def request(rng: Random, tool: Tool, *, held_out: bool, reserved: bool) -> Request:
    """A request that needs this tool."""
    text = rng.choice(tool.requests.of(held_out=held_out))
    if not held_out:
        text = blurred(rng, text, 0.15)
        if _ends_with_a_short_value(text, tool) and rng.random() < 0.2:
            text = with_more_behind(rng, text)
    arguments: dict[str, Json] = {}
    for parameter in tool.parameters:
        if parameter.mark not in text:
            continue
        given = value(rng, parameter.kind, reserved=reserved)
        text = text.replace(parameter.mark, given)
        arguments[parameter.name] = int(given) if parameter.type == "integer" else given
    return Request(text, tool, arguments)


def _ends_with_a_short_value(text: str, tool: Tool) -> bool:
    """Of a phrase nobody could tell where it ends."""
    marks = [parameter.mark for parameter in tool.parameters if parameter.kind != "phrase"]
    return text.rstrip(".?!").endswith(tuple(marks))


def schema(rng: Random, tool: Tool) -> dict[str, Json]:
    """The tool as clients write it: an OpenAI function with the JSON schema of its parameters."""
    bare = rng.random() < 0.7
    properties: dict[str, Json] = {}
    for parameter in tool.parameters:
        if not parameter.is_required and rng.random() < 0.5:
            continue
        entry: dict[str, Json] = {"type": parameter.type}
        if not bare:
            entry["description"] = parameter.description
        if rng.random() < 0.1:
            entry = {"title": parameter.name.replace("_", " ").title(), **entry}
        properties[parameter.name] = entry
    if rng.random() < 0.1:
        spare, entry = rng.choice(SPARE)
        properties.setdefault(spare, entry)
    required: list[Json] = [item.name for item in tool.parameters if item.is_required]
    parameters: dict[str, Json] = {"type": "object", "properties": properties, "required": required}
    if not required and rng.random() < 0.5:
        del parameters["required"]
    if rng.random() < 0.1:
        parameters["additionalProperties"] = False
    function: dict[str, Json] = {"name": tool.name, "description": tool.description}
    if properties or rng.random() < 0.5:
        function["parameters"] = parameters
    return {"type": "function", "function": function}


def result(rng: Random, *, reserved: bool = False) -> tuple[str, str]:
    """What a tool returned, and what the model says of it."""
    dice = rng.random()
    if dice < 0.45:
        words = [_result_word(rng, reserved) for _ in range(rng.randint(1, 8))]
        text = " ".join(words)
        text = text[0].upper() + text[1:]
        return (
            (text, f"The result is: {text}")
            if rng.random() < 0.6
            else (text + ".", f"The result is: {text}.")
        )
    if dice < 0.6:
        text = value(rng, rng.choice(("number", "amount", "date", "code")), reserved=reserved)
        return text, f"The result is: {text}"
    if dice < 0.92:
        return _structured_result(rng, reserved)
    reason = " ".join(_result_word(rng, reserved) for _ in range(rng.randint(1, 5)))
    return f"Error: {reason}", f"The tool failed: {reason}"


def _disguised(rng: Random, tool: Tool) -> Tool:
    """The same tool as somebody else might have named it and its parameters."""
    name, dice = tool.name, rng.random()
    verb, _, rest = tool.name.partition("_")
    if dice < 0.12 and rest:
        name = verb + "".join(part.capitalize() for part in rest.split("_"))
    elif dice < 0.24 and verb == "get":
        name = rng.choice(("get_current_", "fetch_", "lookup_", "show_", "")) + rest
    elif dice < 0.3:
        name = f"{made_up_word(rng)}_{tool.name}"
    parameters: list[Parameter] = []
    taken = {parameter.name for parameter in tool.parameters}
    for parameter in tool.parameters:
        other, dice = parameter.name, rng.random()
        if dice < 0.3:
            other = rng.choice(OTHER_NAMES.get(parameter.name, (parameter.name,)))
        elif dice < 0.38:
            other = made_up_word(rng)
        if other in taken:
            other = parameter.name
        taken.add(other)
        parameters.append(replace(parameter, name=other, first_name=parameter.name))
    return replace(tool, name=name, parameters=tuple(parameters))


def _structured_result(rng: Random, reserved: bool) -> tuple[str, str]:
    fields: dict[str, Json] = {}
    names = ("temperature", "city", "status", "price", "title", "name", "count", "result", "date",
             "condition", "id", "value", "ok", "total", "unit", "owner")  # fmt: skip
    for name in rng.sample(names, rng.choice((1, 1, 2, 2, 3))):
        kind = rng.choice(("word", "number", "phrase", "date", "code"))
        given = value(rng, kind, reserved=reserved)
        fields[name] = int(given) if kind == "number" else given
    compact = rng.random() < 0.3
    text = json.dumps(fields, separators=(",", ":") if compact else None)
    return text, "The result is: " + ", ".join(f"{name} {item}" for name, item in fields.items())


def _result_word(rng: Random, reserved: bool) -> str:
    dice = rng.random()
    if dice < 0.3:
        return rng.choice(COMMON)
    if dice < 0.45:
        return value(rng, "number", reserved=reserved)
    while is_reserved(word := made_up_word(rng)) != reserved:
        pass
    return word
