"""Large bodies of contexts in Redis, beside PostgreSQL, shared by all servers.

A body is asked for under its version, which PostgreSQL has just told, and a version never changes:
what comes back may be missing and cannot be stale. In Redis it is encrypted with a key made of its
SHA-256, which PostgreSQL alone has. When a version is erased there, what Redis still holds of it
opens to nobody.
"""

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent_memory.contexts.context import Address, ClosedBody
from agent_memory.contexts.service.beside_loop import beside_loop
from agent_memory.shown_url import shown_url

log = logging.getLogger(__name__)

LEAST_BYTES = 16 * 1024
"""Shorter bodies come from PostgreSQL together with the row that names their version."""
PATIENCE_S = 0.04
_CONNECT_S = 0.5
_FIRST_REST_S, _LONGEST_REST_S = 1.0, 30.0
_KEPT_S = 3600
_MAX_WRITES = 16
"""At once; while Redis is slow, further bodies are not kept."""
_NONCE_BYTES = 12
_PREFIX = "agent_memory:context:"


class BodyCache(Protocol):
    """Bodies of committed, unsealed versions."""

    async def get(self, address: Address, sha256: str) -> ClosedBody | None:
        """None where it is not there, or cannot be had at once."""
        ...

    def put(self, address: Address, sha256: str, body: ClosedBody) -> None:
        """Keep it, some time after this returns; or not."""
        ...


class RedisBodies:
    """Implements `BodyCache`. After a failure, or an answer that took longer than `patience_s`,
    Redis is left alone for a second, and for longer while it goes on: no request waits for it."""

    def __init__(
        self,
        url: str,
        clock: Callable[[], float] = time.monotonic,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=_CONNECT_S, socket_connect_timeout=_CONNECT_S, retry=None
        )
        self._shown_url = shown_url(url)
        self._clock = clock
        self.patience_s = patience_s
        self._rests_until = 0.0
        self._rest_s = _FIRST_REST_S
        self._writes: set[asyncio.Task[None]] = set()

    async def get(self, address: Address, sha256: str) -> ClosedBody | None:
        if self._clock() < self._rests_until:
            return None
        try:
            async with asyncio.timeout(self.patience_s):
                kept = await self._redis.get(_name(address, sha256))
        except (RedisError, OSError, TimeoutError) as error:
            self._rest(error)
            return None
        self._rest_s = _FIRST_REST_S
        if not isinstance(kept, bytes):
            return None
        return await beside_loop(len(kept), lambda: _open(kept, sha256))

    def put(self, address: Address, sha256: str, body: ClosedBody) -> None:
        is_away = self._clock() < self._rests_until
        if body.sealed_with is not None or is_away or len(self._writes) >= _MAX_WRITES:
            return
        task = asyncio.get_running_loop().create_task(self._write(address, sha256, body))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    async def settle(self) -> None:
        """Return when what was put is there, or was given up."""
        await asyncio.gather(*self._writes)

    async def close(self) -> None:
        """Close the connections."""
        for task in self._writes:
            task.cancel()
        await self._redis.aclose()

    async def _write(self, address: Address, sha256: str, body: ClosedBody) -> None:
        closed = await beside_loop(len(body.data), lambda: _close(body, sha256))
        try:
            await self._redis.set(_name(address, sha256), closed, ex=_KEPT_S)
        except (RedisError, OSError, TimeoutError) as error:
            self._rest(error)

    def _rest(self, error: Exception) -> None:
        self._rests_until = self._clock() + self._rest_s
        self._rest_s = min(2 * self._rest_s, _LONGEST_REST_S)
        reason = str(error) or f"no answer within {self.patience_s:.2f} s"
        extra = {"redis": self._shown_url, "reason": reason}
        log.warning("bodies of contexts are read without Redis", extra=extra)


def _name(address: Address, sha256: str) -> str:
    """A name that tells nothing of what it names."""
    parts = (address.workspace, address.lineage, str(address.version), sha256)
    return _PREFIX + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _close(body: ClosedBody, sha256: str) -> bytes:
    nonce, encoding = secrets.token_bytes(_NONCE_BYTES), body.encoding.encode()
    return nonce + _cipher(sha256).encrypt(nonce, encoding + b"\0" + body.data, None)


def _open(kept: bytes, sha256: str) -> ClosedBody | None:
    """None for what this version did not write."""
    try:
        text = _cipher(sha256).decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], None)
    except (InvalidTag, ValueError):
        return None
    encoding, _, data = text.partition(b"\0")
    return ClosedBody(data, encoding.decode())


def _cipher(sha256: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"agent_memory body cache\0" + bytes.fromhex(sha256)).digest())
