import pytest

from agent_memory.store.database import Database
from agent_memory.store.memory.changes import ItemChangeStore
from agent_memory.store.memory.consolidations import ConsolidationStore
from agent_memory.store.memory.erasure import ErasureStore
from agent_memory.store.memory.feedback import FeedbackStore
from agent_memory.store.memory.impressions import ImpressionStore
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.store.memory.threads import ThreadStore


@pytest.fixture
def ingestion(database: Database) -> IngestionStore:
    return IngestionStore(database)


@pytest.fixture
def items(database: Database) -> ItemStore:
    return ItemStore(database)


@pytest.fixture
def search(database: Database) -> SearchStore:
    return SearchStore(database)


@pytest.fixture
def threads(database: Database) -> ThreadStore:
    return ThreadStore(database)


@pytest.fixture
def erasure(database: Database) -> ErasureStore:
    return ErasureStore(database)


@pytest.fixture
def changes(database: Database) -> ItemChangeStore:
    return ItemChangeStore(database)


@pytest.fixture
def spaces(database: Database) -> SpaceStore:
    return SpaceStore(database)


@pytest.fixture
def consolidations(database: Database) -> ConsolidationStore:
    return ConsolidationStore(database)


@pytest.fixture
def impressions(database: Database) -> ImpressionStore:
    return ImpressionStore(database)


@pytest.fixture
def feedback(database: Database) -> FeedbackStore:
    return FeedbackStore(database)
