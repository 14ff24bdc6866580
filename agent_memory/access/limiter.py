"""Buckets and places of one process. Several processes share theirs elsewhere."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_memory.access.buckets import (
    Draw,
    Level,
    Refusal,
    Slot,
    corrected,
    drawn,
    level_of,
    refusal_of,
)

_SWEEP_PERIOD = 4096
_PLACE_WAIT_S = 1.0
"""It is not known when a place becomes free."""


@dataclass(frozen=True, slots=True)
class Taken:
    """All that was asked for was taken. left: what each bucket holds now, and how many places of
    each kind are free, in the order of the question."""

    left: tuple[float, ...]


class Limiter(Protocol):
    """Takes from all buckets and places together, or from none."""

    async def take(
        self, holder: str, draws: Sequence[Draw], slots: Sequence[Slot]
    ) -> Taken | Refusal:
        """For `holder`, who is named again when it gives its places back."""
        ...

    async def give_back(
        self, holder: str, draws: Sequence[Draw], used: Sequence[float], slots: Sequence[Slot]
    ) -> None:
        """The end of what was taken: `used` says how much of each draw was really used."""
        ...

    async def keep(self, holder: str, slots: Sequence[Slot]) -> None:
        """The holder is alive: its places stay its own for a while."""
        ...

    def problem(self) -> str | None:
        """Why limits do not hold now; None where they do."""
        ...


class LocalLimiter:
    """Implements `Limiter` for one process: no other task runs between question and answer.
    `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._levels: dict[str, Level] = {}
        self._draws: dict[str, Draw] = {}
        self._holders: dict[str, set[str]] = {}
        self._num_takes = 0

    async def take(
        self, holder: str, draws: Sequence[Draw], slots: Sequence[Slot]
    ) -> Taken | Refusal:
        now = self._clock()
        if (refusal := self._refusal(holder, draws, slots, now)) is not None:
            return refusal
        self._levels |= drawn(draws, self._levels, now)
        self._draws |= {draw.key: draw for draw in draws}
        for slot in slots:
            self._holders.setdefault(slot.key, set()).add(holder)
        self._sweep(now)
        free = [slot.capacity - len(self._holders[slot.key]) for slot in slots]
        return Taken((*(level_of(draw, self._levels.get(draw.key), now) for draw in draws), *free))

    async def give_back(
        self, holder: str, draws: Sequence[Draw], used: Sequence[float], slots: Sequence[Slot]
    ) -> None:
        self._levels |= corrected(draws, used, self._levels, self._clock())
        for slot in slots:
            holders = self._holders.get(slot.key, set())
            holders.discard(holder)
            if not holders:
                self._holders.pop(slot.key, None)

    async def keep(self, holder: str, slots: Sequence[Slot]) -> None:
        """Places end with the process that holds them."""

    def problem(self) -> str | None:
        return None

    def _refusal(
        self, holder: str, draws: Sequence[Draw], slots: Sequence[Slot], now: float
    ) -> Refusal | None:
        for slot in slots:
            others = self._holders.get(slot.key, set()) - {holder}
            if len(others) >= slot.capacity:
                return Refusal(slot.key, _PLACE_WAIT_S)
        return refusal_of(draws, self._levels, now)

    def _sweep(self, now: float) -> None:
        """Forget buckets that are full again: clients come from ever new addresses."""
        self._num_takes += 1
        if self._num_takes % _SWEEP_PERIOD:
            return
        for key, draw in list(self._draws.items()):
            if level_of(draw, self._levels.get(key), now) >= draw.capacity:
                del self._draws[key]
                self._levels.pop(key, None)
