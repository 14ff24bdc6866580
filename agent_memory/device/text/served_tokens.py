"""Counting with the tokenizer of the model that is served."""

import asyncio
import logging
import time
from typing import Protocol

from agent_memory.device.text.token_counter import ModelTokenCounter
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import ModelNotUsable, Unavailable
from agent_memory.memory.estimated_tokens import EstimatedTokens
from agent_memory.memory.ports import TokenCounter

log = logging.getLogger(__name__)

INFO_TIMEOUT_S = 2.0
ASK_EVERY_S = 5.0
"""How soon another model's tokenizer is noticed."""


class TokenizerSource(Protocol):
    """The engine, as far as counting asks it."""

    async def info(self, timeout_s: float) -> EngineInfo:
        """The loaded model. Raises `Unavailable` when there is none in time."""
        ...

    async def tokenizer(self) -> str | None:
        """Its tokenizer in the form of `tokenizer.json`, where it has one."""
        ...


class ServedTokens:
    """Asks each loaded model for its tokenizer once. Before there is one, counts are estimates;
    nobody is held up by a model that takes another's place."""

    def __init__(self, engine: TokenizerSource) -> None:
        self._engine = engine
        self._asking = asyncio.Lock()
        self._asked_at = 0.0
        self._later: asyncio.Task[None] | None = None
        self._counter: TokenCounter = EstimatedTokens()
        self._fingerprint: str | None = None

    async def counter(self) -> TokenCounter:
        if self._fingerprint is None:
            async with self._asking:
                if self._fingerprint is None:
                    await self._ask()
        elif time.monotonic() - self._asked_at > ASK_EVERY_S and not self._asking.locked():
            self._asked_at = time.monotonic()
            self._later = asyncio.create_task(self._ask_again())
        return self._counter

    async def _ask_again(self) -> None:
        async with self._asking:
            await self._ask()

    async def _ask(self) -> None:
        self._asked_at = time.monotonic()
        try:
            fingerprint = (await self._engine.info(INFO_TIMEOUT_S)).fingerprint
            if fingerprint == self._fingerprint:
                return
            tokenizer = await self._engine.tokenizer()
        except (Unavailable, ModelNotUsable) as error:
            log.warning("tokens are estimated, or counted as before", extra={"reason": str(error)})
            return
        if tokenizer is None:
            self._counter = EstimatedTokens()
        else:
            self._counter = await asyncio.to_thread(ModelTokenCounter, tokenizer)
        self._fingerprint = fingerprint
