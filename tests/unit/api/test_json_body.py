"""Bodies that are not what they should be are a 400 that says why."""

from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Literal

import orjson
import pytest
from pydantic import Field

from agent_memory.api.half_characters import count_halves
from agent_memory.api.json_body import json_depth, judged, parse_body, parse_object, understood
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.body import Body, Inner
from agent_memory.api.schemas.chat import ChatBody
from agent_memory.errors import InvalidRequest

LIMITS = Limits(max_json_depth=8, max_json_values=150_000, max_messages=3, max_tools=2)


class Part(Inner):
    type: Literal["text"]
    text: str


class Sample(Body):
    refused: ClassVar = {"echo": "the prompt is not repeated."}
    messages: list[str | list[Part]] = Field(default_factory=list)
    tools: list[object] | None = None
    count: Annotated[int, Field(ge=1)] = 1
    deep: object = None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"count": NaN}', "not valid JSON"),
        (b'{"deep": "\xff"}', "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"deep":' + b"[" * 8 + b"]" * 8 + b"}", "nests 9 levels deep; the limit is 8"),
        (b'{"deep":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "more than 1024"),
        (b'{"deep":' + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"}", "more than 1024"),
        (b'{"deep": [' + b"[]," * 160_000 + b"1]}", "more than 150000 values"),
        (b'{"deep": [' + b"1," * 160_000 + b"1]}", "more than 150000 values"),
        (b'{"messages": ["a","b","c","d"]}', "4 messages were sent; the limit is 3"),
        (b'{"tools": [1,2,3]}', "3 tools were sent; the limit is 2"),
        (b'{"echo": true}', "'echo' is not supported: the prompt is not repeated."),
        (b'{"other": 1}', "Unknown field 'other'"),
        (b'{"count": 0}', "count: "),
        (b'{"count": "1"}', "count: "),
        (b'{"messages": [[{"type": "text", "text": 1}]]}', "messages.0.0.text: "),
    ],
)
def test_a_wrong_body_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_body(raw, Sample, LIMITS)
    assert words in str(caught.value)


def test_what_is_not_ours_to_judge_is_passed_over() -> None:
    fields: dict[str, object] = {"echo": True, "other": 1, "count": 2}
    body = understood(fields, Sample, LIMITS)
    assert body.model_dump() == judged({"count": 2}, Sample, LIMITS).model_dump()
    assert body.ignored == ("echo", "other")


@pytest.mark.parametrize("fields", [{"count": 0}, {"messages": ["a", "b", "c", "d"]}])
def test_the_parts_of_a_turn_are_judged_under_any_provider(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        understood(fields, Sample, LIMITS)


@pytest.mark.parametrize("judge", [judged, understood])
def test_notes_inside_an_object_are_ignored_under_any_provider(
    judge: Callable[[Mapping[str, object], type[Sample], Limits], Sample],
) -> None:
    part = {"type": "text", "text": "a"}
    noted = judge({"messages": [[{**part, "note": 1}]]}, Sample, LIMITS)
    assert noted == judge({"messages": [[part]]}, Sample, LIMITS)


def test_complaints_do_not_repeat_what_was_sent() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_body(b'{"count": "secret"}', Sample, LIMITS)
    assert "secret" not in str(caught.value)


def test_a_refused_field_may_be_sent_empty() -> None:
    body = parse_body(b'{"echo": false, "count": 2, "messages": ["a"]}', Sample, LIMITS)
    assert (body.count, body.messages) == (2, ["a"])


@pytest.mark.parametrize(
    ("value", "depth"), [({}, 1), ({"a": 1}, 1), ({"a": [1, {"b": []}], "c": {}}, 4)]
)
def test_depth_counts_containers_inside_each_other(value: object, depth: int) -> None:
    assert json_depth(value) == depth


def test_a_field_of_two_forms_is_judged_by_the_one_that_was_meant() -> None:
    raw = orjson.dumps({"messages": [{"role": "user", "content": "Hi"}], "stop": ["x"] * 65})
    with pytest.raises(InvalidRequest, match=r"^stop: .* at most 64 items .* not 65$"):
        parse_body(raw, ChatBody, LIMITS)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb'{"deep": "a \ud83d b"}', "a \ufffd b"),
        (rb'{"deep": "\ude00\ud83d\ude00\uD83D"}', "\ufffd\U0001f600\ufffd"),
        (rb'{"deep": "\\ud83d \ud83d"}', "\\ud83d \ufffd"),
    ],
)
def test_half_a_character_becomes_the_sign_of_replacement(raw: bytes, text: str) -> None:
    assert parse_object(raw, Limits()) == {"deep": text}
    assert count_halves(raw) == text.count("\ufffd")
