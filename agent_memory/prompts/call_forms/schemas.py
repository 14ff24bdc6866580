"""A tool's schema, asked about the text that a model has written for one of its parameters."""

import ast
import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence

_TYPES: Mapping[type, frozenset[str]] = {
    type(None): frozenset({"null"}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    float: frozenset({"number"}),
    str: frozenset({"string"}),
    dict: frozenset({"object"}),
    list: frozenset({"array"}),
}
_ANY = frozenset({"array", "object"})
_PYTHON_WORDS = {"True": True, "False": False, "None": None}
_LITERAL_ERRORS = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


class ToolParameters:
    """The parameters of one tool, by name."""

    def __init__(self, schema: Mapping[str, object]) -> None:
        self._schema = schema
        properties = schema.get("properties")
        self._properties = properties if isinstance(properties, Mapping) else {}
        is_open = schema.get("additionalProperties", not self._properties)
        self.is_open = bool(is_open) or isinstance(is_open, Mapping)
        """Whether a parameter may bear a name that the schema does not tell."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the schema tells."""
        return tuple(self._properties)

    def value(self, name: str, text: str) -> object:
        """The value that `text` stands for. The text itself where the parameter may be a string,
        and where no value of its types is written like that."""
        return schema_value(text, self._types_of(self._properties.get(name)))

    def may_be_text(self, name: str) -> bool:
        """Whether the value is text as it stands, blanks included."""
        types = self.types(name)
        return "string" in types or not types

    def types(self, name: str) -> frozenset[str]:
        """The JSON types that the value may have; none where it may have all."""
        return self._types_of(self._properties.get(name))

    def _types_of(self, schema: object) -> frozenset[str]:
        return frozenset(_types(schema, self._schema, frozenset()))


def schema_value(text: str, types: frozenset[str]) -> object:
    """`text` read as one of these JSON types; no types: whatever it may be."""
    if "string" in types:
        return None if text == "null" and "null" in types else text
    written = text.strip()
    for value in _readings(written):
        if _is_json(value) and fits(value, types or _ANY):
            return int(value) if isinstance(value, float) and "number" not in types else value
    return text


def fits(value: object, types: frozenset[str]) -> bool:
    """Whether a value is of one of these JSON types."""
    return bool(types & _types_of_value(value))


def _types_of_value(value: object) -> frozenset[str]:
    if isinstance(value, float) and value.is_integer():
        return frozenset({"integer", "number"})
    return _TYPES.get(type(value), frozenset())


def _readings(text: str) -> Iterator[object]:
    """What the text may stand for: JSON, or the literals of Python that some templates render."""
    with contextlib.suppress(ValueError, RecursionError):
        yield json.loads(text, strict=False, parse_constant=_refuse)
    if text in _PYTHON_WORDS:
        yield _PYTHON_WORDS[text]
    elif text.lower() in {"true", "false"}:
        yield text.lower() == "true"
    elif text[:1] in {"[", "{"}:
        try:
            value = ast.literal_eval(text)
        except _LITERAL_ERRORS:
            return
        yield value


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _is_json(value: object) -> bool:
    match value:
        case None | bool() | int() | str():
            return True
        case float():
            return value - value == 0
        case list():
            return all(_is_json(item) for item in value)
        case dict():
            return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
        case _:
            return False


def _types(schema: object, root: Mapping[str, object], seen: frozenset[str]) -> Iterator[str]:
    """The JSON types that a schema names, in any of the ways in which it can."""
    if not isinstance(schema, Mapping):
        return
    named = schema.get("type")
    if isinstance(named, str):
        yield named
    elif isinstance(named, Sequence):
        yield from (each for each in named if isinstance(each, str))
    else:
        yield from _types_of_values(schema)
    if schema.get("nullable") is True:
        yield "null"
    for keyword in ("anyOf", "oneOf", "allOf"):
        for choice in _listed(schema.get(keyword)):
            yield from _types(choice, root, seen)
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        yield from _types(_resolved(reference, root), root, seen | {reference})


def _types_of_values(schema: Mapping[str, object]) -> Iterator[str]:
    """The types of the values that are listed, where no type is named."""
    values = [*_listed(schema.get("enum")), *([schema["const"]] if "const" in schema else [])]
    for value in values:
        yield from _types_of_value(value)


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _resolved(reference: str, root: Mapping[str, object]) -> object:
    """What a reference within the schema points to; None for any other."""
    if not reference.startswith("#"):
        return None
    found: object = root
    for part in reference[1:].strip("/").split("/") if reference != "#" else ():
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found
