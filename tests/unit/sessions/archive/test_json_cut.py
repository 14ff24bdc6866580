import json
import threading
import time

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent_memory.sessions.archive.json_cut import MAX_DEPTH, CutObject, nesting, take_numbers

MANY = {"a": 1000, "b": 1000}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=3,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=2)


@settings(max_examples=25, deadline=None)
@given(st.lists(OBJECTS, max_size=2), st.lists(OBJECTS, max_size=2), st.booleans(), VALUES)
def test_the_pieces_and_the_skeleton_are_all_there_was(
    a: list[object], b: list[object], is_spread: bool, other: object
) -> None:
    whole = {"other": {"in": other}, "a": a, "text": 'a ] " {', "b": b}
    text = json.dumps(whole, indent=2 if is_spread else None).encode()
    assume(nesting(text) <= MAX_DEPTH)

    cut = CutObject(text, MANY)

    assert [json.loads(piece) for piece in cut.pieces("a")] == a
    assert [json.loads(piece) for piece in cut.pieces("b")] == b
    assert json.loads(cut.skeleton) == {**whole, "a": [0] * len(a), "b": [0] * len(b)}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b'{"a":[{}', "do not match"),
        (b'{"a":[{"x":"', "do not match"),
        (b'{"a":[],"a":[{}]}', "there twice"),
        (b'{"a":[' + b"[" * 100, "levels deep"),
        (b'{"a":[' + b"{}," * 20_000, "more than 10000 entries"),
        (b'{"a":[{"x":[' + b"1," * 2000, "do not match"),
        (b'{"a":[{"x":[' + b"1," * 2000 + b"1]}]}", "too many values"),
        (b'{"a":[{"x":[' + b"[]," * 2000, "too many values"),
        (b'{"x":[' + b"1," * 2000 + b"1]}", "too many values"),
        (b"{" + b'"x":1,' * 2000, "too many values"),
        (b'{"x":"' + b"1" * 5_000_000 + b'"}', "bytes in one place"),
        (b'{"x":[' + b"1" * 5_000_000 + b"]}", "bytes in one place"),
        (b"[]", None),
    ],
)
def test_what_cannot_be_a_manifest_is_told_early(text: bytes, complaint: str | None) -> None:
    if complaint is None:
        assert CutObject(text, MANY).skeleton == text
        return
    with pytest.raises(ValueError, match=complaint):
        CutObject(text, MANY)


@given(st.lists(st.integers(0, 2**32 - 1)), st.text())
def test_numbers_are_taken_out_whatever_stands_beside_them(numbers: list[int], text: str) -> None:
    whole = {"text": text + '"tokens":[7]', "tokens": numbers, "at": 3}
    rest, taken = take_numbers(orjson.dumps(whole))
    assert list(taken["tokens"]) == numbers
    assert orjson.loads(rest) == {**whole, "tokens": []}


def test_a_long_list_of_numbers_is_the_same_list() -> None:
    numbers = list(range(100_000))
    assert list(take_numbers(orjson.dumps({"tokens": numbers}))[1]["tokens"]) == numbers


@pytest.mark.parametrize("numbers", ["1,,2", "1 2", ",", "1,", "01", "4294967296", "9" * 5000])
def test_what_is_no_list_of_tokens_is_refused(numbers: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        take_numbers(f'{{"tokens":[{numbers}]}}'.encode())


def test_nesting_is_counted_outside_of_strings() -> None:
    assert nesting(b'{"a":["[[[[\\"[[",[1]]}') == 3


def test_other_threads_go_on_meanwhile() -> None:
    """Half a million numbers are parsed in pieces: nothing holds the interpreter for long."""
    turn = {"tokens": list(range(500_000, 1_000_000))}
    text = orjson.dumps({"a": [turn]})
    num_ticks, is_over = 0, threading.Event()

    def tick() -> None:
        nonlocal num_ticks
        while not is_over.is_set():
            time.sleep(0.001)
            num_ticks += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    for piece in CutObject(text, {"a": 1_000_000}).pieces("a"):
        take_numbers(piece)
    is_over.set()
    ticker.join()
    assert num_ticks > 1
