"""Feedback changes the order within bounds, and not at all when it is taken back."""

from dataclasses import replace

from hypothesis import given as given_some
from hypothesis import settings
from hypothesis import strategies as st

from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Feedback, Verdict
from agent_memory.memory.learning.adjustment import feedback_factors, with_feedback
from agent_memory.memory.learning.experience import Experience, judgements
from agent_memory.memory.learning.likeness import read_question
from agent_memory.memory.learning.salience import salience, salience_factor
from agent_memory.memory.learning.tally import tally
from agent_memory.memory.search.recalled import Embedding, Recalled
from tests.unit.memory.learning.given import given
from tests.unit.memory.made_items import day, make_item

QUESTIONS = {
    "oslo": read_question("when did Ann move to Oslo"),
    "cake": read_question("which cake does Bo bake"),
}
A, B = ItemId("a"), ItemId("b")


def recalled(**scores: float) -> tuple[Recalled, ...]:
    return tuple(
        Recalled(make_item(name, item_id=name), score, {"bm25": score})
        for name, score in scores.items()
    )


def adjusted(
    some: tuple[Recalled, ...], feedback: list[Feedback], question: str
) -> tuple[Recalled, ...]:
    experience = Experience(judgements(feedback, QUESTIONS))
    relevance = experience.relevance_factors(read_question(question))
    return with_feedback(some, feedback_factors(tally(feedback), relevance))


def order(some: tuple[Recalled, ...]) -> list[str]:
    return [entry.item.item_id for entry in some]


def test_a_helpful_item_overtakes_one_that_was_slightly_better() -> None:
    after = adjusted(recalled(a=1.0, b=0.95), [given(Verdict.HELPFUL, "b")], "anything")
    assert order(after) == ["b", "a"]
    assert after[0].components["feedback"] == salience_factor(1, 0)


def test_it_does_not_overtake_one_that_was_much_better() -> None:
    feedback = [given(Verdict.HELPFUL, "b", impression=f"q{n}") for n in range(100)]
    assert order(adjusted(recalled(a=1.0, b=0.5), feedback, "anything")) == ["a", "b"]


def test_what_did_not_help_with_one_question_sinks_for_like_ones_only() -> None:
    some = recalled(a=1.0, b=0.9)
    feedback = [given(Verdict.NOT_HELPFUL, "a", impression="oslo")]
    assert order(adjusted(some, feedback, "when did Ann move to Oslo?")) == ["b", "a"]
    assert adjusted(some, feedback, "which cake does Bo bake?") == some


def test_having_helped_with_a_like_question_makes_up_for_it() -> None:
    feedback = [
        given(Verdict.NOT_HELPFUL, "a", impression="oslo"),
        given(Verdict.HELPFUL, "a", impression="again"),
    ]
    questions = {**QUESTIONS, "again": read_question("when did Ann move to Oslo")}
    question = read_question("when did Ann move to Oslo")
    assert Experience(judgements(feedback, questions)).relevance_factors(question) == {}


def test_what_helped_with_a_question_rises_for_like_ones() -> None:
    experience = Experience(judgements([given(Verdict.HELPFUL, "a", impression="oslo")], QUESTIONS))
    assert experience.relevance_factors(read_question("Ann's move to Oslo"))[A] > 1.1
    assert experience.relevance_factors(read_question("which cake does Bo bake?")) == {}


def test_questions_are_alike_by_their_vectors_where_both_have_one() -> None:
    asked = read_question("moving", Embedding("s", (1.0, 0.0)))
    near = {"q": read_question("relocation", Embedding("s", (1.0, 0.1)))}
    other_space = {"q": read_question("relocation", Embedding("t", (1.0, 0.1)))}
    feedback = [given(Verdict.NOT_HELPFUL, "a", impression="q")]
    assert Experience(judgements(feedback, near)).relevance_factors(asked)[A] < 0.85
    assert Experience(judgements(feedback, other_space)).relevance_factors(asked) == {}


def test_feedback_whose_question_is_not_known_is_left_out() -> None:
    assert judgements([given(Verdict.HELPFUL, impression="lost")], QUESTIONS) == ()


def test_salience_begins_at_a_half_and_stays_between_none_and_all() -> None:
    assert salience(0, 0) == 0.5
    assert salience_factor(0, 0) == 1.0
    assert salience(0, 0, 2) == salience(1, 0)


many = st.lists(
    st.builds(
        given,
        st.sampled_from(Verdict),
        st.sampled_from("abc"),
        impression=st.sampled_from([None, "oslo", "cake", "lost"]),
        at=st.integers(0, 3),
    ),
    max_size=30,
)


@settings(deadline=None)
@given_some(many)
def test_the_effect_is_bounded(feedback: list[Feedback]) -> None:
    before = recalled(a=1.0, b=0.9, c=0.1)
    scores = {entry.item.item_id: entry.score for entry in before}
    for entry in adjusted(before, feedback, "when did Ann move to Oslo"):
        assert entry.score / scores[entry.item.item_id] * (1 + 1e-12) >= 0.8
        assert entry.score / scores[entry.item.item_id] <= 1.2 * (1 + 1e-12)


@settings(deadline=None)
@given_some(many, many)
def test_taking_feedback_back_restores_the_ranking_exactly(
    kept: list[Feedback], taken_back: list[Feedback]
) -> None:
    before = recalled(a=1.0, b=0.9, c=0.85)
    withdrawn = [replace(one, withdrawn_at=day(9)) for one in taken_back]
    for question in ("when did Ann move to Oslo", "cake"):
        assert adjusted(before, withdrawn, question) == before
        expected = adjusted(before, kept, question)
        assert adjusted(before, [*kept, *withdrawn], question) == expected
