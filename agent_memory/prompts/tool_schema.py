"""JSON schemas of tools in one order, so that clients that shuffle keys send one prompt."""

from collections.abc import Mapping

_FIRST = ("type", "title", "description", "enum", "properties", "items", "required")
_NAMED = frozenset({"properties", "$defs", "definitions", "patternProperties", "dependentSchemas"})


def ordered_schema(schema: Mapping[str, object]) -> dict[str, object]:
    """The schema with its keywords in a fixed order. The order of properties is the author's and
    stays: the model writes arguments in that order."""
    return {key: _ordered_value(key, schema[key]) for key in sorted(schema, key=_rank)}


def _rank(key: str) -> tuple[int, str]:
    return (_FIRST.index(key) if key in _FIRST else len(_FIRST), key)


def _ordered_value(keyword: str, value: object) -> object:
    if keyword in {"enum", "const", "default", "examples"}:
        return value
    if isinstance(value, Mapping):
        if keyword in _NAMED:
            return {name: _ordered_value("", each) for name, each in value.items()}
        return ordered_schema(value)
    if isinstance(value, list):
        return [_ordered_value("", each) for each in value]
    return value
