"""JSON values in a form that PostgreSQL can hold, and back; see `safe_text`."""

from collections.abc import Mapping

import orjson

from agent_memory.json_value import Json
from agent_memory.store.safe_text import escape, unescape


def escape_json(value: Json) -> Json:
    """`value` as a jsonb column may have it."""
    match value:
        case str():
            return escape(value)
        case list():
            return [escape_json(entry) for entry in value]
        case dict():
            return {escape(key): escape_json(entry) for key, entry in value.items()}
        case _:
            return value


def unescape_json(value: Json) -> Json:
    """The value that was given to `escape_json`."""
    match value:
        case str():
            return unescape(value)
        case list():
            return [unescape_json(entry) for entry in value]
        case dict():
            return {unescape(key): unescape_json(entry) for key, entry in value.items()}
        case _:
            return value


def escape_mapping(mapping: Mapping[str, Json]) -> dict[str, Json]:
    return {escape(key): escape_json(entry) for key, entry in mapping.items()}


def unescape_mapping(mapping: Mapping[str, Json]) -> dict[str, Json]:
    return {unescape(key): unescape_json(entry) for key, entry in mapping.items()}


def decode_mapping(raw: str) -> dict[str, Json]:
    """The mapping whose escaped form is the JSON text `raw`."""
    return unescape_mapping(orjson.loads(raw))
