"""JSON schemas as short as a model needs them: every client sends them with every request."""

from collections.abc import Mapping
from typing import Any

from agent_memory.api.schemas.body import Body

_TOLD_BY_ERRORS = frozenset(
    {
        *("title", "pattern", "format", "additionalProperties"),
        *("maxLength", "minLength", "maxItems", "minItems", "maximum", "minimum"),
    }
)
"""A call that breaks one of these gets a sentence that says so."""


def compact_schema(model: type[Body]) -> dict[str, Any]:
    """The schema of a flat `model`: names, types, choices, defaults and descriptions."""
    schema = model.model_json_schema()
    compact: dict[str, Any] = {
        "type": "object",
        "properties": {name: _field(field) for name, field in schema["properties"].items()},
    }
    if required := schema.get("required"):
        compact["required"] = required
    return compact


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    """An optional field is its type: that it may be left out says `required`."""
    options = [option for option in field.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        field = {**options[0], **{name: field[name] for name in ("description",) if name in field}}
    kept = {
        name: value
        for name, value in field.items()
        if name not in _TOLD_BY_ERRORS and not (name == "default" and not value)
    }
    if isinstance(kept.get("items"), dict):
        kept["items"] = _field(kept["items"])
    return kept
