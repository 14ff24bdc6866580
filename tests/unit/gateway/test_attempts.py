import pytest

from agent_memory.gateway.attempts import Attempts
from agent_memory.gateway.configuration import ProviderKey
from agent_memory.gateway.failures import Failure, FailureKind, kind_of
from agent_memory.turns.route import Target, Wire

ONE, TWO = (Target(name, "m", Wire.OPENAI) for name in ("one", "two"))
KEYS = {"one": (ProviderKey("a", "secret-a"), ProviderKey("b", "secret-b"))}


def _attempts(*targets: Target, closed: frozenset[str] = frozenset()) -> Attempts:
    return Attempts(
        targets, lambda name: KEYS.get(name, ()), lambda _, key: key not in closed, lambda: 0.5
    )


def _run(attempts: Attempts, *failures: Failure) -> list[tuple[str, str, float]]:
    made = []
    for failure in failures:
        attempt = attempts.next()
        if attempt is None:
            break
        made.append((attempt.target.provider, attempt.key.key_id, attempt.pause_s))
        attempts.failed(failure)
    return made


def _failure(status: int, retry_after_s: float | None = None) -> Failure:
    return Failure(kind_of(status), status, "it failed", retry_after_s)


def test_a_broken_one_gets_three_attempts_with_one_key_then_the_next_is_asked() -> None:
    made = _run(_attempts(ONE, TWO), *[_failure(500)] * 9)
    assert made == [
        ("one", "b", 0.0),
        ("one", "b", 0.5),
        ("one", "b", 1.0),
        ("two", "", 0.0),
        ("two", "", 0.5),
        ("two", "", 1.0),
    ]


def test_a_busy_key_gives_way_to_another_and_then_the_asked_pause_is_made() -> None:
    made = _run(_attempts(ONE), _failure(429, 7), _failure(529, 7), _failure(429, 7))
    assert made == [("one", "b", 0.0), ("one", "a", 0.0), ("one", "b", 7.0)]


def test_a_pause_of_more_than_half_a_minute_is_not_made() -> None:
    assert _run(_attempts(TWO, ONE), _failure(429, 31), _failure(400)) == [
        ("two", "", 0.0),
        ("one", "b", 0.0),
    ]


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_key_is_not_used_again_and_costs_no_pause(status: int) -> None:
    made = _run(_attempts(ONE, TWO), *[_failure(status)] * 9)
    assert made == [("one", "b", 0.0), ("one", "a", 0.0), ("two", "", 0.0)]


def test_an_error_of_the_request_ends_all() -> None:
    attempts = _attempts(ONE, TWO)
    assert len(_run(attempts, _failure(422), _failure(500))) == 1
    assert attempts.next() is None
    assert attempts.last == _failure(422)


def test_a_key_behind_an_open_breaker_is_passed_over() -> None:
    assert _run(_attempts(ONE, closed=frozenset({"b"})), _failure(500))[0][1] == "a"
    assert _attempts(ONE, closed=frozenset({"a", "b"})).next() is None


def test_what_is_told_is_not_about_our_keys_where_anything_else_went_wrong() -> None:
    attempts = _attempts(TWO, ONE)
    _run(attempts, _failure(503), _failure(503), _failure(503), _failure(401), _failure(401))
    assert attempts.last is not None
    assert attempts.last.kind is FailureKind.BROKEN
