"""A port that is asked for while something still listens there."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from agent_memory.errors import Conflict
from agent_memory.host.preflight import wait_until_port_is_free

HOST = "127.0.0.1"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server((HOST, 0))) as listener:
        yield listener


def test_whoever_ends_in_time_is_waited_for(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    ending = threading.Timer(0.3, listener.close)
    ending.start()
    wait_until_port_is_free(HOST, port, patience_s=30)
    ending.join()
    with closing(socket.create_server((HOST, port))) as own:
        assert own.getsockname()[1] == port


def test_whoever_stays_is_named_when_patience_ends(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    started_at = time.monotonic()
    with pytest.raises(Conflict, match=f"{HOST}:{port} is in use already; choose another"):
        wait_until_port_is_free(HOST, port, patience_s=0.3)
    assert time.monotonic() - started_at >= 0.3


def test_without_patience_nobody_is_waited_for(listener: socket.socket) -> None:
    threading.Timer(0.2, listener.close).start()
    with pytest.raises(Conflict):
        wait_until_port_is_free(HOST, listener.getsockname()[1], patience_s=0)
