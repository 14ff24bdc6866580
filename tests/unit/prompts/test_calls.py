import pytest

from agent_memory.prompts.calls import (
    ParsedCall,
    calls_from_value,
    parse_json_calls,
    parse_or_mend,
)


@pytest.mark.parametrize(
    "value",
    [
        {"name": "f", "arguments": {"a": 1}},
        {"name": "f", "arguments": '{"a": 1}'},
        {"name": "f", "parameters": {"a": 1}},
        {"type": "function", "function": {"name": "f", "arguments": {"a": 1}}},
        [{"name": "f", "arguments": {"a": 1}}],
    ],
)
def test_a_call_is_read_in_each_of_its_shapes(value: object) -> None:
    assert calls_from_value(value) == (ParsedCall("f", '{"a":1}'),)


def test_a_call_without_arguments_has_an_empty_object() -> None:
    assert calls_from_value({"name": "f"}) == (ParsedCall("f", "{}"),)


def test_the_models_own_id_is_kept() -> None:
    (call,) = calls_from_value({"name": "f", "arguments": {}, "id": "functions.f:0"})
    assert call.id == "functions.f:0"


@pytest.mark.parametrize(
    "value", [None, [], "f", {"arguments": {}}, {"name": "f", "arguments": [1]}, {"name": ""}]
)
def test_what_is_no_call_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="call"):
        calls_from_value(value)


def test_several_calls_may_follow_each_other() -> None:
    calls = parse_json_calls('{"name":"f","arguments":{}}\n{"name":"g","arguments":{}}')
    assert [call.name for call in calls] == ["f", "g"]


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "f", "arguments": {"a": 1}}',
        '{"name": "f", "arguments": {"a": 1,}}',
        '{"name": "f", "arguments": {"a": 1}} Done.',
        'f: {"name": "f", "arguments": {"a": 1}}}',
    ],
)
def test_trivial_faults_are_mended(body: str) -> None:
    assert parse_or_mend(body, parse_json_calls) == (ParsedCall("f", '{"a":1}'),)


@pytest.mark.parametrize("body", ["", "call f please", '{"name": "f", "argu', '{"a": 1}'])
def test_what_cannot_be_mended_is_no_call(body: str) -> None:
    assert parse_or_mend(body, parse_json_calls) is None
