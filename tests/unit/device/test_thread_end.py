"""A thread whose destructors still run when it has been joined."""

import signal
import sys
import threading
import time

import pytest

from agent_memory.device.thread_end import wait_until_gone


@pytest.fixture
def before_3_13(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 12, 0))


@pytest.fixture
def ended() -> threading.Thread:
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    return thread


@pytest.mark.usefixtures("before_3_13")
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_thread_that_runs_is_waited_for(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    ending = threading.Event()
    thread = threading.Thread(target=ending.wait)
    thread.start()
    began_at = time.monotonic()
    wait_until_gone(thread, timeout_s=0.2)
    assert time.monotonic() - began_at >= 0.2
    ending.set()
    thread.join()


@pytest.mark.usefixtures("before_3_13")
def test_where_there_is_no_proc_the_system_is_asked_until_it_knows_no_such_thread(
    ended: threading.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def kill(ident: int, sign: int) -> None:
        asked.append(sign)
        if len(asked) == 3:
            raise ProcessLookupError

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(signal, "pthread_kill", kill)
    wait_until_gone(ended, timeout_s=30)
    assert asked == [0, 0, 0]


@pytest.mark.usefixtures("before_3_13")
def test_a_thread_that_has_gone_is_not_waited_for(ended: threading.Thread) -> None:
    wait_until_gone(ended, timeout_s=30)


def test_from_python_3_13_on_joining_is_enough(
    ended: threading.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    monkeypatch.setattr(signal, "pthread_kill", lambda *_: pytest.fail("it was asked"))
    wait_until_gone(ended)
