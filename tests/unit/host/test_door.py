"""The port answers whether or not anything else listens there."""

import http.client
import os
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from agent_memory.host.door import Door
from agent_memory.host.free_ports import free_ports
from agent_memory.host.stand_in import open_listener

_SERVER = """
import http.server, socket, sys
class Server(http.server.HTTPServer):
    allow_reuse_port = True
http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None
server = Server(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
print("listens", flush=True)
server.serve_forever()
"""


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_memory.host.door.LOOK_S", 0.02)


def test_it_stands_in_until_another_listens_and_again_when_that_died() -> None:
    port = free_ports(1)[0]
    with Door("127.0.0.1", port) as door:
        door.watch()
        _wait_for(port, 503)
        server = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(port)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert server.stdout is not None
        server.stdout.readline()
        _wait_for(port, 200)
        server.kill()
        server.wait()
        server.stdout.close()
        _wait_for(port, 503)
    with pytest.raises(ConnectionRefusedError):
        _status(port)


def test_a_listener_that_was_handed_over_answers_at_once() -> None:
    listener = open_listener("127.0.0.1", 0)
    port = listener.getsockname()[1]
    with Door("127.0.0.1", port, listener):
        assert _status(port) == 503


def test_what_is_handed_over_still_answers() -> None:
    port = free_ports(1)[0]
    door = Door("127.0.0.1", port)
    stand_in = door.hand_over()
    assert stand_in is not None
    assert _status(port) == 503
    with Door("127.0.0.1", port, stand_in.listener.dup()):
        stand_in.close()
        assert _status(port) == 503


def _wait_for(port: int, status: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        with suppress(OSError, http.client.HTTPException):
            if _status(port) == status:
                return
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _status(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()
