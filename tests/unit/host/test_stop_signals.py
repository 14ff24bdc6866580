"""Ctrl-C and `kill`."""

import signal
from collections.abc import Iterator

import pytest

from agent_memory.host.stop_signals import StopSignals


@pytest.fixture
def stop() -> Iterator[StopSignals]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signals = StopSignals()
    signals.listen()
    yield signals
    for number, handler in before.items():
        signal.signal(number, handler)


def test_whoever_stops_a_server_that_is_starting_is_told_so_at_once(
    stop: StopSignals, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not stop.wait(0)
    signal.raise_signal(signal.SIGINT)
    assert stop.wait(0)
    assert "Stopping as soon as this step is over" in capfd.readouterr().err
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_server_that_has_started_says_itself_that_it_drains(
    stop: StopSignals, capfd: pytest.CaptureFixture[str]
) -> None:
    stop.has_started = True
    signal.raise_signal(signal.SIGTERM)
    assert stop.wait(0)
    assert capfd.readouterr().err == ""
