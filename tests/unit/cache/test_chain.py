from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.cache.chain import chained
from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.errors import InvalidRequest
from agent_memory.ids import BlockHash

ROOT = root_hash("model", "format", "workspace")
TOKENS = tuple(range(12))


@dataclass(frozen=True, slots=True)
class Piece:
    hash: BlockHash
    parent: BlockHash
    token_ids: Sequence[int]


def pieces(*ends: int) -> list[Piece]:
    """The sequence, cut at these places."""
    found: list[Piece] = []
    parent, begin = ROOT, 0
    for end in ends:
        name = chain_hash(parent, TOKENS[begin:end])
        found.append(Piece(name, parent, TOKENS[begin:end]))
        parent, begin = name, end
    return found


@given(st.permutations(pieces(1, 2, 5, 6, 9, 12)))
def test_parents_come_first_whatever_the_order(links: list[Piece]) -> None:
    placed = list(chained(links, ROOT, TOKENS))
    assert [(tuple(link.token_ids), begin) for link, begin in placed] == [
        (TOKENS[begin:end], begin)
        for begin, end in ((0, 1), (1, 2), (2, 5), (5, 6), (6, 9), (9, 12))
    ]


def test_what_no_chain_leads_to_is_left_out() -> None:
    first, _, third = pieces(4, 8, 12)
    assert [link for link, _ in chained([first, third], ROOT, TOKENS)] == [first]


def test_the_same_tokens_may_be_cut_in_several_ways() -> None:
    links = pieces(4, 8) + pieces(6, 12)
    assert {link.hash for link, _ in chained(links, ROOT, TOKENS)} == {link.hash for link in links}


def test_a_block_that_is_there_twice_is_refused() -> None:
    first, second = pieces(4, 8)
    with pytest.raises(InvalidRequest, match="twice"):
        list(chained([first, second, first], ROOT, TOKENS))


def test_other_tokens_and_more_tokens_are_refused() -> None:
    for tokens in (TOKENS[:7], (*TOKENS[:7], 99)):
        with pytest.raises(InvalidRequest, match="from 4 on"):
            list(chained(pieces(4, 8), ROOT, tokens))


def test_links_that_go_round_are_visited_once() -> None:
    """No chain of hashes does; but nothing here counts on it."""
    one = Piece(BlockHash("a"), ROOT, (0,))
    other = Piece(BlockHash("b"), BlockHash("a"), (1,))
    round_again = Piece(ROOT, BlockHash("b"), (2,))
    assert list(chained([one, other, round_again], ROOT, TOKENS)) == [
        (one, 0),
        (other, 1),
        (round_again, 2),
    ]
