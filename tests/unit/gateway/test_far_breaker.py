from agent_memory.gateway.breaker import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    NUM_ALLOWED,
    Breaker,
    Breakers,
    BreakerState,
)


def _opened() -> Breaker:
    breaker = Breaker()
    for _ in range(NUM_ALLOWED):
        assert breaker.allows(0.0)
        breaker.fail(0.0, "no")
    return breaker


def test_it_opens_after_so_many_failures_in_a_row_and_not_before() -> None:
    breaker = _opened()
    assert breaker.state(0.0) is BreakerState.OPEN
    assert not breaker.allows(FIRST_PAUSE_S - 0.1)
    calm = Breaker()
    for _ in range(20):
        calm.fail(0.0, "no")
        calm.succeed()
    assert calm.state(0.0) is BreakerState.CLOSED


def test_after_the_pause_one_probe_is_let_through_and_decides() -> None:
    breaker = _opened()
    assert breaker.state(FIRST_PAUSE_S) is BreakerState.HALF_OPEN
    breaker.begin(FIRST_PAUSE_S)
    assert not breaker.allows(FIRST_PAUSE_S + 1)
    breaker.fail(FIRST_PAUSE_S + 1, "still no")
    assert not breaker.allows(FIRST_PAUSE_S + 2 * FIRST_PAUSE_S)
    breaker.begin(100.0)
    breaker.succeed()
    assert breaker.state(100.0) is BreakerState.CLOSED


def test_a_probe_that_was_given_up_lets_the_next_one_through() -> None:
    breaker = _opened()
    breaker.begin(FIRST_PAUSE_S)
    breaker.abandon()
    assert breaker.allows(FIRST_PAUSE_S)


def test_no_pause_is_longer_than_the_longest() -> None:
    breaker = _opened()
    for _ in range(50):
        breaker.fail(0.0, "no", pause_s=1e9)
    assert breaker.open_until == LONGEST_PAUSE_S


def test_breakers_are_told_by_name_and_reset_by_provider() -> None:
    breakers = Breakers(lambda: 0.0)
    for _ in range(NUM_ALLOWED):
        breakers.of(("one", "m", "a")).fail(0.0, "it is down")
    assert not breakers.allow("one", "m", "a")
    assert breakers.allow("one", "m", "b")
    assert breakers.allow("one", "n", "a")
    (report,) = breakers.report()
    assert (report.provider, report.state, report.last_fault) == ("one", "open", "it is down")
    assert breakers.reset("one") == 1
    assert breakers.allow("one", "m", "a")
