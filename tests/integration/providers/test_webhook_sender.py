"""Sending webhooks over real connections."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from standardwebhooks import Webhook as Verifier

from agent_memory.contexts.webhooks.ports import Delivery
from agent_memory.contexts.webhooks.webhook import Address, new_secret
from agent_memory.errors import InvalidRequest, WebhookUndelivered
from agent_memory.providers.webhook_sender import WebhookSender

SECRET = new_secret()


class Server:
    """Answers every request with one status; keeps heads and bodies."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in headers.items()}
        body = await reader.readexactly(int(headers["content-length"]))
        self.requests.append((headers, body))
        writer.write(self.answer)
        await writer.drain()
        await _close(writer)


@asynccontextmanager
async def serving(answer: bytes) -> AsyncIterator[Server]:
    server = Server(answer)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def here(host: str, port: int) -> Sequence[Address]:
    del host, port
    return [ip_address("127.0.0.1")]


def delivery(port: int) -> Delivery:
    url = f"http://hooks.example.com:{port}/contexts"
    return Delivery(url, SECRET, "msg_1", datetime.now(UTC), b'{"type":"context-stored"}')


async def test_what_is_sent_verifies_and_names_the_host_though_the_address_is_pinned() -> None:
    async with serving(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        sender = WebhookSender(may_be_private=True, resolve=here)
        assert await sender.send(delivery(server.port)) == 204
        [(headers, body)] = server.requests
    assert headers["host"] == f"hooks.example.com:{server.port}"
    assert Verifier(SECRET).verify(body, headers) == {"type": "context-stored"}


async def test_redirects_are_not_followed() -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with serving(answer) as server:
        sender = WebhookSender(may_be_private=True, resolve=here)
        assert await sender.send(delivery(server.port)) == 302
        assert len(server.requests) == 1


async def test_a_name_that_leads_to_a_private_address_is_refused_before_anything_is_sent() -> None:
    async with serving(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        sender = WebhookSender(may_be_private=False, resolve=here)
        url = f"https://hooks.example.com:{server.port}/"
        with pytest.raises(InvalidRequest, match="private address"):
            await sender.send(Delivery(url, SECRET, "msg_1", datetime.now(UTC), b"{}"))
        assert server.requests == []


async def test_a_receiver_that_does_not_answer_fails_the_attempt_in_time() -> None:
    is_closed = asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await _close(writer)
        is_closed.set()

    listening = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    sender = WebhookSender(may_be_private=True, resolve=here, timeout_s=0.2)
    with pytest.raises(WebhookUndelivered):
        await sender.send(delivery(port))
    await is_closed.wait()
    listening.close()


async def test_a_closed_port_fails_the_attempt() -> None:
    sender = WebhookSender(may_be_private=True, resolve=here)
    with pytest.raises(WebhookUndelivered):
        await sender.send(delivery(1))
