"""Frames, however the bytes are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.actors.frames import FrameReader, frame_of


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
