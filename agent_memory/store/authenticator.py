"""Answers to "whose key is this?" that are kept for a moment."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent_memory.access.principal import Principal
from agent_memory.errors import Unauthenticated

_MAX_ANSWERS = 4096

_Answer = Principal | str
"""Whose it is, or why it is refused."""


class KeyFinder(Protocol):
    """What is asked: the key store."""

    async def find_key(self, raw: str) -> Principal: ...


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: _Answer
    until: float


class KeyAuthenticator:
    """Asks the key store once per key in `ttl_s` seconds, however many requests come.

    A revocation is effective everywhere after `ttl_s` and one query. `clock` counts seconds.
    Valid and refused keys are kept apart, so that a flood of guesses displaces no valid one.
    """

    def __init__(
        self, keys: KeyFinder, clock: Callable[[], float] = time.monotonic, ttl_s: float = 1.0
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._ttl_s = ttl_s
        self._valid: OrderedDict[bytes, _Kept] = OrderedDict()
        self._refused: OrderedDict[bytes, _Kept] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[_Answer]] = {}

    async def authenticate(self, key: str) -> Principal:
        """The holder of `key`; `Unauthenticated` when it is unknown, expired or revoked."""
        digest = hashlib.sha256(key.encode(errors="surrogatepass")).digest()
        answer = self._recall(digest)
        if answer is None:
            answer = await self._ask(digest, key)
        if isinstance(answer, str):
            raise Unauthenticated(answer)
        return answer

    def _recall(self, digest: bytes) -> _Answer | None:
        kept = self._valid.get(digest) or self._refused.get(digest)
        return kept.answer if kept is not None and self._clock() < kept.until else None

    async def _ask(self, digest: bytes, key: str) -> _Answer:
        """One question to the store for all who wait; none of them, leaving, takes it away."""
        task = self._asking.get(digest)
        if task is None:
            task = asyncio.create_task(self._look_up(digest, key))
            self._asking[digest] = task
            task.add_done_callback(lambda done: self._end(digest, done))
        return await asyncio.shield(task)

    async def _look_up(self, digest: bytes, key: str) -> _Answer:
        until = self._clock() + self._ttl_s
        answer: _Answer
        try:
            answer = await self._keys.find_key(key)
        except Unauthenticated as refusal:
            answer = str(refusal)
        self._keep(digest, _Kept(answer, until))
        return answer

    def _end(self, digest: bytes, task: asyncio.Task[_Answer]) -> None:
        del self._asking[digest]
        if not task.cancelled():
            task.exception()  # it was told to whoever waited; nobody need have

    def _keep(self, digest: bytes, kept: _Kept) -> None:
        self._valid.pop(digest, None)
        self._refused.pop(digest, None)
        answers = self._refused if isinstance(kept.answer, str) else self._valid
        answers[digest] = kept
        if len(answers) > _MAX_ANSWERS:
            answers.popitem(last=False)
