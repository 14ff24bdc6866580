"""Which keys a subscription is for."""

import pytest

from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.errors import InvalidRequest


def test_a_key_matches_itself_only() -> None:
    pattern = KeyPattern.parse("team/plan")
    assert pattern.matches("team/plan")
    assert not pattern.matches("team/plan/old")
    assert not pattern.matches("Team/plan")


def test_a_star_matches_what_begins_so() -> None:
    pattern = KeyPattern.parse("team/*")
    assert pattern.matches("team/plan")
    assert pattern.matches("team/a/b")
    assert not pattern.matches("team")
    assert not pattern.matches("teams/plan")


def test_a_star_alone_matches_all() -> None:
    assert KeyPattern.parse("*").matches("anything/at all")


@pytest.mark.parametrize("text", ["", "a*b", "*/plan", "**", "k" * 514])
def test_other_patterns_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        KeyPattern.parse(text)
