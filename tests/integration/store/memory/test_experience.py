"""Feedback on an item for one question, when a like one is asked: over the real stores."""

import time
from dataclasses import replace
from itertools import count

import pytest

from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Feedback, Impression, Shown, Verdict
from agent_memory.memory.learning.adjustment import COMPONENT
from agent_memory.memory.learning.experience import Weighed
from agent_memory.memory.learning.likeness import read_question
from agent_memory.memory.search.recalled import Embedding, Query
from agent_memory.memory.service.ranker import Ranker
from agent_memory.store.database import Database
from agent_memory.store.memory.erasure import ErasureStore
from agent_memory.store.memory.experience import ExperienceStore
from agent_memory.store.memory.feedback import FeedbackStore
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.weight_sets import WeightSetStore
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.books import count_rows
from tests.integration.store.memory.examples import BEGIN, chat

_NUMBERS = count()
NEAR, FAR = Embedding("made/up/2", (1.0, 0.1)), Embedding("made/up/2", (0.0, 1.0))


@pytest.fixture
def experience(database: Database) -> ExperienceStore:
    return ExperienceStore(database)


@pytest.fixture
async def two_items(ingestion: IngestionStore) -> tuple[ItemId, ItemId]:
    texts = ("the red crate stands in the hall", "the red crate stands in the yard")
    one, two = (await ingestion.remember(ALPHA, [chat(*texts)])).added
    return one, two


class Said:
    """Recalls that showed items, and what was said of them."""

    def __init__(self, impressions: ImpressionStore, feedback: FeedbackStore) -> None:
        self._impressions = impressions
        self._feedback = feedback

    async def say(
        self, text: str, item: ItemId, verdict: Verdict, embedding: Embedding | None = None
    ) -> Feedback:
        name = f"i{next(_NUMBERS)}"
        question = read_question(text, embedding)
        shown = (Shown(item, 0, {"own": 1.0}),)
        await self._impressions.log_impression(ALPHA, Impression(name, 0, shown, question))
        [given] = await self._feedback.add_feedback(ALPHA, [item], verdict, name)
        return given


@pytest.fixture
def said(impressions: ImpressionStore, feedback: FeedbackStore) -> Said:
    return Said(impressions, feedback)


async def test_like_questions_are_found_by_words(
    said: Said, experience: ExperienceStore, two_items: tuple[ItemId, ItemId]
) -> None:
    one, two = two_items
    await said.say("where is the red crate?", one, Verdict.HELPFUL)
    await said.say("who painted the yard?", two, Verdict.NOT_HELPFUL)

    found = await experience.find_judgements(
        ALPHA, two_items, read_question("where is the red crate now?")
    )

    by_item = {entry.item_id: entry for entry in found}
    assert by_item[one].has_helped
    assert by_item[one].likeness > 0.8
    assert by_item[two] == Weighed(two, has_helped=False, likeness=0.0)
    assert not await experience.find_judgements(BETA, two_items, read_question("red crate"))
    assert (await experience.has_judgements(ALPHA), await experience.has_judgements(BETA)) == (
        True,
        False,
    )


async def test_where_both_have_a_vector_in_one_space_vectors_say_how_like_they_are(
    said: Said, experience: ExperienceStore, two_items: tuple[ItemId, ItemId]
) -> None:
    one, two = two_items
    await said.say("same words", one, Verdict.USED, NEAR)
    await said.say("same words", two, Verdict.USED, FAR)

    found = await experience.find_judgements(ALPHA, two_items, read_question("same words", NEAR))
    assert {entry.item_id: entry.likeness for entry in found} == pytest.approx(
        {one: 1.0, two: 0.0995}, abs=1e-3
    )
    elsewhere = replace(NEAR, space_id="another/space/3", vector=(1.0, 0.0, 0.0))
    found = await experience.find_judgements(
        ALPHA, two_items, read_question("same words", elsewhere)
    )
    assert [entry.likeness for entry in found] == pytest.approx([1.0, 1.0])


