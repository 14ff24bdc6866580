"""Calls of tools, found in what a model has written."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent_memory.prompts.json_scanner import mend_json


@dataclass(frozen=True, slots=True)
class ParsedCall:
    """One call. `arguments` is compact JSON text of an object; `id` is the model's own, if any."""

    name: str
    arguments: str
    id: str | None = None


ParseCall = Callable[[str], Sequence[ParsedCall]]
"""Reads the text between the markers of a call in the model's format; ValueError if it cannot."""


def calls_from_value(value: object) -> tuple[ParsedCall, ...]:
    """Calls from parsed JSON: an object with name and arguments, or a list of such objects.

    Arguments may be an object, JSON text of one, or missing. Raises ValueError for anything else.
    """
    if isinstance(value, list):
        if not value:
            raise ValueError("an empty list of calls")
        return tuple(call for item in value for call in calls_from_value(item))
    if not isinstance(value, dict):
        raise ValueError("a call is an object with name and arguments")
    function = value.get("function")
    call = function if isinstance(function, dict) else value
    name = call.get("name")
    arguments = call.get("arguments", call.get("parameters"))
    if isinstance(arguments, str):
        arguments = json.loads(arguments) if arguments.strip() else {}
    if arguments is None:
        arguments = {}
    if not isinstance(name, str) or not name or not isinstance(arguments, dict):
        raise ValueError("a call is an object with name and arguments")
    call_id = value.get("id")
    return (ParsedCall(name, compact_json(arguments), call_id if _is_id(call_id) else None),)


def parse_json_calls(body: str) -> tuple[ParsedCall, ...]:
    """Calls written as JSON, one value or several one after the other; ValueError if it is not."""
    decoder = json.JSONDecoder(strict=False)
    calls: list[ParsedCall] = []
    rest = body.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        calls.extend(calls_from_value(value))
        rest = rest[end:].lstrip(" \t\r\n,;")
    if not calls:
        raise ValueError("no call")
    return tuple(calls)


def parse_or_mend(body: str, parse_call: ParseCall) -> tuple[ParsedCall, ...] | None:
    """The calls in a finished body; a body with a trivial fault in its JSON (text after it, a
    comma too many) is mended. None when it is no call at all."""
    try:
        return tuple(parse_call(body))
    except (ValueError, RecursionError):
        mended = mend_json(body)
    if mended is None:
        return None
    try:
        return parse_json_calls(mended)
    except (ValueError, RecursionError):
        return None


def compact_json(value: object) -> str:
    """JSON text without spacing, in the order of its keys, characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_json_object(text: str) -> bool:
    """Whether a call's arguments are whole: JSON text of an object."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(value)
