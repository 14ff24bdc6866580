"""Blocks that are cheaper to compute than to read are not read."""

import pytest

from agent_memory.cache.rebuild_cost import Rates
from agent_memory.cache.restore_choice import MIN_GAIN_S, Piece, num_to_restore

MB = 1_000_000
ON_SHELF = Piece(256, 10 * MB)
IN_MEMORY = Piece(256, 0)


def test_a_fast_disk_is_read_to_the_end() -> None:
    assert num_to_restore([ON_SHELF] * 8, Rates(1_000, 1e9)) == 8


def test_nothing_is_read_from_a_disk_that_is_slower_than_computing() -> None:
    assert num_to_restore([ON_SHELF] * 8, Rates(10_000, 100 * MB)) == 0


def test_what_is_in_memory_is_used_whatever_the_disk_is_like() -> None:
    pieces = [IN_MEMORY] * 3 + [ON_SHELF] * 5
    assert num_to_restore(pieces, Rates(10_000, 100 * MB)) == 3


def test_a_few_bytes_are_read_for_the_sake_of_what_lies_in_memory_behind_them() -> None:
    pieces = [ON_SHELF] + [IN_MEMORY] * 20
    assert num_to_restore(pieces, Rates(10_000, 100 * MB)) == 21


def test_far_back_tokens_are_read_where_early_ones_would_be_computed() -> None:
    pieces = [Piece(256, 10 * MB)] * 400
    rates = Rates(10_000, 250 * MB)
    assert num_to_restore(pieces[:8], rates) == 0
    assert num_to_restore(pieces, rates) == 400


def test_nothing_is_given_up_for_a_gain_that_nobody_would_notice() -> None:
    rates = Rates(10_000, 300 * MB)
    one_s = 10 / 300 - 256 / 10_000
    assert 0 < one_s < MIN_GAIN_S
    assert num_to_restore([ON_SHELF], rates) == 1
    assert num_to_restore([ON_SHELF] * 16, rates) < 16


def test_a_prefix_that_counts_only_as_a_whole_is_read_or_computed_as_a_whole() -> None:
    pieces = [IN_MEMORY] * 3 + [ON_SHELF] * 5
    assert num_to_restore(pieces, Rates(10_000, 300 * MB), all_or_none=True) == 8
    assert num_to_restore(pieces, Rates(10_000, 10 * MB), all_or_none=True) == 0


@pytest.mark.parametrize("all_or_none", [True, False])
def test_an_empty_prefix_has_nothing_to_restore(all_or_none: bool) -> None:
    assert num_to_restore([], Rates(), all_or_none=all_or_none) == 0
