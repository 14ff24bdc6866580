"""Which texts go through the network together."""

from hypothesis import given
from hypothesis import strategies as st

from agent_memory.providers.minilm.packing import PACK_TOKENS, pack


@given(st.lists(st.integers(2, 256), max_size=60))
def test_every_text_is_in_one_pack_sorted_by_length(lengths: list[int]) -> None:
    packs = pack(lengths)

    order = [index for indices in packs for index in indices]
    assert sorted(order) == list(range(len(lengths)))
    assert [lengths[index] for index in order] == sorted(lengths)


@given(st.lists(st.integers(2, 256), min_size=1, max_size=60))
def test_packs_are_as_full_as_they_may_be(lengths: list[int]) -> None:
    sizes = [sum(lengths[index] for index in indices) for indices in pack(lengths)]

    assert max(sizes) <= PACK_TOKENS
    assert all(size + 256 > PACK_TOKENS for size in sizes[:-1])
