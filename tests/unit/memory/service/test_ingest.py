import pytest

from agent_memory.errors import Conflict, InvalidRequest, ItemTooLarge
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import Role
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.service.ingest import IngestRequest
from tests.unit.memory.service.house import ALPHA, TALK, House

SECRET = "AKIAIOSFODNN7EXAMPLE"


def said(*contents: str) -> IngestRequest:
    return IngestRequest(TALK, tuple(ChatMessage(Role.USER, content) for content in contents))


async def test_a_call_with_nothing_in_it_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        await House().memory.ingest.ingest(ALPHA, IngestRequest(TALK))


async def test_a_text_that_is_too_large_is_refused_before_anything_is_kept() -> None:
    house = House()

    with pytest.raises(ItemTooLarge):
        await house.memory.ingest.ingest(ALPHA, said("short", "x" * (100 * 1024 + 1)))

    assert house.texts() == []


async def test_a_secret_is_removed_before_it_is_kept_and_counted() -> None:
    house = House()

    done = await house.memory.ingest.ingest(ALPHA, said(f"the key is {SECRET} as before"))

    assert sum(done.redactions.values()) == 1
    assert not any(SECRET in text for text in house.texts())


async def test_what_a_policy_allows_is_kept() -> None:
    house = House()
    await house.stores.policies.set_redaction(ALPHA, RedactionPolicy(allowed=frozenset({SECRET})))

    done = await house.memory.ingest.ingest(ALPHA, said(f"the key is {SECRET} as before"))

    assert sum(done.redactions.values()) == 0
    assert any(SECRET in text for text in house.texts())


async def test_a_key_names_one_call_and_no_other() -> None:
    house = House()
    first = await house.memory.ingest.ingest(ALPHA, said("a red gate"), "k")

    again = await house.memory.ingest.ingest(ALPHA, said("a red gate"), "k")

    assert again.remembered == first.remembered
    with pytest.raises(Conflict):
        await house.memory.ingest.ingest(ALPHA, said("a blue gate"), "k")
    assert house.texts() == ["a red gate"]


async def test_drafts_are_counted_by_kind_known_or_not() -> None:
    house = House()
    request = IngestRequest(TALK, said("hello there", "good morning").chat, is_record=True)

    counts = [(await house.memory.ingest.ingest(ALPHA, request)).num_drafts for _ in range(2)]

    assert [dict(one) for one in counts] == [{"chat": 2}, {"chat": 2}]
