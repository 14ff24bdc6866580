"""The same words once more: a repeated call, or a second event."""

from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import ItemKind, ItemState, Role
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.memory import dict_memory

ALPHA = WorkspaceId("alpha")
TESTS, GREEN = "run the tests again please", "all green now"


class Talk:
    """A thread of messages without dates, several a call."""

    def __init__(self) -> None:
        self._store = DictMemory()
        self._memory = dict_memory(self._store)

    async def call(self, *contents: str, key: str | None = None, is_record: bool = False) -> None:
        chat = tuple(ChatMessage(Role.USER, content) for content in contents)
        request = IngestRequest(ThreadId("talk"), chat, is_record=is_record)
        await self._memory.ingest.ingest(ALPHA, request, key)

    @property
    def messages(self) -> list[str]:
        items = self._store.shelf(ALPHA).items.values()
        return [item.text for item in items if item.kind is ItemKind.CHAT]

    @property
    def current(self) -> list[str]:
        items = self._store.shelf(ALPHA).items.values()
        return [
            item.text
            for item in items
            if item.kind is ItemKind.DECISION and item.state is ItemState.ACTIVE
        ]


async def test_the_same_words_after_others_are_another_message() -> None:
    talk = Talk()
    for content in (TESTS, GREEN, TESTS):
        await talk.call(content)
    assert talk.messages == [TESTS, GREEN, TESTS]


async def test_a_call_that_is_repeated_at_once_adds_nothing() -> None:
    talk = Talk()
    for content in (TESTS, TESTS, GREEN, TESTS, TESTS):
        await talk.call(content)
    assert talk.messages == [TESTS, GREEN, TESTS]


async def test_a_call_under_its_key_adds_nothing_whenever_it_is_repeated() -> None:
    talk = Talk()
    await talk.call(TESTS, key="one")
    await talk.call(GREEN, key="two")
    await talk.call(TESTS, key="one")
    assert talk.messages == [TESTS, GREEN]


async def test_a_history_that_grows_adds_only_what_is_new() -> None:
    talk = Talk()
    await talk.call(TESTS)
    await talk.call(TESTS, GREEN)
    await talk.call(TESTS, GREEN, TESTS)
    await talk.call(GREEN, TESTS, "ship it")
    assert talk.messages == [TESTS, GREEN, TESTS, "ship it"]


async def test_a_repeated_call_of_several_messages_adds_nothing_after_others() -> None:
    talk = Talk()
    await talk.call(TESTS, GREEN)
    await talk.call("ship it")
    await talk.call(TESTS, GREEN)
    assert talk.messages == [TESTS, GREEN, "ship it"]


async def test_a_known_message_in_a_new_exchange_is_said_again() -> None:
    talk = Talk()
    await talk.call(TESTS, "three failed")
    await talk.call(TESTS, GREEN)
    assert talk.messages == [TESTS, "three failed", TESTS, GREEN]


async def test_records_are_the_same_whenever_they_are_handed_in() -> None:
    talk = Talk()
    for content in (TESTS, GREEN, TESTS):
        await talk.call(content, is_record=True)
    assert talk.messages == [TESTS, GREEN]


async def test_a_mind_that_is_changed_back_is_current() -> None:
    talk = Talk()
    for tool in ("log4j", "slf4j", "log4j"):
        await talk.call(f"We use {tool} for logging.")
    assert talk.current == ["We use log4j for logging."]
