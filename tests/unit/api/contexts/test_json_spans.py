"""Values are cut out of a JSON text as they were written."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent_memory.api.contexts.json_spans import entry_spans, member_spans

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


def test_blanks_digits_and_escapes_stay() -> None:
    text = ' {"a" : { "x":1.10 ,"y": "\\u00e9"} ,\n "b":[1e2, -0.0 ], "a\\"c":""} '
    cut = {name: text[begin:end] for name, (begin, end) in member_spans(text).items()}
    assert cut == {"a": '{ "x":1.10 ,"y": "\\u00e9"}', "b": "[1e2, -0.0 ]", 'a"c': '""'}
    begin, _ = member_spans(text)["b"]
    assert [text[first:last] for first, last in entry_spans(text, begin)] == ["1e2", "-0.0"]


def test_of_a_name_that_stands_twice_the_last_counts() -> None:
    text = '{"data": 1, "data": 2}'
    begin, end = member_spans(text)["data"]
    assert text[begin:end] == "2"


def test_what_is_empty_has_no_spans() -> None:
    assert (member_spans("{ }"), entry_spans("[ ]", 0)) == ({}, [])


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4), st.sampled_from([None, 1]))
def test_every_span_holds_its_value(values: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(values, indent=indent)
    spans = member_spans(text)
    assert {name: json.loads(text[begin:end]) for name, (begin, end) in spans.items()} == values
