import json

from agent_memory.prompts.tool_schema import ordered_schema


def test_shuffled_keywords_give_one_schema() -> None:
    one = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    other = {"properties": {"a": {"type": "string"}}, "type": "object", "required": ["a"]}
    assert json.dumps(ordered_schema(one)) == json.dumps(ordered_schema(other))


def test_properties_keep_the_order_of_their_author() -> None:
    schema = {"properties": {"z": {"type": "string"}, "a": {"minimum": 1, "type": "integer"}}}
    ordered = ordered_schema(schema)
    assert json.dumps(ordered) == (
        '{"properties": {"z": {"type": "string"}, "a": {"type": "integer", "minimum": 1}}}'
    )


def test_values_are_no_schemas_and_stay_as_they_are() -> None:
    schema = {"enum": [{"b": 1, "a": 2}], "default": {"z": 1, "type": 2}}
    assert json.dumps(ordered_schema(schema)) == (
        '{"enum": [{"b": 1, "a": 2}], "default": {"z": 1, "type": 2}}'
    )


def test_nothing_is_lost() -> None:
    schema = {
        "anyOf": [{"type": "null"}, {"$ref": "#/$defs/x"}],
        "$defs": {"x": {"type": "string"}},
    }
    assert ordered_schema(schema) == schema
