from hypothesis import given
from hypothesis import strategies as st

from agent_memory.store.token_codec import decode_tokens, encode_tokens


@given(st.lists(st.integers(0, 2**32 - 1)).map(tuple))
def test_tokens_come_back_as_they_were(tokens: tuple[int, ...]) -> None:
    assert decode_tokens(encode_tokens(tokens)) == tokens


def test_tokens_are_four_bytes_each_the_least_significant_first() -> None:
    assert encode_tokens([1, 0x01020304]) == bytes([1, 0, 0, 0, 4, 3, 2, 1])