async def test_recall_puts_first_what_helped_with_a_like_question_until_it_is_withdrawn(
    said: Said,
    experience: ExperienceStore,
    feedback: FeedbackStore,
    database: Database,
    two_items: tuple[ItemId, ItemId],
) -> None:
    text = "where is the red crate?"
    query = Query(text=text, now=BEGIN)
    search = SearchStore(database)

    async def ranked(asked: Query) -> list[tuple[ItemId, float]]:
        candidates = await search.search(ALPHA, asked)
        ranker = Ranker(WeightSetStore(database), experience, time.monotonic)
        items = (await ranker.rank(ALPHA, asked, candidates)).items
        return [(entry.item.item_id, entry.components.get(COMPONENT, 1.0)) for entry in items]

    (first, _), (second, _) = await ranked(query)
    given = [
        await said.say(text, second, Verdict.HELPFUL),
        await said.say(text, first, Verdict.NOT_HELPFUL),
    ]

    (now_first, above), (now_second, below) = await ranked(query)
    assert (now_first, now_second) == (second, first)
    assert above > 1 > below
    unlike = dict(await ranked(replace(query, text="what stands in the hall, or the yard?")))
    assert unlike[first] == 1.0
    for one in given:
        await feedback.withdraw_feedback(ALPHA, one.feedback_id)
    assert await ranked(query) == [(first, 1.0), (second, 1.0)]


async def test_a_question_is_erased_with_what_was_shown_for_it(
    said: Said,
    erasure: ErasureStore,
    experience: ExperienceStore,
    two_items: tuple[ItemId, ItemId],
    url: str,
) -> None:
    one, two = two_items
    await said.say("the card 4711", one, Verdict.HELPFUL, NEAR)
    await said.say("the card 4712", two, Verdict.HELPFUL, NEAR)
    await erasure.erase_item(ALPHA, one)
    assert count_rows(url, ALPHA)["impressions"] == 1
    await erasure.erase_item(ALPHA, two)
    assert "impressions" not in count_rows(url, ALPHA)
    assert not await experience.has_judgements(ALPHA)


async def test_feedback_is_counted_by_question(
    said: Said,
    feedback: FeedbackStore,
    impressions: ImpressionStore,
    items: ItemStore,
    two_items: tuple[ItemId, ItemId],
) -> None:
    item, _ = two_items

    async def counts() -> tuple[int, int, int]:
        stored = await items.get_item(ALPHA, item)
        return stored.num_helpful, stored.num_uses, stored.num_not_helpful

    first = await said.say("one", item, Verdict.HELPFUL)
    for _ in range(3):
        await feedback.add_feedback(ALPHA, [item], Verdict.HELPFUL, first.impression_id)
        await feedback.add_feedback(ALPHA, [item], Verdict.USED, first.impression_id)
    assert await counts() == (1, 1, 0)
    [changed] = await feedback.add_feedback(ALPHA, [item], Verdict.NOT_HELPFUL, first.impression_id)
    assert await counts() == (0, 1, 0)
    await said.say("two", item, Verdict.HELPFUL)
    await said.say("three", item, Verdict.NOT_HELPFUL)
    assert await counts() == (1, 1, 0)
    outdated = [await said.say("two", item, Verdict.OUTDATED) for _ in range(2)]
    await feedback.add_feedback(ALPHA, [item], Verdict.NOT_HELPFUL)
    assert await counts() == (1, 1, 2)
    for one in outdated:
        await feedback.withdraw_feedback(ALPHA, one.feedback_id)
    await feedback.withdraw_feedback(ALPHA, changed.feedback_id)
    assert await counts() == (2, 1, 1)


async def test_whose_question_is_not_known_counts_for_no_other(
    experience: ExperienceStore,
    feedback: FeedbackStore,
    impressions: ImpressionStore,
    two_items: tuple[ItemId, ItemId],
) -> None:
    one, _ = two_items
    await impressions.log_impression(ALPHA, Impression("old", 0, (Shown(one, 0, {"own": 1.0}),)))
    await feedback.add_feedback(ALPHA, [one], Verdict.NOT_HELPFUL, "old")
    assert not await experience.find_judgements(ALPHA, two_items, read_question("anything"))
