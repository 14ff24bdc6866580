"""The engine as sessions and surfaces see it, wherever it runs and however often it restarts."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self, TypeVar, cast

from agent_memory.actors.lookup import NamedActor
from agent_memory.actors.options import BATCH_ENGINE
from agent_memory.actors.place import own_node_id
from agent_memory.cache.rebuild_cost import Rates
from agent_memory.engine.events import EngineEvent
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.model_roster import ModelStatus
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.stats import EngineStats
from agent_memory.errors import EngineLost, EngineUnavailable, ModelLoading
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.prompts.request import PromptRequest, RenderedPrompt
from agent_memory.wire.streams import Exchange, PeerLost, StreamAddress, open_exchange

T = TypeVar("T")

RESTART_TIMEOUT_S = 60.0
"""How long a turn waits for an engine that is being restarted on a node that is there."""

MODEL_AGE_S = 1.0
"""For how long those who do not talk to the engine itself may take a model for the loaded one."""

LOADING_TIMEOUT_S = 900.0
"""How long a turn waits for a model that is being loaded: large ones take minutes."""

LOADING_PAUSE_S = 0.2
CHANGE_TIMEOUT_S = 1800.0
"""How long fetching, loading and if need be loading the former model again may take."""

MODELS_TIMEOUT_S = 10.0
STATS_TIMEOUT_S = 2.0
TOKENIZER_TIMEOUT_S = 10.0
"""Large vocabularies are tens of megabytes."""


class EngineGeneration:
    """A generation under way on the other side of a stream."""

    def __init__(self, exchange: Exchange, handle: "EngineHandle") -> None:
        self._exchange = exchange
        self._handle = handle

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EngineEvent:
        try:
            return cast("EngineEvent", await anext(self._exchange))
        except PeerLost as error:
            self._handle.forget()
            raise EngineLost(f"The engine was lost in the middle of a turn: {error}") from error
        except (EngineLost, ModelLoading) as error:
            self._handle.forget()
            raise EngineLost(str(error)) from error

    def cancel(self) -> None:
        self._exchange.cancel()

    def close(self) -> None:
        self._exchange.close()


class EngineHandle:
    """Calls to the engine go over its byte stream; only where it listens is asked through Ray."""

    def __init__(self, secret: bytes, max_age_s: float = math.inf) -> None:
        """max_age_s: for how long what the engine said of itself is believed. Who calls it over its
        stream hears when it is another one; others have to ask."""
        self._secret = secret
        self._max_age_s = max_age_s
        self._actor = NamedActor(BATCH_ENGINE.name, needs_mlx=True)
        self._known: tuple[EngineInfo, StreamAddress] | None = None
        self._met_at = -math.inf

    async def info(self, timeout_s: float = RESTART_TIMEOUT_S) -> EngineInfo:
        """Facts of the model, from the engine that runs now.

        Waits longer while a model is being loaded. Raises `EngineUnavailable` when no node can run
        one, none is loaded, or it does not come in time.
        """
        info, _ = await self.meet(timeout_s)
        return info

    async def meet(self, timeout_s: float = RESTART_TIMEOUT_S) -> tuple[EngineInfo, StreamAddress]:
        """The engine that runs now and where it listens."""
        if self._known is not None and time.monotonic() - self._met_at < self._max_age_s:
            return self._known
        self._known = met = await self._meet(timeout_s)
        self._met_at = time.monotonic()
        return met

    async def _meet(self, timeout_s: float) -> tuple[EngineInfo, StreamAddress]:
        patience_s = LOADING_TIMEOUT_S if timeout_s >= RESTART_TIMEOUT_S else timeout_s
        deadline = time.monotonic() + patience_s
        while True:
            try:
                return await self._actor.call_when_there(
                    lambda actor: actor.introduce.remote(), timeout_s, EngineUnavailable
                )
            except ModelLoading:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(LOADING_PAUSE_S)

    async def models(self, timeout_s: float = MODELS_TIMEOUT_S) -> tuple[ModelStatus, ...]:
        """What may be loaded, the loaded model first."""
        return await self._actor.call_when_there(
            lambda actor: actor.models.remote(), timeout_s, EngineUnavailable
        )

    async def load(self, model: str, grace_s: float) -> EngineInfo:
        """Have another model serve; returns when it does. See `ModelHost.load`."""
        return await self._change(lambda actor: actor.load.remote(model, grace_s), grace_s)

    async def offload(self, model: str, grace_s: float) -> str:
        """Let the model go. See `ModelHost.offload`."""
        return await self._change(lambda actor: actor.offload.remote(model, grace_s), grace_s)

    async def _change(self, method: Callable[[Any], Awaitable[T]], grace_s: float) -> T:
        try:
            return await self._actor.call(method, grace_s + CHANGE_TIMEOUT_S, EngineUnavailable)
        finally:
            self.forget()

    async def tokenizer(self) -> str | None:
        """The served model's tokenizer in the form of `tokenizer.json`, where it has one."""
        return await self._actor.call(
            lambda actor: actor.tokenizer.remote(), TOKENIZER_TIMEOUT_S, EngineUnavailable
        )

    async def render(self, request: PromptRequest) -> RenderedPrompt:
        exchange = await self._open(request)
        try:
            async for answer in exchange:
                return cast("RenderedPrompt", answer)
        except PeerLost as error:
            self.forget()
            raise EngineLost(f"The engine was lost while it read a prompt: {error}") from error
        except (EngineLost, ModelLoading) as error:
            self.forget()
            raise EngineLost(str(error)) from error
        finally:
            exchange.close()
        raise EngineLost("The engine gave no answer.")

    async def generate(self, request: GenerationRequest) -> EngineGeneration:
        return EngineGeneration(await self._open(request), self)

    async def stats(self) -> EngineStats:
        return await self._actor.call(
            lambda actor: actor.stats.remote(), STATS_TIMEOUT_S, EngineUnavailable
        )

    async def rates(self) -> Rates:
        """How fast it has been."""
        return (await self.stats()).rates

    async def drop(self, hashes: Sequence[BlockHash]) -> None:
        """Have blocks forgotten at once. An engine that restarted has none any more."""
        await self._actor.call_when_there(
            lambda actor: actor.drop.remote(tuple(hashes)), RESTART_TIMEOUT_S, EngineUnavailable
        )

    async def preempt(self, lease_ids: Sequence[LeaseId]) -> None:
        """Have generations give up their room, if the engine is there."""
        await self._actor.call(
            lambda actor: actor.preempt.remote(tuple(lease_ids)), STATS_TIMEOUT_S, EngineUnavailable
        )

    def forget(self) -> None:
        """The engine that was known is gone; the next call meets its successor."""
        self._known = None

    async def _open(self, request: PromptRequest | GenerationRequest) -> Exchange:
        _, address = await self.meet()
        try:
            return await open_exchange(address, own_node_id(), self._secret, request)
        except PeerLost as error:
            self.forget()
            raise EngineLost(f"The engine was lost: {error}") from error
