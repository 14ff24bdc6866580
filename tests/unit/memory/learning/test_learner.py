"""Weights are learned from feedback, and go live only if they win."""

import random
from collections.abc import Callable

import numpy as np
from hypothesis import given as given_some
from hypothesis import settings
from hypothesis import strategies as st

from agent_memory.memory.learning.fitting import fit
from agent_memory.memory.learning.learner import MIN_LESSONS, learn
from agent_memory.memory.learning.lessons import Lesson
from agent_memory.memory.learning.trial import ndcg, paired_bootstrap
from tests.unit.memory.learning.given import LANDSCAPE, START, lesson

Components = dict[str, float]


def make_lessons(
    num_lessons: int, seed: int, helped: Callable[[Components, random.Random], bool]
) -> list[Lesson]:
    chance = random.Random(seed)  # noqa: S311  reproducible
    made: list[Lesson] = []
    while len(made) < num_lessons:
        items = [
            {
                "relevance": chance.uniform(0.9, 1.1),
                "recency": chance.random(),
                "importance": chance.random(),
            }
            for _ in range(12)
        ]
        gains = [float(helped(item, chance)) for item in items]
        if len(set(gains)) > 1:
            made.append(lesson(f"q{len(made):03}", *zip(items, gains, strict=True)))
    return made


def recent_ones(item: Components, _: random.Random) -> bool:
    return item["recency"] > 0.8


def any_ones(_: Components, chance: random.Random) -> bool:
    return chance.random() < 0.2


def test_where_recent_items_help_recency_gains_weight_and_wins() -> None:
    learned = learn(make_lessons(120, 1, recent_ones), START, 3, LANDSCAPE)
    assert learned.wins, learned.reason
    assert learned.weights["recency"] > START["recency"] + 0.1
    assert learned.weights["other"] == START["other"]
    assert learned.evaluation.after > learned.evaluation.before
    assert learned.record["parent_version"] == 3


def test_it_wins_on_questions_that_nothing_was_learned_from() -> None:
    learned = learn(make_lessons(120, 1, recent_ones), START, 0, LANDSCAPE)
    others = make_lessons(60, 2, recent_ones)
    before = np.mean([ndcg(one, START, LANDSCAPE) for one in others])
    after = np.mean([ndcg(one, learned.weights, LANDSCAPE) for one in others])
    assert after > before + 0.05


def test_where_chance_decides_weights_hardly_ever_go_live() -> None:
    tries = [learn(make_lessons(100, seed, any_ones), START, 0, LANDSCAPE) for seed in range(20)]
    assert sum(learned.wins for learned in tries) <= 2


def test_too_little_feedback_changes_nothing() -> None:
    learned = learn(make_lessons(MIN_LESSONS - 1, 1, recent_ones), START, 0, LANDSCAPE)
    assert not learned.wins
    assert f"{MIN_LESSONS} are needed" in learned.reason
    assert not learn([], START, 0, LANDSCAPE).wins
    assert fit([], START, LANDSCAPE) == START


def test_little_feedback_moves_weights_less_than_much() -> None:
    few = fit(make_lessons(3, 1, recent_ones), START, LANDSCAPE)["recency"]
    many = fit(make_lessons(60, 1, recent_ones), START, LANDSCAPE)["recency"]
    assert START["recency"] < few < many


@settings(max_examples=20, deadline=None)
@given_some(st.integers(0, 10**6), st.booleans())
def test_weights_stay_in_their_ranges_and_are_the_same_again(seed: int, is_wild: bool) -> None:
    some = make_lessons(12, seed, any_ones if is_wild else recent_ones)
    learned = fit(some, START, LANDSCAPE)
    assert fit(some, START, LANDSCAPE) == learned
    for name, range_ in LANDSCAPE.ranges.items():
        assert range_.low <= learned[name] <= range_.high


def test_a_gain_that_is_everywhere_is_no_chance_and_none_is() -> None:
    assert paired_bootstrap(np.full(30, 0.1)) < 0.001
    assert paired_bootstrap(np.zeros(30)) == 1.0
    assert paired_bootstrap(np.array([0.1, -0.1] * 15)) > 0.2
    assert paired_bootstrap(np.array([])) == 1.0
