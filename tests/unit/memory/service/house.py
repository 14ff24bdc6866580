"""All of memory in dictionaries, at a time that the test sets."""

from dataclasses import dataclass, field
from datetime import datetime

from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import SEMANTIC, Role
from agent_memory.memory.service.composition import Stores, World, compose
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.dict_stores import ListedJobs
from agent_memory.testing.dict_verdicts import ListedImpressions
from agent_memory.testing.memory import dict_stores, word_tokens, words_first
from tests.unit.memory.made_items import DAY_0, day

ALPHA, BETA = WorkspaceId("alpha"), WorkspaceId("beta")
SEMANTIC_KINDS = frozenset(kind.value for kind in SEMANTIC)
NOW = day(50)
TALK = ThreadId("talk")


@dataclass
class House:
    """`now` is fifty days after `DAY_0`, unless said otherwise."""

    now: datetime = NOW
    items: DictMemory = field(default_factory=DictMemory)
    impressions: ListedImpressions = field(default_factory=ListedImpressions)
    jobs: ListedJobs = field(default_factory=ListedJobs)

    def __post_init__(self) -> None:
        words = WordsOnly()
        self.stores: Stores = dict_stores(self.items, self.jobs, self.impressions)
        world = World(words, words, word_tokens, lambda: self.now, words_first)
        self.memory: Memory = compose(self.stores, world)

    async def say(
        self, *contents: str, at: datetime = DAY_0, thread: ThreadId = TALK, role: Role = Role.USER
    ) -> list[ItemId]:
        """Messages of one call; the ids of all items that it added."""
        chat = tuple(ChatMessage(role, content, occurred_at=at) for content in contents)
        done = await self.memory.ingest.ingest(ALPHA, IngestRequest(thread, chat))
        return list(done.remembered.added)

    def item(self, item: ItemId) -> Item:
        return self.items.shelf(ALPHA).items[item]

    def texts(self) -> list[str]:
        return [item.text for item in self.items.shelf(ALPHA).items.values()]

    async def current(self) -> list[str]:
        """Statements that hold."""
        items = await self.stores.reading.list_items(ALPHA, SEMANTIC_KINDS, None, None, 100)
        return [item.text for item in items]
