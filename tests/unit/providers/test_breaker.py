"""The circuit breaker."""

from agent_memory.providers.breaker import FIRST_PAUSE_S, LONGEST_PAUSE_S, CircuitBreaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_when_calls_fail_in_a_row() -> None:
    breaker = CircuitBreaker(Clock(), num_allowed=3)
    breaker.fail()
    breaker.fail()
    assert breaker.try_one()

    breaker.fail()

    assert breaker.is_open
    assert not breaker.try_one()


def test_a_success_between_failures_keeps_it_closed() -> None:
    breaker = CircuitBreaker(Clock(), num_allowed=2)
    for _ in range(5):
        breaker.fail()
        breaker.succeed()

    assert breaker.try_one()


def test_a_failure_that_lasts_opens_it_at_once() -> None:
    breaker = CircuitBreaker(Clock())

    breaker.fail(is_lasting=True)

    assert breaker.is_open


def test_after_the_pause_one_call_goes_through_to_see() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    breaker.fail(is_lasting=True)
    clock.now += FIRST_PAUSE_S

    assert [breaker.try_one() for _ in range(3)] == [True, False, False]

    breaker.succeed()
    assert all(breaker.try_one() for _ in range(3))


def test_the_pause_doubles_up_to_a_bound() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock, num_allowed=1)
    pauses = []
    for _ in range(8):
        breaker.fail()
        began_at = clock.now
        while breaker.is_open:
            clock.now += 1.0
        pauses.append(clock.now - began_at)

    assert pauses[:3] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert pauses[-1] == LONGEST_PAUSE_S
