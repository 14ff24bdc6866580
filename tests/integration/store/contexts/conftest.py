from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from agent_memory.contexts.service.contexts import Contexts
from agent_memory.contexts.service.pen import Writer
from agent_memory.store.database import Database
from agent_memory.store.stored_contexts import stored_contexts
from tests.integration.store.conftest import ALPHA, BETA

KEY = bytes(range(32))


@dataclass
class SetClock:
    """Tells the time that it was set to."""

    now: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def contexts(database: Database, clock: SetClock) -> Contexts:
    return stored_contexts(database, [KEY], clock)


@pytest.fixture
def alpha() -> Writer:
    return Writer(ALPHA, "key_alpha")


@pytest.fixture
def beta() -> Writer:
    return Writer(BETA, "key_beta")
