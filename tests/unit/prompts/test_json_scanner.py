import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.prompts.json_scanner import JsonScanner, mend_json

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)
objects = st.dictionaries(st.text(max_size=4), json_values, max_size=4)


@given(objects, st.booleans(), st.sampled_from([None, 2]))
def test_json_comes_out_compact_and_equal(
    value: dict[str, object], is_ascii: bool, indent: int | None
) -> None:
    compact, _ = JsonScanner().feed(json.dumps(value, ensure_ascii=is_ascii, indent=indent))
    assert json.loads(compact) == value
    expected = json.dumps(value, ensure_ascii=is_ascii, separators=(",", ":"))
    assert compact == expected


@given(objects, st.data())
def test_what_is_cut_off_is_told_as_it_was_written_and_is_no_value(
    value: dict[str, object], data: st.DataObject
) -> None:
    text = json.dumps(value, separators=(",", ":"))
    written = text[: data.draw(st.integers(1, len(text) - 1))]
    scanner = JsonScanner()
    begun, _ = scanner.feed(written)
    told = begun + scanner.cut()
    assert told == written
    with pytest.raises(ValueError, match="line 1"):
        json.loads(told)


@given(objects, st.data())
def test_what_brackets_can_complete_is_completed_by_them(
    value: dict[str, object], data: st.DataObject
) -> None:
    text = json.dumps(value)
    scanner = JsonScanner()
    begun, _ = scanner.feed(text[: data.draw(st.integers(1, len(text)))])
    closing = scanner.close()
    if closing is not None:
        assert isinstance(json.loads(begun + closing), dict)
        assert set(closing) <= set("}]-+.0123456789eEtrufalsn")


@given(st.text('{}[]:,"\\u0a1tn \n', max_size=30))
def test_any_text_gives_the_beginning_of_valid_json_however_it_is_cut(tail: str) -> None:
    text = '{"a":' + tail
    whole = JsonScanner()
    at_once, num_read = whole.feed(text)
    piecewise = JsonScanner()
    pieces = "".join(piecewise.feed(char)[0] for char in text)
    assert pieces == at_once
    assert (piecewise.is_complete, piecewise.is_broken) == (whole.is_complete, whole.is_broken)
    assert num_read == len(text) or whole.is_complete or whole.is_broken
    closing = whole.close()
    assert whole.is_broken or closing is None or isinstance(json.loads(at_once + closing), dict)


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ('{"a": 1,}', '{"a":1}'),
        ('{"a": [1, 2, ], }', '{"a":[1,2]}'),
        ('{"a": True, "b": None}', '{"a":true,"b":null}'),
        ('{"a": "two\nlines"}', '{"a":"two\\nlines"}'),
        ('{"a": "C:\\path \\q"}', '{"a":"C:\\\\path \\\\q"}'),
        ('{"a": "\\u00e9\\u12"}', '{"a":"\\u00e9\\\\u12"}'),
        ('Here: {"a": 1} and more }', '{"a":1}'),
        ("{}", "{}"),
    ],
)
def test_trivial_faults_are_mended(written: str, mended: str) -> None:
    assert mend_json(written) == mended
    json.loads(mended)


@pytest.mark.parametrize(
    "written", ["", "no json", '{"a": }', "{'a': 1}", '{"a" 1}', '{"a": 1', '{"a": nope}', "{,}"]
)
def test_other_faults_are_not_mended(written: str) -> None:
    assert mend_json(written) is None


def test_reading_ends_behind_the_value() -> None:
    scanner = JsonScanner()
    assert scanner.feed('{"a": 1}} tail') == ('{"a":1}', 8)
    assert scanner.feed("more") == ("", 0)
