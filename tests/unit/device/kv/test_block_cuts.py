"""Where a sequence is cut when a snapshot ends it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.device.kv.block_cuts import Cuts, cut_before_snapshot

SIZES = st.sampled_from([16, 48, 256, 4096])


def test_blocks_reach_to_the_last_token_and_the_snapshot_has_that() -> None:
    assert cut_before_snapshot(0, 100, 64) == Cuts((64, 99), 99)


def test_few_tokens_are_in_the_snapshot_alone() -> None:
    assert cut_before_snapshot(64, 68, 64) == Cuts((), 64)
    assert cut_before_snapshot(0, 68, 64) == Cuts((64,), 64)


def test_a_sequence_that_ends_with_a_full_block_is_cut_before_its_last_token() -> None:
    assert cut_before_snapshot(0, 128, 64) == Cuts((64, 127), 127)


def test_where_a_block_would_be_as_short_as_a_snapshot_the_full_one_before_it_is_shorter() -> None:
    assert cut_before_snapshot(0, 69, 64) == Cuts((32, 68), 68)


def test_there_is_no_snapshot_where_only_such_a_short_block_could_be_cut() -> None:
    assert cut_before_snapshot(10, 15, 64) == Cuts((), None)


@pytest.mark.parametrize("at", [0, 7])
def test_nothing_is_cut_of_nothing(at: int) -> None:
    assert cut_before_snapshot(at, at, 64) == Cuts((), None)


@given(size=SIZES, lengths=st.lists(st.integers(1, 700), min_size=1, max_size=12))
def test_however_the_turns_are_blocks_are_longer_than_all_snapshots_and_follow_each_other(
    size: int, lengths: list[int]
) -> None:
    begin = length = 0
    blocks: list[int] = []
    snapshots: list[int] = []
    for num_new in lengths:
        length += num_new
        cuts = cut_before_snapshot(begin, length, size)
        for end in cuts.ends:
            blocks.append(end - begin)
            begin = end
        if cuts.snapshot_from is not None:
            assert cuts.snapshot_from == begin
            snapshots.append(length - begin)
    assert all(0 < num_tokens <= size for num_tokens in (*blocks, *snapshots))
    assert min(blocks, default=size + 1) > max(snapshots, default=0)
    assert length - begin <= size // 16 + 1
