"""HAProxy with our configuration, as clients meet it, before a server that never answers."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import orjson
import psutil
import pytest

from agent_memory.host import haproxy_on_loopback
from agent_memory.host.environment import haproxy_binary
from agent_memory.host.free_ports import free_ports

CONFIG = """\
global
    nbthread 1
    tune.bufsize 65536
defaults
    mode http
    timeout connect 5s
    timeout client 3600s
    timeout server 600s
    option abortonclose
    option splice-request
    option splice-response
    errorfile 503 {folder}/500.http
    option http-no-delay
    option idle-close-on-response
frontend http_frontend
    bind 127.0.0.1:{front}
    use_backend replica if {{ path_beg /v1 }}
    default_backend default_backend
backend default_backend
    http-request return status 404 content-type text/plain lf-string "Path '%[path]' not found."
backend replica
    http-reuse always
    server one 127.0.0.1:{back}
"""
NUM_CLIENTS = 6
BODY = b'{"messages": "' + b"x" * 300 + b'"}'


class Replica:
    """Takes requests and does not answer. `have_left`: it knows that all clients are gone."""

    def __init__(self) -> None:
        self.num_begun = 0
        self.num_left = 0
        self.have_left = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(BODY))
        self.num_begun += 1
        with suppress(ConnectionError):
            await reader.read(1)
        self.num_left += 1
        if self.num_left == NUM_CLIENTS:
            self.have_left.set()
        writer.close()


@asynccontextmanager
async def door(folder: Path, back: int) -> AsyncIterator[tuple[int, psutil.Process]]:
    """Its port and its process, started as Serve starts it."""
    (front,) = free_ports(1)
    config = folder / "haproxy.cfg"
    config.write_text(CONFIG.format(folder=folder, front=front, back=back))
    (folder / "500.http").write_text("HTTP/1.1 500 Internal Server Error\r\n\r\n")
    binary = haproxy_binary()
    assert binary is not None
    program = [sys.executable, "-I", "-S", haproxy_on_loopback.__file__, binary]
    with subprocess.Popen([*program, "-f", str(config), "-db"]) as process:  # noqa: ASYNC220
        try:
            await _wait_for_port(front)
            yield front, psutil.Process(process.pid)
        finally:
            process.kill()


async def _wait_for_port(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def leave(port: int, header: str, pause_s: float, stay_s: float) -> None:
    """Send headers, after `pause_s` the body, and go after `stay_s`."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: {len(BODY)}\r\n{header}\r\n"
    writer.write(head.encode())
    await asyncio.sleep(pause_s)
    writer.write(BODY)
    await asyncio.sleep(stay_s)
    writer.close()


@pytest.mark.parametrize(
    ("header", "pause_s", "stay_s"),
    [("", 0.05, 0.0), ("", 0.05, 0.02), ("Expect: 100-continue\r\n", 0.05, 0.02), ("", 0.05, 0.5)],
)
async def test_a_client_that_leaves_is_noticed_and_keeps_nothing_busy(
    tmp_path: Path, header: str, pause_s: float, stay_s: float
) -> None:
    replica = Replica()
    server = await asyncio.start_server(replica, "127.0.0.1", 0)
    back = server.sockets[0].getsockname()[1]
    async with server, door(tmp_path, back) as (port, process):
        clients = (leave(port, header, pause_s, stay_s) for _ in range(NUM_CLIENTS))
        await asyncio.gather(*clients)
        await asyncio.wait_for(replica.have_left.wait(), 10)
        before = sum(process.cpu_times()[:2])
        await asyncio.sleep(0.5)
        assert sum(process.cpu_times()[:2]) - before < 0.1
    assert replica.num_begun == NUM_CLIENTS


@pytest.mark.parametrize("path", ["/v1/lost", "/not-told-of-yet"])
async def test_a_server_that_is_not_there_is_told_in_the_form_of_errors(
    tmp_path: Path, path: str
) -> None:
    (nowhere,) = free_ports(1)
    async with door(tmp_path, nowhere) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 2\r\n" in head.lower()
    assert orjson.loads(body)["error"]["code"] == "unavailable"
