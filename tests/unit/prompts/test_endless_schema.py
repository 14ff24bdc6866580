"""A schema that can never be satisfied to the end is found, and where it is."""

from collections.abc import Mapping

import pytest

from agent_memory.prompts.endless_schema import endless_part
from agent_memory.prompts.schema_paths import pointed_at, pointer_of, told

STRING = {"type": "string"}


def defs(root: Mapping[str, object], **schemas: object) -> dict[str, object]:
    return {**root, "$defs": schemas}


def ref(name: str) -> dict[str, object]:
    return {"$ref": f"#/$defs/{name}"}


ENDLESS: dict[str, tuple[dict[str, object], str]] = {
    "itself": ({"$ref": "#"}, "its root"),
    "one another": (defs(ref("a"), a=ref("b"), b=ref("a")), "its root"),
    "three in a ring, in a property": (
        defs({"type": "object", "properties": {"x": ref("a")}}, a=ref("b"), b=ref("c"), c=ref("a")),
        "properties.x",
    ),
    "by an anchor": ({"$defs": {"a": {"$anchor": "here", "$ref": "#here"}}}, "$defs.a"),
    "by its own address": (
        {"$id": "https://a.example/b", "$ref": "https://a.example/b"},
        "its root",
    ),
    "through allOf": (defs({}, a={"allOf": [STRING, ref("a")]}), "$defs.a"),
    "through every branch": (defs({}, a={"anyOf": [ref("a"), ref("b")]}, b=ref("a")), "$defs.a"),
    "beside other keywords": (defs({}, a={"type": "object", **ref("a")}), "$defs.a"),
    "an object that must hold itself": (
        {"type": "object", "properties": {"x": {"$ref": "#"}}, "required": ["x"]},
        "its root",
    ),
    "an array that must hold itself": (
        {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
        "its root",
    ),
    "a first item that is the array": (
        {"type": "array", "prefixItems": [{"$ref": "#"}], "minItems": 1},
        "its root",
    ),
    "an alternative that never ends": (
        defs({"anyOf": [STRING, ref("a")]}, a={"oneOf": [ref("a")]}),
        "anyOf.1",
    ),
    "a pointer with escapes": (
        {"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"$ref": "#"}}},
        "its root",
    ),
}
ENDING: dict[str, dict[str, object]] = {
    "empty": {},
    "a list of itself": {"type": "array", "items": {"$ref": "#"}},
    "a tree": defs(
        ref("node"),
        node={
            "type": "object",
            "properties": {"left": {"anyOf": [ref("node"), {"type": "null"}]}, "value": STRING},
            "required": ["left", "value"],
        },
    ),
    "an object that may hold itself": {"type": "object", "properties": {"next": {"$ref": "#"}}},
    "a value of several kinds that may hold itself": {
        "type": ["object", "null"],
        "properties": {"next": {"$ref": "#"}},
        "required": ["next"],
    },
    "a chain of references": defs(ref("a"), a=ref("b"), b=ref("c"), c=STRING),
    "the same twice": defs({"allOf": [ref("a"), ref("a")]}, a=STRING),
    "a reference elsewhere": {"$ref": "https://example.com/schema"},
    "a reference to nothing": ref("nothing"),
    "a property of that name": {"type": "object", "properties": {"$ref": STRING}},
    "what is no schema": {"properties": 7, "anyOf": "x", "items": [True, False], "required": 3},
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_schema_that_never_ends_is_found(name: str) -> None:
    schema, where = ENDLESS[name]
    path = endless_part(schema)
    assert path is not None
    assert told(path) == where


@pytest.mark.parametrize("name", ENDING)
def test_a_schema_that_ends_is_left_alone(name: str) -> None:
    assert endless_part(ENDING[name]) is None


def test_a_schema_may_be_deep_and_have_many_references() -> None:
    schemas: dict[str, object] = {f"a{at}": ref(f"a{at + 1}") for at in range(2_000)}
    deep: dict[str, object] = {"type": "string"}
    for _ in range(2_000):
        deep = {"type": "object", "properties": {"x": deep}, "required": ["x"]}
    assert endless_part({"$defs": {**schemas, "a2000": deep}}) is None
    assert endless_part({"$defs": {**schemas, "a2000": ref("a0")}}) == ("$defs", "a0")


def test_a_pointer_leads_back_to_where_it_was_made() -> None:
    document = {"$defs": {"a/b~c": {"anyOf": [STRING, {"const": 1}]}}}
    path = ("$defs", "a/b~c", "anyOf", "1")
    assert pointed_at(document, f"#{pointer_of(path)}") == (path, {"const": 1})
    assert pointed_at(document, "#/$defs/nothing") is None
