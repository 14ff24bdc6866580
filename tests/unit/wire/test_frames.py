"""Frames, however the bytes are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.engine.events import Finished, Generated
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    Ping,
    TextDelta,
    ThinkingDelta,
    TokenLogprob,
    ToolCallDelta,
    ToolCallStarted,
    TurnStep,
)
from agent_memory.wire.frames import FrameReader, frame_of

indices = st.integers(0, 20)
counts = st.integers(0, 1 << 40)
logprobs = st.lists(st.builds(TokenLogprob, st.text(), st.just((1, 255)), st.floats(-9, 0)))
deltas = st.lists(
    st.one_of(
        st.builds(TextDelta, indices, st.text(), counts),
        st.builds(TextDelta, indices, st.text(), counts, logprobs.map(tuple)),
        st.builds(ThinkingDelta, indices, st.text(), counts),
        st.builds(ToolCallStarted, indices, st.text(), st.text()),
        st.builds(ToolCallDelta, indices, st.text(), counts),
    ),
    max_size=3,
).map(tuple)
token_ids = st.lists(counts, max_size=4).map(tuple)
answers = st.one_of(
    st.builds(Generated, indices, token_ids, deltas),
    st.builds(TurnStep, deltas, token_ids),
    st.builds(Finished, indices, st.sampled_from(FinishReason), st.none(), st.booleans(), deltas),
    st.just(TurnStep((Ping(1, 2),))),
    st.just(TurnStep((TextDelta(0, "a", 1), ChoiceFinished(0, FinishReason.STOP)), (7,))),
)


@given(values=st.lists(answers, max_size=6), size=st.integers(1, 500))
def test_answers_come_out_equal_and_of_the_same_types(values: list[object], size: int) -> None:
    data = b"".join(map(frame_of, values))
    reader = FrameReader()
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    read = [value for piece in pieces for value in reader.feed(piece)]
    assert read == values
    assert repr(read) == repr(values)


def test_a_token_with_its_text_takes_few_bytes() -> None:
    assert len(frame_of(Generated(0, (40_000,), (TextDelta(0, " word", 1),)))) < 64


@given(
    values=st.lists(st.one_of(st.integers(), st.text(), st.binary(max_size=300)), max_size=6),
    size=st.integers(1, 50),
)
def test_values_come_out_as_they_went_in_however_they_are_cut(
    values: list[object], size: int
) -> None:
    data = b"".join(map(frame_of, values))
    reader = FrameReader()
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    assert [value for piece in pieces for value in reader.feed(piece)] == values


def test_a_length_beyond_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="frame"):
        FrameReader().feed(b"\xff\xff\xff\xff" + b"x" * 10)


def test_a_form_that_nobody_writes_is_refused() -> None:
    with pytest.raises(ValueError, match="form"):
        FrameReader().feed(b"\x02\x00\x00\x00?x")
