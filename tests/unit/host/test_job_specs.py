"""The jobs that a server runs, as they are put together."""

from agent_memory.host.job_specs import job_specs
from agent_memory.jobs.forms import REQUESTABLE
from agent_memory.providers.embedders import Embedders
from agent_memory.settings import Settings
from agent_memory.store.database import Database
from agent_memory.store.job_queue import JobQueueStore
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.work.registry import PERIODS, SCHEDULE

URL = "postgresql://nobody@127.0.0.1:1/nothing"


def kinds() -> list[str]:
    """Nothing is connected by putting them together."""
    database, settings = Database(URL), Settings()
    embedders = Embedders(settings, SpaceStore(database), ())
    queue = JobQueueStore(database, URL)
    return [spec.kind for spec in job_specs(database, queue, embedders, settings)]


def test_each_kind_is_done_in_one_way() -> None:
    assert len(kinds()) == len(set(kinds()))


def test_whatever_can_be_asked_for_or_falls_due_is_done() -> None:
    assert set(kinds()) >= {*REQUESTABLE, *SCHEDULE, *PERIODS}
