from datetime import UTC, datetime, timedelta

import pytest

from agent_memory.access.key_rules import check_expiry, check_name, check_scopes
from agent_memory.access.principal import Scope
from agent_memory.errors import InvalidRequest

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_a_name_loses_its_surrounding_blanks() -> None:
    assert check_name("  laptop of Zoë ") == "laptop of Zoë"


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "two\nlines", "nul\x00"])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_name(name)

    assert refused.value.param == "name"


def test_scopes_are_taken_by_name() -> None:
    scopes = check_scopes(["admin", "inference", "admin"])

    assert scopes == frozenset({Scope.ADMIN, Scope.INFERENCE})


@pytest.mark.parametrize("names", [[], ["root"], ["inference", "Admin"]])
def test_no_scopes_and_unknown_scopes_are_refused(names: list[str]) -> None:
    with pytest.raises(
        InvalidRequest, match="admin, contexts, inference, memory, operator, sessions"
    ):
        check_scopes(names)


def test_an_expiry_to_come_is_kept() -> None:
    assert check_expiry(NOW + timedelta(seconds=1), NOW) == NOW + timedelta(seconds=1)
    assert check_expiry(None, NOW) is None


def test_an_expiry_in_the_past_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="past"):
        check_expiry(NOW, NOW)


def test_an_expiry_without_a_time_zone_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="time zone"):
        check_expiry(datetime(2030, 1, 1), NOW)  # noqa: DTZ001  what is refused
