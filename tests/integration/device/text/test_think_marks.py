"""Where thinking may begin, token by token."""

from collections.abc import Mapping
from typing import cast

from agent_memory.device.text.think_marks import ThinkingWatch
from agent_memory.device.text.vocabulary import Vocabulary

_TOKENS = {0: b"\n", 1: b"<", 2: b"think", 3: b"<think>", 4: b"</think>", 5: b"{"}


class _Vocabulary:
    def __init__(self, tokens: Mapping[int, bytes]) -> None:
        self._tokens = tokens

    def token_bytes(self, token_id: int) -> bytes:
        return self._tokens[token_id]


def _after(*token_ids: int) -> ThinkingWatch:
    watch = ThinkingWatch(
        cast("Vocabulary", _Vocabulary(_TOKENS)), ("<think>", "</think>"), is_thinking=False
    )
    for token_id in token_ids:
        watch.advance(token_id)
    return watch


def test_the_mark_as_one_token_may_stand_after_blanks_alone() -> None:
    assert _after().is_blank
    assert _after(0, 0).is_blank
    assert not _after(0, 1).is_blank
    assert not _after(0, 5).is_blank
    assert not _after(3).is_blank


def test_a_mark_in_pieces_begins_thinking_and_a_second_beginning_does_not() -> None:
    assert _after(1).may_begin
    assert not _after(1, 3).is_thinking
    assert _after(0, 3).is_thinking
    assert not _after(0, 3, 4).is_thinking
