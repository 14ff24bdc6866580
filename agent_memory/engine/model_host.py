"""The place of the one loaded model, and how another takes it while turns go on.

look at the files and the memory    the former model serves meanwhile
close the door                      new turns wait; running ones have a grace period
cut off what still runs             its blocks are kept; it is taken up again after them
let the former model go             what it had to write is on the shelf
load, test, open the door           on failure with the former model
"""

import asyncio
import logging
import textwrap
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from agent_memory.engine.info import EngineInfo
from agent_memory.engine.model_roster import ModelRoster
from agent_memory.errors import (
    Conflict,
    ModelLoadFailed,
    ModelLoading,
    ModelNotUsable,
    NoModelLoaded,
)

log = logging.getLogger(__name__)

MAX_REASON = 400
"""Letters: libraries name every tensor that they miss."""


class Loaded(Protocol):
    """A loaded model at work."""

    @property
    def info(self) -> EngineInfo: ...

    async def drain(self, grace_s: float) -> None:
        """Let what runs finish for `grace_s` seconds, then cut off the rest."""
        ...

    def close(self) -> None:
        """Finish what is being written and let go of everything; blocks."""
        ...


EngineT = TypeVar("EngineT", bound=Loaded)


class ModelHost(Generic[EngineT]):
    """Swaps models, one at a time. Its methods are called in one event loop.

    check: raise `ModelNotUsable` when a model cannot be loaded, as far as that can be told
        beforehand; may fetch it. load: load and test it, or raise `ModelNotUsable`. Both block.
    remember: keep for a process to come which model serves and which is being loaded instead.
    """

    def __init__(
        self,
        roster: ModelRoster,
        check: Callable[[str], None],
        load: Callable[[str], EngineT],
        remember: Callable[[str | None, str | None], None],
    ) -> None:
        self.roster = roster
        self._check = check
        self._load = load
        self._remember = remember
        self._engine: EngineT | None = None
        self._failure: ModelNotUsable | None = None
        self._is_closed = False
        self._changing: asyncio.Task[None] | None = None

    def begin(self, name: str) -> None:
        """Load the first model; blocks. A failure is told to whoever asks for the engine."""
        self.roster.begin(name)
        try:
            self._take(self._load(name), name)
        except ModelNotUsable as error:
            self.roster.has_failed(name, error.reason)
            self._failure = error

    @property
    def engine(self) -> EngineT:
        """The loaded model. Raises `ModelLoading`, `NoModelLoaded` or `ModelNotUsable`."""
        if self._is_closed:
            raise ModelLoading("The model is being changed; turns wait for the next one.")
        if self._engine is not None:
            return self._engine
        if self._failure is not None:
            raise self._failure
        raise NoModelLoaded(
            "No model is loaded. Load one with `agent-memory models load NAME` or "
            "POST /v1/models/load."
        )

    @property
    def is_closed(self) -> bool:
        """The loaded model is about to go: what it does now ends early."""
        return self._is_closed

    @property
    def present(self) -> EngineT | None:
        """The loaded model, also while it is about to go."""
        return self._engine

    async def load(self, name: str, grace_s: float) -> EngineInfo:
        """Have `name` serve. Nothing happens when it does. The change goes on when the caller goes.

        Raises `InvalidRequest` for a model that is not known, `Conflict` while another change is
        under way, and `ModelLoadFailed` when the former model serves on or again.
        """
        name = self.roster.find(name)
        self._check_is_free()
        if self.roster.loaded != name:
            self.roster.begin(name)
            await self._change(self._swap(name, grace_s))
        return self.engine.info

    async def offload(self, name: str, grace_s: float) -> str:
        """Let `name` go, and load nothing. Nothing happens when it is not loaded. Returns its whole
        name."""
        name = self.roster.find(name)
        self._check_is_free()
        if self.roster.loaded == name:
            await self._change(self._empty(grace_s))
        return name

    def _check_is_free(self) -> None:
        self.roster.check_is_free()
        if self._is_closed:
            raise Conflict("The model is being offloaded; try again afterwards.")

    async def _change(self, change: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(change)
        self._changing = task
        # Whoever asked may be gone; what it failed with is in the log and in the list.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(task)

    async def _swap(self, name: str, grace_s: float) -> None:
        former = self.roster.loaded
        try:
            await asyncio.to_thread(self._check, name)
            self._remember(former, name)
            self._is_closed = True
            await self._let_go(grace_s)
            self._take(await asyncio.to_thread(self._load, name), name)
        except ModelNotUsable as error:
            if self._engine is None and former is not None:
                await self._roll_back(former)
            raise self._failed(name, error.reason) from error
        finally:
            self._is_closed = False
            self.roster.settle()
            self._remember(self.roster.loaded, None)
        log.info("model loaded", extra={"model": name, "former": former})

    async def _empty(self, grace_s: float) -> None:
        self._is_closed = True
        try:
            await self._let_go(grace_s)
        finally:
            self._is_closed = False
            self._remember(None, None)

    async def _let_go(self, grace_s: float) -> None:
        engine = self._engine
        if engine is not None:
            await engine.drain(grace_s)
            await asyncio.to_thread(engine.close)
        self._engine = self._failure = None
        self.roster.has_offloaded()

    async def _roll_back(self, former: str) -> None:
        """The former model served a moment ago, so it can be loaded again; else none serves."""
        try:
            self._take(await asyncio.to_thread(self._load, former), former)
        except ModelNotUsable as error:
            log.critical("the former model cannot be loaded again", exc_info=error)
            self.roster.has_failed(former, error.reason)
            self._failure = error

    def _take(self, engine: EngineT, name: str) -> None:
        self._engine, self._failure = engine, None
        self.roster.has_loaded(name)

    def _failed(self, name: str, reason: str) -> ModelLoadFailed:
        reason = textwrap.shorten(reason, MAX_REASON, placeholder=" …")
        log.warning("a model cannot be loaded", extra={"model": name, "reason": reason})
        self.roster.has_failed(name, reason)
        return ModelLoadFailed(name, reason, self.roster.loaded)
