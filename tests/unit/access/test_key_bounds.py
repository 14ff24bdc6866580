"""Which models a key may use, and from where."""

import pytest

from agent_memory.access.key_bounds import KeyBounds, check_addresses, check_models
from agent_memory.errors import AddressNotAllowed, InvalidRequest, ModelNotAllowed


def test_a_key_without_bounds_may_use_everything() -> None:
    KeyBounds().require_model("any")
    KeyBounds().require_address(None)


def test_a_model_is_allowed_by_the_name_asked_for_or_by_what_answers_to_it() -> None:
    bounds = KeyBounds(models=("tiny", "anthropic/*", "fast"))
    bounds.require_model("gpt-4", "tiny")
    bounds.require_model("anthropic/claude")
    bounds.require_model("fast", "openai/gpt")
    bounds.require_model("smart", "anthropic/claude", "tiny")
    with pytest.raises(ModelNotAllowed, match="'openai/gpt'"):
        bounds.require_model("openai/gpt", "large")
    with pytest.raises(ModelNotAllowed):
        bounds.require_model("smart", "anthropic/claude", "openai/gpt")
    with pytest.raises(ModelNotAllowed):
        KeyBounds(models=()).require_model("tiny")


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"])
def test_an_address_in_a_network_is_allowed(address: str) -> None:
    KeyBounds(addresses=("10.0.0.0/8", "fd00::/8")).require_address(address)


@pytest.mark.parametrize("address", ["11.0.0.1", "fe80::1", "nowhere", None])
def test_another_address_is_not(address: str | None) -> None:
    with pytest.raises(AddressNotAllowed):
        KeyBounds(addresses=("10.0.0.0/8", "fd00::/8")).require_address(address)


def test_networks_get_their_usual_form() -> None:
    assert check_addresses(["10.1.2.3/8", "::1"]) == ("10.0.0.0/8", "::1/128")
    with pytest.raises(InvalidRequest, match="networks"):
        check_addresses(["300.1.1.1"])


def test_patterns_are_visible_words() -> None:
    assert check_models(["a", "a", "b/*"]) == ("a", "b/*")
    with pytest.raises(InvalidRequest):
        check_models(["with blank"])
