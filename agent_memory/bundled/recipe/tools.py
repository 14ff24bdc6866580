"""Toolboxes, requests for a tool, its calls and its results."""

import json
from dataclasses import dataclass, replace
from random import Random
from typing import TypeAlias

from agent_memory.bundled.recipe.catalogue import HELD_OUT, SEEN, Parameter, Tool
from agent_memory.bundled.recipe.phrasings import Phrasings
from agent_memory.bundled.recipe.values import COMMON, is_reserved, made_up_word, value

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

VERBS = (
    ("get", "Get", ("Get", "Fetch", "Give me", "Show me", "I need", "Can you get")),
    ("find", "Find", ("Find", "Look for", "Search for", "Can you find", "Please find")),
    ("create", "Create", ("Create", "Make", "Add", "Please create", "I want to create")),
    ("delete", "Delete", ("Delete", "Remove", "Erase", "Please delete", "Drop")),
    ("update", "Update", ("Update", "Change", "Please update", "Refresh")),
    ("start", "Start", ("Start", "Begin", "Launch", "Please start", "Can you start")),
    ("stop", "Stop", ("Stop", "Halt", "End", "Please stop", "Can you stop")),
    ("check", "Check", ("Check", "Inspect", "Please check", "Look at", "Verify")),
    ("send", "Send", ("Send", "Please send", "Can you send", "Post")),
    ("count", "Count", ("Count", "Please count", "How many are in", "Can you count")),
    ("open", "Open", ("Open", "Please open", "Can you open")),
    ("close", "Close", ("Close", "Please close", "Can you close", "Shut")),
    ("lookup", "Look up", ("Look up", "Please look up", "Can you look up")),
)
HELD_OUT_ASKING = ("I would like you to {verb}", "Go ahead and {verb}", "It is time to {verb}")
THINGS = ("account", "invoice", "customer", "report", "ticket", "document", "image", "record",
          "session", "job", "note", "task", "order", "product", "recipe", "route", "player",
          "match", "sensor", "device", "pipeline", "deployment", "container", "bucket", "project",
          "article", "photo", "video", "contact", "contract", "shipment", "backup", "log", "alarm",
          "door", "engine", "profile", "group", "table", "payment")  # fmt: skip
ARGUMENTS = (("id", "code"), ("name", "name"), ("key", "code"), ("query", "phrase"),
             ("label", "word"), ("target", "word"), ("title", "phrase"), ("path", "path"),
             ("number", "number"), ("date", "date"), ("value", "amount"))  # fmt: skip

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


def made_up_tool(rng: Random, *, held_out: bool) -> Tool:
    """A tool about some thing, real or made up, with one or two parameters."""
    verb, described, spoken = rng.choice(VERBS)
    thing = rng.choice(THINGS)
    if held_out or rng.random() < 0.4:
        thing = made_up_word(rng)
    (first, first_kind), (second, second_kind) = rng.sample(ARGUMENTS, 2)
    style = rng.random()
    name = f"{verb}_{thing}" if style < 0.75 else f"{verb}{thing.capitalize()}"
    if style > 0.92:
        name = f"{thing}_{verb}"
    parameters = [_parameter(rng, first, first_kind, thing)]
    if held_out:
        starts = [frame.replace("{verb}", described.lower()) for frame in HELD_OUT_ASKING]
    else:
        starts = list(spoken)
    endings = [f" {{{first}}}", f" with {first} {{{first}}}"]
    if rng.random() < 0.25:
        parameters.append(_parameter(rng, second, second_kind, thing))
        endings = [f" {{{first}}} with {second} {{{second}}}",
                   f" with {first} {{{first}}} and {second} {{{second}}}"]  # fmt: skip
    texts = tuple(
        f"{start} the {thing}{ending}{'?' if start.startswith(('Can', 'How')) else '.'}"
        for start in starts
        for ending in endings
    )
    description = rng.choice((f"{described} a {thing}.", f"{described} the {thing} by {first}",
                              f"{described} a {thing} and return it."))  # fmt: skip
    return Tool(name, description, tuple(parameters), Phrasings(texts, texts))


def toolbox(rng: Random, size: int, *, held_out: bool) -> tuple[Tool, ...]:
    """This many tools with different names."""
    known = SEEN + HELD_OUT if held_out else SEEN
    chosen: dict[str, Tool] = {}
    while len(chosen) < size:
        tool = (
            _disguised(rng, rng.choice(known))
            if rng.random() < 0.5
            else made_up_tool(rng, held_out=held_out)
        )
        chosen.setdefault(tool.name, tool)
    return tuple(chosen.values())


def request(rng: Random, tool: Tool, *, held_out: bool, reserved: bool) -> Request:
    """A request that needs this tool."""
    text = rng.choice(tool.requests.of(held_out=held_out))
    arguments: dict[str, Json] = {}
    for parameter in tool.parameters:
        if parameter.mark not in text:
            continue
        given = value(rng, parameter.kind, reserved=reserved)
        text = text.replace(parameter.mark, given)
        arguments[parameter.name] = int(given) if parameter.type == "integer" else given
    return Request(text, tool, arguments)


def schema(rng: Random, tool: Tool) -> dict[str, Json]:
    """The tool as clients write it: an OpenAI function with the JSON schema of its parameters."""
    bare = rng.random() < 0.4
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
    if rng.random() < 0.2:
        spare, entry = rng.choice(SPARE)
        properties.setdefault(spare, entry)
    required: list[Json] = [item.name for item in tool.parameters if item.is_required]
    parameters: dict[str, Json] = {"type": "object", "properties": properties, "required": required}
    if not required and rng.random() < 0.5:
        del parameters["required"]
    if rng.random() < 0.1:
        parameters["additionalProperties"] = False
    function: dict[str, Json] = {"name": tool.name, "description": tool.description}
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


def _parameter(rng: Random, name: str, kind: str, thing: str) -> Parameter:
    if kind == "number" and rng.random() < 0.7:
        return Parameter(name, "integer", f"The {name} of the {thing}", kind)
    return Parameter(name, "string", f"The {name} of the {thing}", kind)
