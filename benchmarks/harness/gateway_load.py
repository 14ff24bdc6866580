"""Requests to a gateway, and what they cost it."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import orjson
import psutil

from benchmarks.harness.lean_client import LeanConnection
from benchmarks.harness.process_table import Process, cpu_by_role

_PATH = "/v1/chat/completions"
_QUESTION = "Which of the two changes came first, and what did it break? " * 3
_CUT_EACH = 10
"""Of so many requests one is cut off."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where requests are sent to. family: its processes now."""

    name: str
    port: int
    headers: Mapping[str, str]
    model: str
    family: Callable[[], Mapping[int, Process]]

    def connection(self) -> LeanConnection:
        return LeanConnection(
            self.port, _PATH, {**self.headers, "Content-Type": "application/json"}
        )

    def body(self, *, is_streamed: bool) -> bytes:
        """A question of some 50 tokens."""
        messages = [{"role": "user", "content": _QUESTION}]
        fields = {"model": self.model, "max_tokens": 100, "messages": messages}
        return orjson.dumps({**fields, "stream": True} if is_streamed else fields)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds of a request, by role of the process and in all."""

    by_role: dict[str, float]
    total: float


async def ask(gateway: Gateway, num_requests: int, *, is_streamed: bool) -> None:
    """One after the other."""
    body = gateway.body(is_streamed=is_streamed)
    async with gateway.connection() as connection:
        for _ in range(num_requests):
            await _asked(connection, body)


async def spent(
    gateway: Gateway, work: Callable[[], Awaitable[None]]
) -> tuple[dict[str, float], float]:
    """CPU seconds by role while `work` is done, and how long that took."""
    before, began_at = gateway.family(), time.perf_counter()
    await work()
    return cpu_by_role(before, gateway.family()), time.perf_counter() - began_at


async def cost_of(
    gateway: Gateway, num_requests: int, idle_per_s: Mapping[str, float], *, is_streamed: bool
) -> Cost:
    """CPU of one of so many requests, above that of an idle gateway (CPU seconds a second)."""
    used, seconds = await spent(
        gateway, lambda: ask(gateway, num_requests, is_streamed=is_streamed)
    )
    by_role = {
        role: (cpu_s - idle_per_s.get(role, 0.0) * seconds) * 1000 / num_requests
        for role, cpu_s in used.items()
    }
    return Cost(by_role, sum(by_role.values()))


async def times_at_rate(gateway: Gateway, rate: float, num_requests: int) -> list[float]:
    """Milliseconds of whole answers when so many requests a second are sent, whether or not
    those before are answered."""
    body = gateway.body(is_streamed=False)
    free = [gateway.connection()]
    times: list[float] = []

    async def one() -> None:
        connection = free.pop() if free else gateway.connection()
        reply_s = await _asked(connection, body)
        free.append(connection)
        times.append(reply_s * 1000)

    began_at = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(num_requests):
            await asyncio.sleep(max(0.0, began_at + number / rate - time.perf_counter()))
            group.create_task(one())
    for connection in free:
        connection.hang_up()
    return times


async def requests_per_s(gateway: Gateway, num_clients: int, seconds: float) -> float:
    """Whole answers a second to clients that ask again as soon as they are answered."""
    body = gateway.body(is_streamed=False)
    deadline = time.perf_counter() + seconds
    num_answered = 0

    async def client() -> None:
        nonlocal num_answered
        async with gateway.connection() as connection:
            while time.perf_counter() < deadline:
                await _asked(connection, body)
                num_answered += 1

    began_at = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(num_clients)))
    return num_answered / (time.perf_counter() - began_at)


async def cut_some(gateway: Gateway, num_requests: int) -> None:
    """Streams, one in ten of which the client leaves at its first bytes."""
    body = gateway.body(is_streamed=True)
    async with gateway.connection() as connection:
        for number in range(num_requests):
            if number % _CUT_EACH == 0:
                await connection.ask_and_leave(body)
            else:
                await _asked(connection, body)


def megabytes_of(gateway: Gateway) -> float:
    """Memory of all its processes, what they share counted once for each."""
    total = 0
    for pid in gateway.family():
        try:
            total += psutil.Process(pid).memory_info().rss
        except psutil.Error:  # It has ended meanwhile.
            continue
    return total / 1e6


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[-1]


async def _asked(connection: LeanConnection, body: bytes) -> float:
    """Seconds until the end of the answer; `RuntimeError` where it is an error."""
    reply = await connection.ask(body)
    if reply.status != 200:
        raise RuntimeError(f"answered {reply.status}: {reply.body[:500]!r}")
    return reply.total_s
