from typing import cast

from agent_memory.errors import UpstreamBroken
from agent_memory.gateway.configuration import GatewayConfig, ProviderConfig
from agent_memory.jobs.model_lists import SyncModels
from agent_memory.jobs.spec import JobRun
from agent_memory.turns.route import Wire


class _Lists:
    def __init__(self) -> None:
        self.read: list[str] = []

    async def config(self) -> GatewayConfig:
        names = {"a": True, "away": True, "b": True, "off": False}
        return GatewayConfig(
            {
                name: ProviderConfig(name, Wire.OPENAI, "https://x", is_enabled=is_enabled)
                for name, is_enabled in names.items()
            }
        )

    async def check(self, provider: str) -> int:
        if provider == "away":
            raise UpstreamBroken("it is away")
        self.read.append(provider)
        return 3


async def test_every_enabled_provider_is_read_and_one_that_is_away_holds_up_none() -> None:
    lists = _Lists()
    outcome = await SyncModels(lambda: lists).do(cast("JobRun", None))
    assert lists.read == ["a", "b"]
    assert outcome == {"num_models": 6, "num_failed": 1}
