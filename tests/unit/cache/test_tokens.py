from hypothesis import given
from hypothesis import strategies as st

from agent_memory.cache.tokens import num_common_tokens, pack, unpack

token_lists = st.lists(st.integers(0, 3), max_size=12)


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_packed_tokens_come_back_as_they_were(token_ids: list[int]) -> None:
    assert list(unpack(pack(token_ids))) == token_ids


@given(token_lists, token_lists, st.integers(0, 4))
def test_the_common_prefix_is_that_of_the_lists(
    one: list[int], other: list[int], start: int
) -> None:
    rest = other[start:]
    expected = 0
    while expected < min(len(one), len(rest)) and one[expected] == rest[expected]:
        expected += 1
    assert num_common_tokens(pack(one), pack(other), start) == expected


def test_tokens_that_share_bytes_but_not_ids_have_nothing_in_common() -> None:
    assert num_common_tokens(pack([0x0102]), pack([0x0302])) == 0
