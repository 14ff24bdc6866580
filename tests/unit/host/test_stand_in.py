"""Clients at a port whose server is away are told to come again."""

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from agent_memory.host.stand_in import StandIn, open_listener


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    standing_in = StandIn(open_listener("127.0.0.1", 0))
    yield standing_in
    standing_in.close()


@pytest.mark.parametrize("body", [b"", b"x" * 3_000_000])
def test_a_request_of_any_size_gets_503_in_every_protocols_form(
    stand_in: StandIn, body: bytes
) -> None:
    connection = http.client.HTTPConnection(*_address(stand_in), timeout=10)
    connection.request("POST", "/v1/messages", body)
    response = connection.getresponse()
    told = json.loads(response.read())
    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0
    assert told["type"] == "error"
    assert told["error"]["code"] == "unavailable"
    assert told["status"] == 503


def test_another_may_listen_at_the_port_before_it_closes(stand_in: StandIn) -> None:
    host, port = _address(stand_in)
    successor = open_listener(host, port)
    successor.close()


def test_after_it_closed_nobody_listens() -> None:
    standing_in = StandIn(open_listener("127.0.0.1", 0))
    address = _address(standing_in)
    standing_in.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


def _address(stand_in: StandIn) -> tuple[str, int]:
    host, port = stand_in.listener.getsockname()
    return host, port
