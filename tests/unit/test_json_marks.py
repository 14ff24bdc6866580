import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.json_marks import AT_ONCE, has_more_values, marks


@given(st.lists(st.text(), max_size=5))
def test_every_string_is_found_whole(texts: list[str]) -> None:
    encoded = json.dumps(texts).encode()
    found = [encoded[begin:end] for begin, end in marks(encoded)]
    assert found == [b"[", *(json.dumps(text).encode() for text in texts), b"]"]


@pytest.mark.parametrize("shift", range(4))
def test_escapes_at_the_edge_of_what_is_looked_at_are_escapes(shift: int) -> None:
    text = "x" * (AT_ONCE - shift) + '"\\' * 3
    encoded = json.dumps([text, text]).encode()
    assert len(list(marks(encoded))) == 4


def test_values_are_counted_outside_of_strings() -> None:
    encoded = json.dumps({"a": "[,,,,{", "b": [1, 2, 3], "c": [[], []]}).encode()
    counted = next(limit for limit in range(30) if not has_more_values(encoded, limit))
    assert 11 <= counted <= 14


@pytest.mark.parametrize("value", [b"[],", b"{},", b"1,", b'"",', b'{"a":1},'])
def test_a_bomb_is_told_before_it_is_looked_through(value: bytes) -> None:
    bomb = b"[" + value * (1024 * 1024)
    assert has_more_values(bomb, 1000)


def test_a_string_without_end_ends_with_the_text() -> None:
    assert list(marks(b'["ab\\')) == [(0, 1), (1, 5)]
