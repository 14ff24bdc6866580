"""Byte streams over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent_memory.errors import QueueFull
from agent_memory.wire.streams import Call, PeerLost, StreamAddress, StreamServer, open_exchange

SECRET = b"s" * 32


async def answer(call: Call) -> None:
    match call.request:
        case int() as count:
            for number in range(count):
                call.send(number)
        case "fail":
            call.send("first")
            raise QueueFull(3, 2)
        case "until cancelled":
            cancelled = asyncio.Event()
            call.on_cancel(cancelled.set)
            call.send("begun")
            await cancelled.wait()
            call.send("stopped in order")


@pytest.fixture
async def address(socket_folder: Path) -> AsyncIterator[StreamAddress]:
    server = StreamServer(answer, SECRET)
    yield await server.listen("here", socket_folder / "s.sock", "127.0.0.1")
    server.close()


@pytest.mark.parametrize("node", ["here", "elsewhere"])
async def test_answers_come_in_order_over_either_kind_of_socket(
    address: StreamAddress, node: str
) -> None:
    exchange = await open_exchange(address, node, SECRET, 1000)
    assert [number async for number in exchange] == list(range(1000))
    exchange.close()


async def test_an_error_of_the_other_side_arrives_as_it_was_raised(address: StreamAddress) -> None:
    exchange = await open_exchange(address, "here", SECRET, "fail")
    items = aiter(exchange)
    assert await anext(items) == "first"
    with pytest.raises(QueueFull) as caught:
        await anext(items)
    assert (caught.value.num_waiting, caught.value.retry_after_s) == (3, 2)
    exchange.close()


async def test_a_cancelled_exchange_still_hears_its_end(address: StreamAddress) -> None:
    exchange = await open_exchange(address, "here", SECRET, "until cancelled")
    items = aiter(exchange)
    assert await anext(items) == "begun"
    exchange.cancel()
    assert await anext(items) == "stopped in order"
    exchange.close()


async def test_whoever_lacks_the_secret_gets_nothing(address: StreamAddress) -> None:
    exchange = await open_exchange(address, "here", b"x" * 32, 3)
    with pytest.raises(PeerLost):
        [item async for item in exchange]
    exchange.close()


async def test_nobody_at_the_address_is_a_lost_peer(socket_folder: Path) -> None:
    nowhere = StreamAddress("here", str(socket_folder / "none.sock"), "127.0.0.1", 1)
    for node in ("here", "elsewhere"):
        with pytest.raises(PeerLost):
            await open_exchange(nowhere, node, SECRET, 1)


async def test_the_socket_lies_in_a_private_folder(address: StreamAddress) -> None:
    assert Path(address.unix_path).parent.stat().st_mode & 0o077 == 0
