import orjson
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.json_spans import Splice, elements, members, spliced, without

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=6), JSON))
def test_every_member_is_found_with_its_name_and_its_value(value: dict[str, object]) -> None:
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    found = {span.name: orjson.loads(text[span.value : span.end]) for span in members(text)}
    assert found == value


@given(st.lists(JSON, max_size=6))
def test_every_element_is_found(value: list[object]) -> None:
    text = orjson.dumps(value)
    assert [orjson.loads(text[span.value : span.end]) for span in elements(text)] == value


@given(st.dictionaries(st.text(max_size=6), JSON), st.data())
def test_what_is_left_without_some_members_is_the_object_without_them(
    value: dict[str, object], data: st.DataObject
) -> None:
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    gone = data.draw(st.sets(st.sampled_from(sorted(value)))) if value else set[str]()
    left = spliced(text, without(list(members(text)), gone))
    assert orjson.loads(left) == {k: v for k, v in value.items() if k not in gone}


def test_all_other_bytes_stay_when_one_value_is_replaced() -> None:
    text = b'{ "a" : 1.0e2,\n\t"model":"x\\u0041" , "b":[ 1,{"model":"y"}, "\\/" ] }'
    (span,) = (one for one in members(text) if one.name == "model")
    changed = spliced(text, [Splice(span.value, span.end, b'"z"')])
    assert changed == b'{ "a" : 1.0e2,\n\t"model":"z" , "b":[ 1,{"model":"y"}, "\\/" ] }'


def test_a_name_in_escapes_is_the_name_that_it_stands_for() -> None:
    assert [span.name for span in members(b'{"mod\\u0065l":"x","model":"y"}')] == ["model", "model"]
