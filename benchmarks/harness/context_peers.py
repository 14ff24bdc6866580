"""etcd and Redis on loopback, asked to keep and give values one after the other."""

import base64
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from redis import Redis

from agent_memory.host.free_ports import free_ports

START_TIMEOUT_S = 20.0
WARM_UP = 50


@dataclass(frozen=True, slots=True)
class PeerTimes:
    """Seconds of each call."""

    put: Sequence[float]
    get: Sequence[float]


def etcd(folder: Path, count: int, size: int) -> PeerTimes | None:
    """Through its gateway of JSON over HTTP, each write synced to the disk; None without it."""
    program = shutil.which("etcd")
    if program is None:
        return None
    client_port, peer_port = free_ports(2)
    url, peer = f"http://127.0.0.1:{client_port}", f"http://127.0.0.1:{peer_port}"
    options = (
        *("--data-dir", str(folder / "etcd"), "--listen-client-urls", url),
        *("--advertise-client-urls", url, "--listen-peer-urls", peer),
        *("--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"),
    )
    value = base64.b64encode(b"x" * size).decode()
    with _running((program, *options)), httpx.Client(base_url=url, trust_env=False) as client:
        _wait(lambda: client.get("/health").is_success)

        def put(number: int) -> None:
            key = base64.b64encode(f"bench/{number % 50}".encode()).decode()
            client.post("/v3/kv/put", json={"key": key, "value": value}).raise_for_status()

        def get(number: int) -> None:
            key = base64.b64encode(f"bench/{number % 50}".encode()).decode()
            client.post("/v3/kv/range", json={"key": key}).raise_for_status()

        return PeerTimes(_timed(put, count), _timed(get, count))


def redis(folder: Path, count: int, size: int) -> PeerTimes | None:
    """By its own protocol, each write synced to the disk; None without it."""
    program = shutil.which("redis-server")
    if program is None:
        return None
    (port,) = free_ports(1)
    place = folder / "redis"
    place.mkdir()
    durable = ("--appendonly", "yes", "--appendfsync", "always", "--dir", str(place))
    with _running((program, "--port", str(port), "--bind", "127.0.0.1", *durable)):
        client = Redis(port=port)
        _wait(client.ping)
        value = b"x" * size
        put = _timed(lambda number: client.set(f"bench/{number % 50}", value), count)
        get = _timed(lambda number: client.get(f"bench/{number % 50}"), count)
        client.close()
        return PeerTimes(put, get)


def _timed(do: Callable[[int], object], count: int) -> Sequence[float]:
    for number in range(WARM_UP):
        do(number)
    seconds = []
    for number in range(count):
        asked_at = time.perf_counter()
        do(number)
        seconds.append(time.perf_counter() - asked_at)
    return seconds


@contextmanager
def _running(command: Sequence[str]) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _wait(answers: Callable[[], object]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            if answers():
                return
        except (httpx.HTTPError, OSError, ConnectionError) as error:
            if time.monotonic() > deadline:
                raise RuntimeError("the server beside does not answer") from error
        time.sleep(0.1)
