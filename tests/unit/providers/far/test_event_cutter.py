import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_memory.errors import UpstreamBroken
from agent_memory.providers.far import event_cutter
from agent_memory.providers.far.event_cutter import EventCutter

STREAM = (
    b'event: a\ndata: {"x": 1}\n\n: a comment\n\ndata: one\ndata:two\n\n'
    b"event: b\r\ndata: crlf\r\n\r\ndata: \xe2\x80\xa8 \xff\n\ndata: [DONE]\n\n"
)
DATA = [b'{"x": 1}', b"", b"one\ntwo", b"crlf", b"\xe2\x80\xa8 \xff", b"[DONE]"]


def test_it_is_the_same_events_cut_at_every_byte() -> None:
    for at in range(len(STREAM) + 1):
        cutter = EventCutter()
        events = [*cutter.feed(STREAM[:at]), *cutter.feed(STREAM[at:]), *cutter.close()]
        assert [event.data for event in events] == DATA
        assert b"".join(event.raw for event in events) == STREAM
        assert [event.name for event in events] == ["a", "", "", "b", "", ""]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_it_is_the_same_events_however_often_it_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    cutter = EventCutter()
    events = [e for a, b in itertools.pairwise(places) for e in cutter.feed(STREAM[a:b])]
    assert [event.data for event in [*events, *cutter.close()]] == DATA


def test_an_event_that_has_not_ended_is_not_told() -> None:
    cutter = EventCutter()
    assert cutter.feed(b"data: half\n") == []
    assert cutter.close() == []


def test_an_event_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_cutter, "MAX_EVENT_BYTES", 100)
    with pytest.raises(UpstreamBroken):
        EventCutter().feed(b"data: " + b"x" * 200)
