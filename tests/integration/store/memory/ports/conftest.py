"""One set of tests for the stores over PostgreSQL and for those in dictionaries, by which the
services are tested: what passes over the one passes over the other."""

import pytest

from agent_memory.memory.ports import Ingestion, Search
from agent_memory.memory.service.composition import Policies, Reading, Stores, Weightings
from agent_memory.memory.service.consolidate import Consolidations
from agent_memory.memory.service.feedback import Verdicts
from agent_memory.memory.service.jobs import Jobs
from agent_memory.memory.service.message_ports import (
    Erasure,
    ItemChanges,
    MessageFinder,
    Threads,
)
from agent_memory.memory.service.ranker import Experienced
from agent_memory.memory.service.recall import Impressions
from agent_memory.store.stored_memory import memory_stores
from agent_memory.testing.memory import dict_stores


@pytest.fixture(params=["dictionaries", "PostgreSQL"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "dictionaries":
        return dict_stores()
    return memory_stores(request.getfixturevalue("database"))


@pytest.fixture
def ingestion(stores: Stores) -> Ingestion:
    return stores.ingestion


@pytest.fixture
def search(stores: Stores) -> Search:
    return stores.search


@pytest.fixture
def items(stores: Stores) -> Reading:
    return stores.reading


@pytest.fixture
def messages(stores: Stores) -> MessageFinder:
    return stores.messages


@pytest.fixture
def changes(stores: Stores) -> ItemChanges:
    return stores.changes


@pytest.fixture
def erasure(stores: Stores) -> Erasure:
    return stores.erasure


@pytest.fixture
def threads(stores: Stores) -> Threads:
    return stores.threads


@pytest.fixture
def policies(stores: Stores) -> Policies:
    return stores.policies


@pytest.fixture
def consolidations(stores: Stores) -> Consolidations:
    return stores.consolidations


@pytest.fixture
def feedback(stores: Stores) -> Verdicts:
    return stores.verdicts


@pytest.fixture
def weights(stores: Stores) -> Weightings:
    return stores.weights


@pytest.fixture
def impressions(stores: Stores) -> Impressions:
    return stores.impressions


@pytest.fixture
def experience(stores: Stores) -> Experienced:
    return stores.experience


@pytest.fixture
def jobs(stores: Stores) -> Jobs:
    return stores.jobs
