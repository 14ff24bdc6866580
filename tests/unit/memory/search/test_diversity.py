from agent_memory.memory.search.diversity import LOOKED_AT, diversity_factors

ONE = frozenset({"harbour", "close", "nine", "winter"})
NEARLY_ONE = ONE | {"today"}
OTHER = frozenset({"ferri", "island", "hour"})


def test_the_first_to_say_it_keeps_its_score() -> None:
    factors = diversity_factors([3.0, 2.0, 1.0], [ONE, ONE, OTHER])

    assert factors[0] == factors[2] == 1.0
    assert 0.5 < factors[1] < 1.0


def test_the_more_alike_the_less_it_counts() -> None:
    equal = diversity_factors([2.0, 1.0], [ONE, ONE])[1]
    nearly = diversity_factors([2.0, 1.0], [ONE, NEARLY_ONE])[1]

    assert equal < nearly < 1.0


def test_items_with_few_words_in_common_are_left_alone() -> None:
    assert diversity_factors([2.0, 1.0], [ONE, OTHER | {"winter"}]) == [1.0, 1.0]
    assert diversity_factors([2.0, 1.0], [frozenset(), frozenset()]) == [1.0, 1.0]
    assert diversity_factors([], []) == []


def test_those_far_down_keep_their_order() -> None:
    factors = diversity_factors([1.0] * (LOOKED_AT + 5), [ONE] * (LOOKED_AT + 5))

    assert factors[LOOKED_AT:] == [1.0] * 5
    assert all(factor < 1.0 for factor in factors[1:LOOKED_AT])
