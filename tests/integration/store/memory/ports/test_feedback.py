import pytest

from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Verdict
from agent_memory.memory.ports import Ingestion
from agent_memory.memory.service.composition import Reading
from agent_memory.memory.service.feedback import Verdicts
from agent_memory.work.once import Once
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.memory.examples import chat


async def test_feedback_is_counted_on_the_item_and_can_be_withdrawn(
    ingestion: Ingestion, items: Reading, feedback: Verdicts
) -> None:
    (item,) = (await ingestion.remember(ALPHA, [chat("one")])).added

    given = [
        one
        for verdict in (Verdict.HELPFUL, Verdict.USED, Verdict.OUTDATED, Verdict.NOT_HELPFUL)
        for one in await feedback.add_feedback(ALPHA, [item], verdict)
    ]

    async def counts() -> tuple[int, int, int]:
        stored = await items.get_item(ALPHA, item)
        return stored.num_helpful, stored.num_uses, stored.num_not_helpful

    assert await counts() == (0, 1, 2)
    for _ in range(2):
        await feedback.withdraw_feedback(ALPHA, given[3].feedback_id)
    assert await counts() == (1, 1, 1)
    page, cursor = await feedback.list_feedback(ALPHA, None, 3)
    rest, end = await feedback.list_feedback(ALPHA, cursor, 3)
    assert [one.feedback_id for one in (*page, *rest)] == [one.feedback_id for one in given]
    assert end is None
    assert rest[0].withdrawn_at is not None


async def test_feedback_on_what_is_not_there_is_refused(
    ingestion: Ingestion, feedback: Verdicts
) -> None:
    (item,) = (await ingestion.remember(ALPHA, [chat("one")])).added

    for call in (
        feedback.add_feedback(BETA, [item], Verdict.HELPFUL),
        feedback.add_feedback(ALPHA, [item], Verdict.DUPLICATE, other_item=ItemId("nothing")),
        feedback.add_feedback(ALPHA, [item], Verdict.HELPFUL, impression_id="nothing"),
        feedback.withdraw_feedback(ALPHA, "nothing"),
    ):
        with pytest.raises(NotFound):
            await call


async def test_a_key_that_was_used_for_something_else_is_a_conflict(
    ingestion: Ingestion, items: Reading, feedback: Verdicts
) -> None:
    (item,) = (await ingestion.remember(ALPHA, [chat("one")])).added
    await feedback.add_feedback(ALPHA, [item], Verdict.HELPFUL, once=Once.of("k", b"helpful"))

    with pytest.raises(Conflict):
        await feedback.add_feedback(ALPHA, [item], Verdict.USED, once=Once.of("k", b"used"))

    assert (await items.get_item(ALPHA, item)).num_uses == 0


async def test_one_verdict_that_cannot_be_kept_leaves_none(
    ingestion: Ingestion, items: Reading, feedback: Verdicts
) -> None:
    (item,) = (await ingestion.remember(ALPHA, [chat("one")])).added

    with pytest.raises(NotFound):
        await feedback.add_feedback(ALPHA, [item, ItemId("nothing")], Verdict.HELPFUL)

    assert (await items.get_item(ALPHA, item)).num_helpful == 0
