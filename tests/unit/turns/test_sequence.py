from hypothesis import given
from hypothesis import strategies as st

from agent_memory.turns.sequence import SequenceStep, after_all, num_common

tokens = st.lists(st.integers(0, 3), max_size=12).map(tuple)


@given(tokens, tokens, tokens)
def test_a_step_leads_from_one_sequence_to_the_next(
    before: tuple[int, ...], prompt: tuple[int, ...], said: tuple[int, ...]
) -> None:
    assert SequenceStep.between(before, prompt, said).after(before) == (*prompt, *said)


@given(tokens, tokens)
def test_two_sequences_have_in_common_what_both_begin_with(
    one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    num = num_common(one, other)

    assert one[:num] == other[:num]
    assert num in {len(one), len(other)} or one[num] != other[num]


def test_a_session_is_the_sum_of_its_turns_even_where_it_began_anew() -> None:
    first = SequenceStep.between((), (1, 2, 3), (4,))
    second = SequenceStep.between((1, 2, 3, 4), (1, 2, 9), (8,))

    assert after_all([first, second]) == (1, 2, 9, 8)
    assert second.read == (9,)
