import pytest

from agent_memory.errors import UnknownModel
from agent_memory.gateway.configuration import (
    Alias,
    AliasTarget,
    GatewayConfig,
    ListedModel,
    ProviderConfig,
)
from agent_memory.gateway.names import ModelNames
from agent_memory.turns.route import Target, Wire

CLAUDE = ProviderConfig("anthropic", Wire.ANTHROPIC, "https://a")
ROUTER = ProviderConfig("openrouter", Wire.OPENAI, "https://o", blocked=("*/secret-*",))
OFF = ProviderConfig("off", Wire.OPENAI, "https://x", is_enabled=False)
SONNET = "anthropic/claude-sonnet-4-5"
CONFIG = GatewayConfig(
    {one.name: one for one in (CLAUDE, ROUTER, OFF)},
    {
        "fast": Alias("fast", (AliasTarget("anthropic/haiku", 3), AliasTarget("tiny")), (SONNET,)),
        "broken": Alias("broken", (AliasTarget("nobody/nothing"),)),
    },
    [ListedModel("openrouter", SONNET), ListedModel("openrouter", "z/secret-1")],
)
NAMES = ModelNames(CONFIG, ("tiny", "org/gemma"))


def _targets(name: str) -> list[list[str]]:
    return [[str(target) for target in tier] for tier in NAMES.route(name).tiers]


def test_a_providers_name_before_a_slash_is_that_provider_then_whoever_lists_the_whole() -> None:
    assert _targets(SONNET) == [[SONNET], [f"openrouter/{SONNET}"]]


def test_a_listed_name_is_its_provider_and_a_family_its_owner() -> None:
    assert _targets(f"openrouter/{SONNET}") == [[f"openrouter/{SONNET}"]]
    assert _targets("claude-of-tomorrow") == [["anthropic/claude-of-tomorrow"]]


@pytest.mark.parametrize("name", ["tiny", "org/gemma", "gemma", "local/anything"])
def test_a_model_of_this_machine_is_local(name: str) -> None:
    assert NAMES.route(name).is_local


def test_an_alias_has_weights_and_fallbacks_and_the_local_model_last() -> None:
    route = NAMES.route("fast")
    assert route.tiers[0] == (Target("anthropic", "haiku", Wire.ANTHROPIC, 3),)
    assert str(route.tiers[1][0]) == SONNET
    assert route.local_model == "tiny"
    assert not route.is_all(Wire.ANTHROPIC)


@pytest.mark.parametrize("name", ["off/large", "z/secret-1", "openrouter/z/secret-1", "gpt-5"])
def test_what_is_disabled_blocked_or_not_set_is_nobodys(name: str) -> None:
    with pytest.raises(UnknownModel):
        NAMES.route(name)


def test_the_three_nearest_names_are_told() -> None:
    with pytest.raises(UnknownModel) as caught:
        NAMES.route("claude-sonet-4-5".replace("claude", "cloude"))
    assert len(caught.value.nearest) == 3
    assert caught.value.nearest[0] == SONNET
    with pytest.raises(UnknownModel):
        NAMES.route("broken")


@pytest.mark.parametrize(("answers_all", "config"), [(None, GatewayConfig()), (True, CONFIG)])
def test_the_local_model_answers_every_name_while_it_is_alone_or_told_to(
    answers_all: bool | None, config: GatewayConfig
) -> None:
    assert ModelNames(config, ("tiny",), answers_all).route("whatever").local_model == "whatever"
    with pytest.raises(UnknownModel):
        ModelNames(config, ("tiny",), False).route("whatever")
