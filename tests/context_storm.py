"""Writers and watchers of contexts while servers die: what was acknowledged, and what was heard.

A writer counts a number up in a context of its own, or in one that all share, with `If-Match`. A
watcher reads the feed as server-sent events and resumes after each cut with the last number that it
has seen.
"""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

_PAUSE_S = 0.05
_TIMEOUT_S = 10.0


@dataclass
class Writer:
    """Counts up. acknowledged: the highest value that the server has said is stored."""

    client: httpx.AsyncClient
    path: str
    acknowledged: int = 0
    num_lost_answers: int = 0

    async def run(self) -> None:
        """For ever, whatever the server does."""
        while True:
            await self._count_up()

    async def increments(self, count: int) -> None:
        """Have `count` increments acknowledged, by taking the present value after each conflict."""
        while count:
            count -= await self._count_up()

    async def _count_up(self) -> bool:
        read = await self._asked("GET")
        if read.status_code == 404:
            value, condition = 0, {"If-None-Match": "*"}
        elif read.is_success:
            value, condition = read.json()["data"], {"If-Match": read.headers["etag"]}
        else:
            await asyncio.sleep(_PAUSE_S)
            return False
        once = {"Idempotency-Key": secrets.token_hex(8)}
        written = await self._asked("PUT", json={"data": value + 1}, headers=condition | once)
        if not written.is_success:
            return False
        self.acknowledged = max(self.acknowledged, value + 1)
        return True

    async def _asked(self, method: str, **request: Any) -> httpx.Response:
        """The answer. A request whose answer was lost is made again: its key of idempotency has it
        done once."""
        while True:
            try:
                return await self.client.request(method, self.path, **request)
            except httpx.TransportError:
                self.num_lost_answers += 1
                await asyncio.sleep(_PAUSE_S)


@dataclass
class Watcher:
    """Hears of every change. faults: numbers that came twice, or out of order, or not at all."""

    client: httpx.AsyncClient
    sequence: int = 0
    num_heard: int = 0
    num_cuts: int = 0
    num_resets: int = 0
    faults: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """For ever, whatever the server does."""
        while True:
            with suppress(httpx.HTTPError):
                await self._listen()
            self.num_cuts += 1
            await asyncio.sleep(_PAUSE_S)

    async def _listen(self) -> None:
        path = f"/v1/contexts/changes?since={self.sequence}"
        async with self.client.stream("GET", path, timeout=None) as response:
            if response.is_success:
                async for kind, told in _events(response):
                    self._take(kind, told)

    def _take(self, kind: str, told: Mapping[str, Any]) -> None:
        if kind == "heartbeat":
            return
        number = told["sequence"]
        if kind == "reset":
            self.num_resets += 1
        elif number != self.sequence + 1:
            self.faults.append(f"{number} after {self.sequence}")
        self.num_heard += 1
        self.sequence = number


async def _events(response: httpx.Response) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    kind = ""
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, orjson.loads(value)


@dataclass
class Storm:
    """Writers and watchers at work on one server."""

    client: httpx.AsyncClient
    writers: list[Writer]
    watchers: list[Watcher]

    async def settle(self, patience_s: float = 60.0) -> list[str]:
        """Once the server is well again: what was lost, heard twice, or not heard."""
        faults = []
        head = 0
        for writer in self.writers:
            value, version = await self._read(writer.path, patience_s)
            if value < writer.acknowledged or version != value:
                faults.append(f"{writer.path}: {value}@{version} after {writer.acknowledged}")
            head += version
        for number, watcher in enumerate(self.watchers):
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    while watcher.sequence < head:  # noqa: ASYNC110  it has no event for it
                        await asyncio.sleep(_PAUSE_S)
            if watcher.sequence != head or watcher.faults:
                faults.append(f"watcher {number}: {watcher.sequence} of {head}, {watcher.faults}")
        return faults

    async def _read(self, path: str, patience_s: float) -> tuple[int, int]:
        deadline = asyncio.get_running_loop().time() + patience_s
        while True:
            with suppress(httpx.HTTPError):
                read = await self.client.get(path)
                if read.is_success:
                    return read.json()["data"], read.json()["version"]
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"{path} cannot be read")
            await asyncio.sleep(_PAUSE_S)


@asynccontextmanager
async def storm(
    url: str, key: str, num_writers: int = 4, num_watchers: int = 3, timeout_s: float = _TIMEOUT_S
) -> AsyncIterator[Storm]:
    """A storm on a workspace whose contexts are all written by it."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout_s) as client:
        paths = (f"/v1/contexts/counter/{number}" for number in itertools.count())
        writers = [Writer(client, path) for path, _ in zip(paths, range(num_writers), strict=False)]
        yield Storm(client, writers, [Watcher(client) for _ in range(num_watchers)])


@asynccontextmanager
async def raging(storm: Storm, *, with_writers: bool = True) -> AsyncIterator[None]:
    """All of them at work, until the end of the block."""
    workers = [*storm.watchers, *(storm.writers if with_writers else ())]
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
