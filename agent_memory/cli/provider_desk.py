"""The providers of a data directory, whether a server is running on it or not."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from agent_memory.access.sealing import Sealing
from agent_memory.cli.database import with_database
from agent_memory.cli.options import load_settings
from agent_memory.cli.running import find_server
from agent_memory.providers.far.client import Deadlines
from agent_memory.providers.far.desk import ProviderDesk
from agent_memory.providers.far.of_environment import providers_of_environment
from agent_memory.store.database import Database
from agent_memory.store.providers import ProviderStore
from agent_memory.store.sealing_key import secrets_key

_T = TypeVar("_T")
_QUICK = Deadlines(connect_s=10, first_s=30, idle_s=30, total_s=60)


def at_desk(data_dir: Path | None, work: Callable[[ProviderDesk], Awaitable[_T]]) -> _T:
    """The result of `work`. A running server takes a change up within a second."""
    settings = load_settings(data_dir=data_dir)

    async def with_desk(database: Database) -> _T:
        rows = ProviderStore(database, Sealing(secrets_key(settings)))
        return await work(ProviderDesk(rows, providers_of_environment(settings), _QUICK))

    return with_database(settings, find_server(settings), with_desk, may_create=True)
