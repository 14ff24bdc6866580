"""What takes the place of what, through the ingestion itself."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import SEMANTIC, ItemState, Role
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.memory.service.memory import Memory
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.memory import dict_memory

ALPHA = WorkspaceId("alpha")
USER, ASSISTANT, TOOL = Role.USER, Role.ASSISTANT, Role.TOOL


@dataclass
class Talk:
    """Messages a day apart, each in a call of its own."""

    store: DictMemory = field(default_factory=DictMemory)
    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=100))
    num_said: int = 0

    def __post_init__(self) -> None:
        self.memory: Memory = dict_memory(self.store)

    async def say(
        self,
        *contents: str,
        role: Role = USER,
        thread: str = "talk",
        at: datetime | None = None,
        speaker: str | None = None,
    ) -> None:
        for content in contents:
            self.num_said += 1
            said_at = at or self.begun_at + timedelta(days=self.num_said)
            message = ChatMessage(role, content, speaker, said_at)
            await self.memory.ingest.ingest(ALPHA, IngestRequest(ThreadId(thread), (message,)))

    def statements(self, state: ItemState) -> list[str]:
        return [item.text for item in self.items() if item.state is state]

    @property
    def current(self) -> list[str]:
        return self.statements(ItemState.ACTIVE)

    @property
    def outdated(self) -> list[str]:
        return self.statements(ItemState.SUPERSEDED)

    def items(self) -> list[Item]:
        return [one for one in self.store.shelf(ALPHA).items.values() if one.kind in SEMANTIC]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("For the EU cluster, the region is eu-west-1.", "For the US cluster, the region is us-1."),
        ("Importer settings: the timeout is 40 s.", "Mailer settings: the timeout is 6 s."),
        ("billing: the owner is Kathrin.", "search: the owner is Tomasz."),
        ("## Importer\nThe timeout is 40 s.", "## Mailer\nThe timeout is 6 s."),
        ("Importer:\n- timeout: 40s", "Mailer:\n- timeout: 6s"),
        ("In staging, the log level is DEBUG.", "In production, the log level is WARN."),
        ("In the importer the timeout is 20 s.", "In the exporter the timeout is 5 s."),
        ("[billing] the deadline is 4 May.", "[search] the deadline is 9 June."),
        ("The mailer is old. The timeout is 6 s.", "The importer is new. The timeout is 40 s."),
        ("In `auth.py` the timeout is 3s.", "In `jobs.py` the timeout is 60s."),
        ("We use Redux for the web client.", "We use pnpm for the web client."),
    ],
)
async def test_statements_of_two_scopes_stand_beside_each_other(one: str, other: str) -> None:
    talk = Talk()
    await talk.say(one, other)
    assert len(talk.current) == 2
    assert talk.outdated == []


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("For the EU cluster, the region is eu-1.", "For the EU cluster, the region is eu-3."),
        ("billing: the owner is Kathrin.", "billing: the owner is Tomasz."),
        ("## Importer\nThe timeout is 40 s.", "## Importer\nThe timeout is 60 s."),
        ("In staging, the log level is DEBUG.", "In staging the log level is INFO now."),
        ("In production, the replica count is 3.", "The production replica count is 5 now."),
    ],
)
async def test_statements_of_one_scope_take_each_others_place(older: str, newer: str) -> None:
    talk = Talk()
    await talk.say(older, newer)
    assert [len(talk.outdated), len(talk.current)] == [1, 1]
    assert newer.endswith(talk.current[0])


@pytest.mark.parametrize(
    ("word", "echo"),
    [
        ("The staging URL is https://new.test", "The staging URL is https://old.test"),
        ("We use PostgreSQL for the ledger.", "We use SQLite for the ledger."),
        ("Tomasz owns billing.", "Kathrin owns billing now."),
    ],
)
@pytest.mark.parametrize("role", [ASSISTANT, TOOL])
async def test_what_a_model_says_never_takes_the_place_of_a_persons_word(
    word: str, echo: str, role: Role
) -> None:
    talk = Talk()
    await talk.say(word)
    await talk.say(f"As I read earlier, {echo[0].lower()}{echo[1:]}", echo, role=role)
    assert talk.current == [word]


async def test_an_echo_of_the_old_word_leaves_the_correction_standing() -> None:
    talk = Talk()
    await talk.say("The staging URL is https://old.test", "The staging URL is https://new.test")
    await talk.say("As I read earlier, the staging URL is https://old.test", role=ASSISTANT)
    assert talk.current == ["The staging URL is https://new.test"]


async def test_a_persons_word_takes_the_place_of_what_a_model_said() -> None:
    talk = Talk()
    await talk.say("The staging URL is https://old.test", role=ASSISTANT)
    await talk.say("The staging URL is https://new.test")
    assert talk.current == ["The staging URL is https://new.test"]


async def test_a_model_that_repeats_the_users_words_of_the_turn_says_the_users_word() -> None:
    talk = Talk()
    await talk.say("The API listens on port 8000.")
    said_at = talk.begun_at + timedelta(days=9)
    turn = (
        ChatMessage(USER, "Please move the API to port 8400.", None, said_at),
        ChatMessage(ASSISTANT, "Done. The API listens on port 8400 now.", None, said_at),
    )
    await talk.memory.ingest.ingest(ALPHA, IngestRequest(ThreadId("talk"), turn))
    assert "The API listens on port 8400 now." in talk.current
    assert talk.outdated == ["The API listens on port 8000."]
