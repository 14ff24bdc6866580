"""The schemas inside a JSON schema, and where they stand in it."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

Path = tuple[str, ...]
"""Keys and positions from the root of a document."""

_ONE = frozenset(
    {
        "items",
        "additionalItems",
        "additionalProperties",
        "contains",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
        "not",
        "if",
        "then",
        "else",
    }
)
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})


def children_of(schema: object) -> Iterator[tuple[Path, object]]:
    """The schemas directly inside a schema, with the steps that lead to each."""
    if not isinstance(schema, Mapping):
        return
    for keyword, value in schema.items():
        if keyword in _NAMED and isinstance(value, Mapping):
            yield from (((keyword, str(name)), each) for name, each in value.items())
        elif keyword in _LISTS and isinstance(value, list):
            yield from (((keyword, str(at)), each) for at, each in enumerate(value))
        elif keyword in _ONE:
            yield (keyword,), value


def pointed_at(document: Mapping[str, object], reference: str) -> tuple[Path, object] | None:
    """What a `$ref` points at in its document; None when it points elsewhere or at nothing."""
    own = document.get("$id")
    if isinstance(own, str) and reference.startswith(own):
        reference = reference.removeprefix(own) or "#"
    if reference.startswith("#") and "/" not in reference and reference != "#":
        return _anchored(document, reference[1:])
    if reference != "#" and not reference.startswith("#/"):
        return None
    path = tuple(_unescaped(step) for step in reference.split("/")[1:])
    place: object = document
    for step in path:
        if isinstance(place, Mapping) and step in place:
            place = place[step]
        elif isinstance(place, list) and step.isdecimal() and int(step) < len(place):
            place = place[int(step)]
        else:
            return None
    return path, place


def pointer_of(path: Path) -> str:
    """The path as a JSON pointer (RFC 6901)."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)


def told(path: Path) -> str:
    """The path as people read it: `properties.city.pattern`."""
    return ".".join(path) or "its root"


def _anchored(document: Mapping[str, object], name: str) -> tuple[Path, object] | None:
    places: list[tuple[Path, object]] = [((), document)]
    while places:
        path, place = places.pop()
        if isinstance(place, Mapping) and place.get("$anchor") == name:
            return path, place
        places.extend((path + steps, each) for steps, each in children_of(place))
    return None


def _unescaped(step: str) -> str:
    return unquote(step).replace("~1", "/").replace("~0", "~")
