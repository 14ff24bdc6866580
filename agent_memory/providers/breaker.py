"""A circuit breaker: a provider that fails repeatedly is not called for a while."""

from collections.abc import Callable

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 120.0


class CircuitBreaker:
    """Opens after `num_allowed` failures in a row, for a time that doubles with each further one;
    then it lets one call through to see. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float], num_allowed: int = 3) -> None:
        self._clock = clock
        self._num_allowed = num_allowed
        self._num_failures = 0
        self._closed_again_at = 0.0

    @property
    def is_open(self) -> bool:
        """Nothing should be tried now."""
        return self._clock() < self._closed_again_at

    def succeed(self) -> None:
        """A call went well: all is forgotten."""
        self._num_failures = 0
        self._closed_again_at = 0.0

    def fail(self, is_lasting: bool = False) -> None:
        """A call failed; with `is_lasting` there is no hope that the next one will not."""
        self._num_failures = max(self._num_failures + 1, self._num_allowed if is_lasting else 0)
        num_beyond = self._num_failures - self._num_allowed
        if num_beyond >= 0:
            pause_s = min(FIRST_PAUSE_S * 2**num_beyond, LONGEST_PAUSE_S)
            self._closed_again_at = self._clock() + pause_s

    def try_one(self) -> bool:
        """Whether to make a call. Of those that ask when the pause is over only the first may,
        until it is known how that went."""
        if self.is_open:
            return False
        if self._num_failures >= self._num_allowed:
            self._closed_again_at = self._clock() + FIRST_PAUSE_S
        return True
