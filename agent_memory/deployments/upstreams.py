"""The models of other providers, composed for one front process."""

from dataclasses import dataclass

from agent_memory.access.sealing import Sealing
from agent_memory.actors.config import RuntimeConfig
from agent_memory.gateway.placing import Places
from agent_memory.providers.far.client import Deadlines
from agent_memory.providers.far.desk import ProviderDesk
from agent_memory.providers.far.kept_configuration import KeptConfiguration
from agent_memory.providers.far.of_environment import providers_of_environment
from agent_memory.providers.far.providers import FarProviders
from agent_memory.sessions.far_turns import FarTurns
from agent_memory.sessions.local_turns import Directory
from agent_memory.sessions.ports import TranscriptStore
from agent_memory.sessions.rounds import MemoryToolRunner
from agent_memory.settings import Settings
from agent_memory.store.database import Database
from agent_memory.store.providers import ProviderStore


@dataclass(frozen=True, slots=True)
class Upstreams:
    """turns: answers with them. desk: what operators do with them. configuration: and prices."""

    turns: FarTurns
    desk: ProviderDesk
    configuration: KeptConfiguration


def upstreams_of(
    config: RuntimeConfig,
    database: Database,
    store: TranscriptStore,
    places: Places,
    directory: Directory,
    runner: MemoryToolRunner,
) -> Upstreams:
    """Nothing is connected before it is used."""
    settings = config.settings
    rows = ProviderStore(database, Sealing(config.secrets_key))
    of_environment = providers_of_environment(settings)
    configuration = KeptConfiguration(rows, of_environment)
    deadlines = deadlines_of(settings)
    far = FarProviders(configuration, settings.model_names, settings.answers_all, deadlines)
    desk = ProviderDesk(rows, of_environment, deadlines, far.breakers)
    return Upstreams(FarTurns(far, store, places, directory, runner), desk, configuration)


def deadlines_of(settings: Settings) -> Deadlines:
    return Deadlines(
        settings.upstream_connect_s,
        settings.upstream_first_token_s,
        settings.upstream_idle_s,
        settings.upstream_total_s,
    )
