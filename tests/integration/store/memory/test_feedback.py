from datetime import timedelta

import pytest

from agent_memory.errors import NotFound, StorageUnavailable
from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Impression, Shown, Verdict
from agent_memory.store.database import Database
from agent_memory.store.memory import feedback as store_feedback
from agent_memory.store.memory.feedback import FeedbackStore
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.weight_sets import WeightSetStore
from agent_memory.work.once import Once
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.examples import chat


async def test_a_call_that_is_repeated_after_a_crash_counts_once(
    ingestion: IngestionStore,
    items: ItemStore,
    feedback: FeedbackStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = (await ingestion.remember(ALPHA, [chat("one", "two")])).added
    once = Once.of("feedback k", b"helpful")

    async def crash(*_: object) -> None:
        raise StorageUnavailable("The process ends here.")

    with monkeypatch.context() as patched:
        patched.setattr(store_feedback, "keep_call", crash)
        with pytest.raises(StorageUnavailable):
            await feedback.add_feedback(ALPHA, [one, two], Verdict.HELPFUL, once=once)
    first = await feedback.add_feedback(ALPHA, [one, two], Verdict.HELPFUL, once=once)
    again = await feedback.add_feedback(ALPHA, [one, two], Verdict.HELPFUL, once=once)

    assert list(again) == list(first)
    assert (await items.get_item(ALPHA, one)).num_helpful == 1
    page, _ = await feedback.list_feedback(ALPHA, None, 10)
    assert sorted(given.item_id for given in page) == sorted([one, two])


@pytest.mark.parametrize("gone", ["mem_gone", "nul\0byte"])
async def test_the_first_item_that_is_not_there_is_named_and_nothing_is_counted(
    ingestion: IngestionStore, items: ItemStore, feedback: FeedbackStore, gone: str
) -> None:
    (one,) = (await ingestion.remember(ALPHA, [chat("one")])).added
    (theirs,) = (await ingestion.remember(BETA, [chat("one")])).added
    wanted = [one, ItemId(gone), theirs]
    with pytest.raises(NotFound) as caught:
        await feedback.add_feedback(ALPHA, wanted, Verdict.HELPFUL)
    assert repr(gone)[1:-1] in repr(str(caught.value))
    with pytest.raises(NotFound) as caught:
        await feedback.add_feedback(ALPHA, [one], Verdict.DUPLICATE, other_item=theirs)
    assert theirs in str(caught.value)
    assert (await items.get_item(ALPHA, one)).num_helpful == 0


async def test_impressions_come_back_with_what_was_said_of_them(
    ingestion: IngestionStore, feedback: FeedbackStore, impressions: ImpressionStore
) -> None:
    one, two = (await ingestion.remember(ALPHA, [chat("one", "two")])).added
    shown = (Shown(two, 0, {"own": 1.0}), Shown(one, 1, {"own": 0.5}, propensity=0.5))
    await impressions.log_impression(ALPHA, Impression("first", 0, shown))
    await impressions.log_impression(ALPHA, Impression("unjudged", 2, shown))
    await feedback.add_feedback(ALPHA, [one], Verdict.NOT_HELPFUL, "first")
    await feedback.add_feedback(ALPHA, [one], Verdict.HELPFUL, "first")

    (judged,) = await impressions.list_judged(ALPHA, 10)

    assert judged.impression == Impression("first", 0, shown)
    assert judged.verdicts == {one: Verdict.HELPFUL}
    assert await impressions.list_judged(BETA, 10) == []
    assert await impressions.drop_impressions(ALPHA, timedelta(0)) == 1
    assert len(await impressions.list_judged(ALPHA, 10)) == 1


async def test_weights_go_live_and_are_rolled_back(database: Database) -> None:
    store = WeightSetStore(database)
    assert await store.find_live(ALPHA) is None

    first = await store.save_weights(ALPHA, {"own": 1.0}, {"ndcg": 0.5}, is_live=True)
    second = await store.save_weights(ALPHA, {"own": 2.0}, {}, is_live=False)
    assert (first.version, second.version) == (1, 2)
    assert await store.find_live(ALPHA) == first

    await store.go_live(ALPHA, 2)
    live = await store.find_live(ALPHA)
    assert live is not None
    assert live.weights == {"own": 2.0}
    with pytest.raises(NotFound):
        await store.go_live(ALPHA, 3)
    assert await store.find_live(ALPHA) == live
    await store.go_live(ALPHA, 0)
    assert await store.find_live(ALPHA) is None
    assert [(one.version, one.is_live) for one in await store.list_weights(ALPHA)] == [
        (2, False),
        (1, False),
    ]
    assert await store.list_weights(BETA) == []
