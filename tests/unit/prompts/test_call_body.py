import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.prompts.call_body import CallBody


def test_arguments_are_given_out_while_they_are_written() -> None:
    body = CallBody(is_json=True)
    given_out = [body.feed(text) for text in ('\n{"name": "f", ', '"arguments": {"a"', ": 1", "}}")]
    assert given_out == ["", '{"a"', ":", "1}"]
    assert body.name == "f"
    assert body.is_complete


def test_nothing_is_given_out_before_the_name_is_known() -> None:
    body = CallBody(is_json=True)
    assert body.feed('{"arguments": {"a": 1}, "name": "f"}') == ""
    assert body.name is None
    assert body.raw == '{"arguments": {"a": 1}, "name": "f"}'


def test_another_format_is_kept_whole() -> None:
    body = CallBody(is_json=False)
    assert body.feed('{"name": "f", "arguments": {"a": 1}}') == ""
    assert body.name is None


def test_it_is_known_when_the_text_stands_in_a_string() -> None:
    body = CallBody(is_json=True)
    body.feed('{"name": "f", "arguments": {"text": "</tool')
    assert body.is_in_string
    body.feed('_call>"')
    assert not body.is_in_string


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('{"a": [1, "tw', '{"a":[1,"tw'),
        ('{"amount": 12', '{"amount":12'),
        ('{"comma', '{"comma'),
        ('{"a": 1, ', '{"a":1,'),
        ('{"a": "\\u00', '{"a":"\\u00'),
        ('{"a": 1 "b', '{"a":1"b'),
    ],
)
def test_arguments_that_are_cut_off_end_as_they_were_written(written: str, told: str) -> None:
    body = CallBody(is_json=True)
    begun = body.feed('{"name": "f", "arguments": ' + written)
    assert begun + body.cut() == told


def test_only_brackets_are_put_where_the_model_forgot_them() -> None:
    body = CallBody(is_json=True)
    begun = body.feed('{"name": "f", "arguments": {"a": [1, 2')
    assert begun + (body.close() or "") == '{"a":[1,2]}'
    body = CallBody(is_json=True)
    body.feed('{"name": "f", "arguments": {"a": ')
    assert body.close() is None


def test_what_could_not_be_read_is_kept() -> None:
    body = CallBody(is_json=True)
    assert body.feed('{"name": "f", "arguments": {"a": 1 "b"}}') == '{"a":1'
    assert body.is_broken
    assert body.unread == '"b"}}'


@given(st.integers(490, 530), st.lists(st.integers(1, 560), max_size=4))
def test_the_longest_name_that_is_streamed_does_not_depend_on_cuts(
    length: int, cuts: list[int]
) -> None:
    text = '{"name": "' + "n" * length + '", "arguments": {"a": 1}}'
    whole = CallBody(is_json=True)
    whole.feed(text)
    cut = CallBody(is_json=True)
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(text)], strict=True):
        cut.feed(text[begin:end])
    assert whole.name == cut.name
