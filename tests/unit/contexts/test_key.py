"""Which names a context may have."""

import pytest

from agent_memory.contexts.key import check_key, check_prefix
from agent_memory.errors import InvalidRequest


@pytest.mark.parametrize("key", ["a", "a/b.c", "...", "a b", " ", "x" * 512, "文/書"])
def test_a_visible_key_is_taken_as_it_is(key: str) -> None:
    assert check_key(key) == key


def test_a_key_is_kept_composed_and_measured_so() -> None:
    assert check_key("e\u0301" * 512) == "\u00e9" * 512


NEVER = ("", "x" * 513, "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b")
UNSEEN = ("a\nb", "a\x00", "a\x7f", "a\u200bb", "a\u202eb", "\ufeffa", "a\u2028b", "a\U0010ffff")


@pytest.mark.parametrize("key", [*NEVER, *UNSEEN, "\ud800"])
def test_a_key_that_cannot_be_seen_or_reached_is_refused(key: str) -> None:
    with pytest.raises(InvalidRequest):
        check_key(key)


def test_a_prefix_may_end_anywhere_and_be_empty() -> None:
    assert [check_prefix(text) for text in ("", "team/", "te")] == ["", "team/", "te"]
    with pytest.raises(InvalidRequest):
        check_prefix("a\nb")
