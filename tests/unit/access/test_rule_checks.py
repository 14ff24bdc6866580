"""What a limit or a budget may be."""

from decimal import Decimal

import pytest

from agent_memory.access.rule_checks import (
    check_amount,
    check_rate,
    check_subject,
    check_time_zone,
)
from agent_memory.access.subject import Subject, SubjectKind
from agent_memory.errors import InvalidRequest


def test_an_amount_is_exact() -> None:
    assert check_amount("0.1") == Decimal("0.1")
    assert check_amount("1e3") == 1000


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "-1", "1e16", "0.0000000000001", "ten"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        check_amount(text)


def test_a_workspace_has_no_id_and_others_are_each_one_by_default() -> None:
    assert check_subject("workspace", "x", of_budget=True) == Subject(SubjectKind.WORKSPACE)
    assert check_subject("key", None, of_budget=False) == Subject(SubjectKind.KEY, "*")
    with pytest.raises(InvalidRequest, match="one of: agent, key, session, workspace"):
        check_subject("address", None, of_budget=True)
    with pytest.raises(InvalidRequest):
        check_subject("key", "with blank", of_budget=False)


def test_time_zones_are_those_of_the_tz_database() -> None:
    assert check_time_zone("Europe/Vienna") == "Europe/Vienna"
    for name in ("Vienna", "../etc/passwd", "", "\x00"):
        with pytest.raises(InvalidRequest):
            check_time_zone(name)


def test_a_rate_has_a_time() -> None:
    assert check_rate(0, 1) == (0, 1)
    for amount, per_s in ((-1, 60), (1, 0), (1, 86_401)):
        with pytest.raises(InvalidRequest):
            check_rate(amount, per_s)
