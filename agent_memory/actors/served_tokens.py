"""Counting with the tokenizer of the model that is served."""

import asyncio
import logging

from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.device.token_counter import ModelTokenCounter
from agent_memory.errors import Unavailable
from agent_memory.memory.estimated_tokens import EstimatedTokens
from agent_memory.memory.ports import TokenCounter

log = logging.getLogger(__name__)


class ServedTokens:
    """Asks the engine for its tokenizer once. While there is no engine, counts are estimates."""

    def __init__(self, engine: EngineHandle) -> None:
        self._engine = engine
        self._asking = asyncio.Lock()
        self._counter: TokenCounter | None = None

    async def counter(self) -> TokenCounter:
        if self._counter is None:
            async with self._asking:
                if self._counter is None:
                    return await self._ask()
        return self._counter

    async def _ask(self) -> TokenCounter:
        try:
            tokenizer = await self._engine.tokenizer()
        except Unavailable as error:
            log.warning("tokens are estimated", extra={"reason": str(error)})
            return EstimatedTokens()
        if tokenizer is None:
            self._counter = EstimatedTokens()
        else:
            self._counter = await asyncio.to_thread(ModelTokenCounter, tokenizer)
        return self._counter
