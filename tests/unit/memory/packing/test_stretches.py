"""Stretches of a text, together, are as many characters as they cover."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_memory.memory.items.item import Span
from agent_memory.memory.packing.stretches import Stretches

spans = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda two: Span(min(two), max(two)))


@settings(deadline=None)
@given(st.lists(spans, max_size=8), spans)
def test_characters_taken_several_times_count_once(taken: list[Span], asked: Span) -> None:
    stretches = Stretches()
    for span in taken:
        stretches.add(span)
    covered = {at for span in taken for at in range(span.begin, span.end)}
    assert stretches.num_in(asked) == len(covered & set(range(asked.begin, asked.end)))
