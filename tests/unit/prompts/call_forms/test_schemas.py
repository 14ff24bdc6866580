import json

import pytest

from agent_memory.prompts.call_forms.schemas import ToolParameters

STRINGS = [
    {"type": "string"},
    {"type": ["string", "null"]},
    {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    {"oneOf": [{"type": "null"}, {"type": "string", "minLength": 1}]},
    {"enum": ["a", "b"]},
    {"const": "a"},
    {"$ref": "#/$defs/Text"},
    {"allOf": [{"$ref": "#/$defs/Text"}]},
    {"type": "string", "enum": ["1", "2"]},
    {"type": "string", "nullable": True},
]


def parameters(schema: object) -> ToolParameters:
    defs = {"Text": {"type": "string"}, "Loop": {"$ref": "#/$defs/Loop"}}
    return ToolParameters({"type": "object", "properties": {"x": schema}, "$defs": defs})


@pytest.mark.parametrize("schema", STRINGS, ids=json.dumps)
@pytest.mark.parametrize("text", ["", " a ", "123", "01", "true", "None", '"a"', "[1]", "\n"])
def test_what_may_be_a_string_is_the_text_itself(schema: object, text: str) -> None:
    assert parameters(schema).value("x", text) == text


def test_null_is_a_word_for_what_is_only_a_string() -> None:
    assert parameters({"type": "string"}).value("x", "null") == "null"
    assert parameters({"type": ["string", "null"]}).value("x", "null") is None


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, " 12\n", 12),
        ({"type": "integer"}, "12.0", 12),
        ({"type": "integer"}, "12.5", "12.5"),
        ({"type": "integer"}, "twelve", "twelve"),
        ({"type": "integer"}, '"12"', '"12"'),
        ({"type": "integer"}, "9" * 40, int("9" * 40)),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "number"}, "3", 3),
        ({"type": "number"}, "NaN", "NaN"),
        ({"type": "number"}, "1e999", "1e999"),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "False", False),
        ({"type": "boolean"}, "yes", "yes"),
        ({"type": ["integer", "null"]}, "null", None),
        ({"type": ["integer", "null"]}, "None", None),
        ({"type": "array"}, "[1, 'a', None]", [1, "a", None]),
        ({"type": "object"}, '{"a": "b\nc"}', {"a": "b\nc"}),
        ({"type": "object"}, "{'a': True}", {"a": True}),
        ({"type": "object"}, "{1: 2}", "{1: 2}"),
        ({"type": "object"}, "[1]", "[1]"),
        ({"enum": [1, 2, None]}, "2", 2),
        ({}, '{"a": 1}', {"a": 1}),
        ({}, "12", "12"),
        (True, "12", "12"),
        ({"$ref": "#/$defs/Loop"}, "12", "12"),
        ({"$ref": "elsewhere.json"}, "12", "12"),
        ({"$ref": "#/$defs/Nothing"}, "12", "12"),
    ],
)
def test_other_values_are_parsed_or_kept_as_text(schema: object, text: str, value: object) -> None:
    found = parameters(schema).value("x", text)
    assert found == value
    assert type(found) is type(value)


def test_a_parameter_that_no_schema_tells_is_read_as_it_looks() -> None:
    assert parameters({}).value("y", "[1]") == [1]
    assert parameters({}).value("y", "a [1]") == "a [1]"


def test_a_tool_is_open_to_other_names_where_its_schema_says_so() -> None:
    assert ToolParameters({}).is_open
    assert ToolParameters({"additionalProperties": {"type": "string"}}).is_open
    assert not ToolParameters({"additionalProperties": False}).is_open
    assert not parameters({}).is_open
