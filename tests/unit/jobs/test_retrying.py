"""When a job that failed is tried again."""

import pytest

from agent_memory.errors import Conflict, EmbeddingUnavailable, InvalidRequest, NotFound
from agent_memory.jobs.retrying import FIRST_PAUSE_S, LONGEST_PAUSE_S, is_for_good, pause_s


def test_pauses_double_up_to_a_bound() -> None:
    assert [pause_s(n, 0.0) for n in range(3)] == [
        FIRST_PAUSE_S,
        2 * FIRST_PAUSE_S,
        4 * FIRST_PAUSE_S,
    ]
    assert pause_s(1000, 0.0) == LONGEST_PAUSE_S


def test_chance_shortens_a_pause_by_up_to_half() -> None:
    assert pause_s(0, 1.0) == FIRST_PAUSE_S / 2


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InvalidRequest("x"), True),
        (NotFound("item", "x"), True),
        (EmbeddingUnavailable("x"), False),
        (Conflict("x"), False),
        (RuntimeError("a bug"), False),
        (TimeoutError(), False),
    ],
)
def test_only_what_cannot_change_is_for_good(error: Exception, expected: bool) -> None:
    assert is_for_good(error) is expected
