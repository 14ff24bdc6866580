"""The attempts of one request: who is asked next, with which key, and after how long."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent_memory.gateway.configuration import ProviderKey
from agent_memory.gateway.failures import PATIENCE_S, Failure, FailureKind
from agent_memory.turns.route import Target

MAX_ATTEMPTS = 3
"""Of one target, refused keys not counted."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0
NO_KEY = ProviderKey("", "")
"""For providers that want none."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Ask `target` with `key`, after a pause."""

    target: Target
    key: ProviderKey
    pause_s: float = 0.0


@dataclass(slots=True)
class _Tries:
    """What has been tried of one target."""

    num_failed: int = 0
    refused: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    last_key: ProviderKey | None = None


class Attempts:
    """Decides by the last failure. It knows no clock: pauses are for others to make.

    keys_of: the keys of a provider. allows: whether a breaker lets a key of a target be used.
    chance: evenly between 0 and 1.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        keys_of: Callable[[str], Sequence[ProviderKey]],
        allows: Callable[[Target, str], bool],
        chance: Callable[[], float],
    ) -> None:
        self._left = list(targets)
        self._keys_of = keys_of
        self._allows = allows
        self._chance = chance
        self._tries = _Tries()
        self._pause_s = 0.0
        self.failures: list[Failure] = []

    def next(self) -> Attempt | None:
        """The next attempt; None when there is nothing left to try."""
        while self._left:
            target = self._left[0]
            key = self._key(target)
            if key is not None:
                pause_s, self._pause_s = self._pause_s, 0.0
                self._tries.last_key = key
                return Attempt(target, key, pause_s)
            self._give_up()
        return None

    def failed(self, failure: Failure) -> None:
        """The attempt that `next` named last has failed."""
        self.failures.append(failure)
        tries = self._tries
        key_id = tries.last_key.key_id if tries.last_key else ""
        match failure.kind:
            case FailureKind.REQUEST:
                self._left.clear()
            case FailureKind.KEY:
                tries.refused.add(key_id)
                tries.last_key = None
            case FailureKind.BUSY:
                tries.num_failed += 1
                tries.busy.add(key_id)
                self._after_busy(failure)
            case FailureKind.BROKEN:
                tries.num_failed += 1
                self._pause_s = self._backoff_s()
        if tries is self._tries and tries.num_failed >= MAX_ATTEMPTS:
            self._give_up()

    @property
    def last(self) -> Failure | None:
        """The failure to tell of: the last one that is not about our keys, else the last."""
        told = [one for one in self.failures if one.kind is not FailureKind.KEY] or self.failures
        return told[-1] if told else None

    def _after_busy(self, failure: Failure) -> None:
        """Another key at once takes what this one does not; else the pause that is asked for."""
        tries, asked_s = self._tries, failure.retry_after_s
        tries.last_key = None
        if self._fresh_keys(self._left[0]):
            self._pause_s = 0.0
        elif asked_s is not None and asked_s > PATIENCE_S:
            self._give_up()
        else:
            tries.busy.clear()
            self._pause_s = max(self._backoff_s(), asked_s or 0.0)

    def _backoff_s(self) -> float:
        doubled: float = FIRST_PAUSE_S * 2 ** (self._tries.num_failed - 1)
        return min(doubled, LONGEST_PAUSE_S) * (0.8 + 0.4 * self._chance())

    def _give_up(self) -> None:
        self._left.pop(0)
        self._tries = _Tries()
        self._pause_s = 0.0

    def _key(self, target: Target) -> ProviderKey | None:
        """The key of the attempt before, where that was not its fault; else one drawn by weight."""
        last = self._tries.last_key
        if last is not None and self._allows(target, last.key_id):
            return last
        keys = self._fresh_keys(target)
        point = self._chance() * sum(key.weight for key in keys)
        for key in keys:
            point -= key.weight
            if point < 0:
                return key
        return keys[-1] if keys else None

    def _fresh_keys(self, target: Target) -> list[ProviderKey]:
        gone = self._tries.refused | self._tries.busy
        keys = self._keys_of(target.provider) or (NO_KEY,)
        return [key for key in keys if key.key_id not in gone and self._allows(target, key.key_id)]
