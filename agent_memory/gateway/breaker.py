"""A circuit breaker: who fails repeatedly is not asked for a while, then once, to see."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

NUM_ALLOWED = 5
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 120.0
PROBE_PATIENCE_S = 30.0
"""A probe of which nothing is heard for so long does not keep the next one waiting."""


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(slots=True)
class Breaker:
    """Opens after `NUM_ALLOWED` failures in a row, for a time that doubles with each one more."""

    num_failures: int = 0
    open_until: float = 0.0
    probing_until: float = 0.0
    last_fault: str = ""

    def state(self, now: float) -> BreakerState:
        if self.num_failures < NUM_ALLOWED and self.open_until <= now:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.open_until else BreakerState.HALF_OPEN

    def allows(self, now: float) -> bool:
        """Whether an attempt may be made; of those that would be probes only one at a time."""
        match self.state(now):
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN:
                return False
            case BreakerState.HALF_OPEN:
                return now >= self.probing_until

    def begin(self, now: float) -> None:
        """An attempt is made."""
        if self.state(now) is BreakerState.HALF_OPEN:
            self.probing_until = now + PROBE_PATIENCE_S

    def succeed(self) -> None:
        """An attempt went well: all is forgotten."""
        self.num_failures, self.open_until, self.probing_until = 0, 0.0, 0.0

    def abandon(self) -> None:
        """An attempt was given up by whoever wanted it: nothing is learnt."""
        self.probing_until = 0.0

    def fail(self, now: float, fault: str, pause_s: float | None = None) -> None:
        """An attempt failed. pause_s: how long the next ones would fail, where that is known."""
        self.num_failures += 1
        self.probing_until = 0.0
        self.last_fault = fault
        num_beyond = self.num_failures - NUM_ALLOWED
        if num_beyond >= 0:
            pause = min(FIRST_PAUSE_S * 2 ** min(num_beyond, 10), LONGEST_PAUSE_S)
            self.open_until = max(self.open_until, now + pause)
        if pause_s is not None:
            self.open_until = max(self.open_until, now + min(pause_s, LONGEST_PAUSE_S))


@dataclass(frozen=True, slots=True)
class BreakerReport:
    """One breaker as it may be shown."""

    provider: str
    model: str
    key_id: str
    state: BreakerState
    num_failures: int
    open_for_s: float
    last_fault: str


BreakerName = tuple[str, str, str]
"""Provider, model, key. The model is '' for what holds for the key, whatever it asks for."""
_MAX_BREAKERS = 10_000


class Breakers:
    """A breaker for each provider, model and key that was asked. `clock`: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._breakers: dict[BreakerName, Breaker] = {}

    def of(self, name: BreakerName) -> Breaker:
        if name not in self._breakers and len(self._breakers) >= _MAX_BREAKERS:
            self._forget_closed()
        return self._breakers.setdefault(name, Breaker())

    def allow(self, provider: str, model: str, key_id: str) -> bool:
        """Whether that key may be used for that model now."""
        now = self._clock()
        names = ((provider, model, key_id), (provider, "", key_id))
        known = (self._breakers.get(name) for name in names)
        return all(breaker.allows(now) for breaker in known if breaker is not None)

    def report(self) -> list[BreakerReport]:
        """Those that have something to tell, by name."""
        now = self._clock()
        return [
            BreakerReport(
                *name,
                breaker.state(now),
                breaker.num_failures,
                max(0.0, breaker.open_until - now),
                breaker.last_fault,
            )
            for name, breaker in sorted(self._breakers.items())
            if breaker.num_failures
        ]

    def reset(self, provider: str) -> int:
        """Forget what is known of a provider; how many breakers that were."""
        names = [name for name in self._breakers if name[0] == provider]
        for name in names:
            del self._breakers[name]
        return len(names)

    def _forget_closed(self) -> None:
        now = self._clock()
        for name in [n for n, b in self._breakers.items() if b.state(now) is BreakerState.CLOSED]:
            del self._breakers[name]
