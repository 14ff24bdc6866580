"""The list of models in both protocols."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import anthropic
import httpx
import openai
import pytest

from agent_memory.access.key_bounds import KeyBounds
from agent_memory.access.principal import Scope
from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.errors import EngineUnavailable, ModelLoadFailed
from agent_memory.gateway.prices import Price, Rates
from agent_memory.testing.embeddings import HASHING_SPACE, HashingEmbeddings
from agent_memory.testing.runtime import (
    TEST_KEY,
    ScriptedModels,
    ScriptedTurns,
    StaticKeys,
    principal,
    scripted_runtime,
)
from agent_memory.turns.models import ModelCard


async def test_openai_clients_read_the_models(gpt: openai.AsyncOpenAI) -> None:
    [model, _] = [model async for model in gpt.models.list()]
    assert (model.id, model.owned_by) == ("org/tiny", "local")
    described = (await gpt.models.retrieve("org/tiny")).to_dict()
    assert described["context_window"] == 8192
    assert described["capabilities"] == {"tools": True, "thinking": False}
    assert described["type"] == "chat"


async def test_the_model_that_embeds_stands_last_with_its_size(
    gpt: openai.AsyncOpenAI, claude: anthropic.AsyncAnthropic
) -> None:
    *_, model = [model async for model in gpt.models.list()]
    assert model.to_dict()["type"] == "embedding"
    assert model.to_dict()["dimensions"] == HASHING_SPACE.num_dims
    assert await gpt.models.retrieve(HASHING_SPACE.model) == model
    with pytest.raises(anthropic.NotFoundError):
        await claude.models.retrieve(HASHING_SPACE.model)


async def test_where_nothing_is_embedded_no_model_for_it_is_listed(
    gpt: openai.AsyncOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HashingEmbeddings, "space", None)
    types = [model.to_dict()["type"] async for model in gpt.models.list()]
    assert types == ["chat"]


async def test_anthropic_clients_read_the_models(claude: anthropic.AsyncAnthropic) -> None:
    [model] = [model async for model in claude.models.list()]
    assert (model.id, model.type, model.max_input_tokens) == ("org/tiny", "model", 8192)
    assert model.created_at.year == 2026
    assert (await claude.models.retrieve("org/tiny")) == model


async def test_a_model_that_is_not_there_is_not_found(
    gpt: openai.AsyncOpenAI, claude: anthropic.AsyncAnthropic
) -> None:
    with pytest.raises(openai.NotFoundError, match="No model 'other'"):
        await gpt.models.retrieve("other")
    with pytest.raises(anthropic.NotFoundError, match="No model 'other'"):
        await claude.models.retrieve("other")


async def test_a_turn_is_served_while_nobody_can_list_the_models(
    client: httpx.AsyncClient, turns: ScriptedTurns, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable() -> list[object]:
        raise EngineUnavailable("No engine.")

    monkeypatch.setattr(turns, "cards", unreachable)
    assert (await client.get("/v1/models")).status_code == 503
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    response = await client.post("/v1/chat/completions", json=body)
    assert response.status_code == 200
    assert "x-model" not in response.headers


async def test_the_list_tells_the_state_and_the_formats_of_each_model(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    other = ModelCard(
        id="org/other",
        created=1,
        context_window=None,
        parameters=None,
        state="failed",
        reason="it is torn",
        weight_format="4-bit",
        num_bytes=7,
    )
    turns.model_cards = [*turns.model_cards, other]
    loaded, failed, *_ = (await client.get("/v1/models")).json()["data"]
    assert (loaded["state"], loaded["error"]) == ("loaded", None)
    assert (failed["state"], failed["error"]) == ("failed", "it is torn")
    assert failed["format"] == {"weights": "4-bit", "kv": None, "bytes": 7}
    assert (failed["context_window"], failed["parameters"]) == (None, None)


async def test_a_model_is_loaded_and_offloaded_by_whoever_administers(
    client: httpx.AsyncClient,
) -> None:
    offloaded = await client.post("/v1/models/org/tiny/offload")
    assert (offloaded.status_code, offloaded.json()["state"]) == (200, "offloaded")
    chat = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    assert "x-model" not in (await client.post("/v1/chat/completions", json=chat)).headers
    loaded = await client.post("/v1/models/load", json={"model": "org/tiny", "grace_s": 2})
    assert (loaded.status_code, loaded.json()["state"]) == (200, "loaded")
    listed = (await client.get("/v1/models/org/tiny")).json()
    assert listed["state"] == "loaded"


async def test_a_model_that_cannot_be_loaded_is_a_conflict_with_its_reason(
    client: httpx.AsyncClient, models: ScriptedModels
) -> None:
    models.errors["org/tiny"] = ModelLoadFailed("org/tiny", "it is torn", "org/former")
    refused = await client.post("/v1/models/load", json={"model": "org/tiny"})
    assert refused.status_code == 409
    error = refused.json()["error"]
    assert error["code"] == "model_load_failed"
    assert error["message"].endswith("it is torn. 'org/former' serves now.")


@pytest.mark.parametrize("body", [{}, {"model": "m", "grace_s": -1}, {"model": "m", "when": 1}])
async def test_a_body_that_says_something_else_is_refused(
    client: httpx.AsyncClient, body: dict[str, object]
) -> None:
    assert (await client.post("/v1/models/load", json=body)).status_code == 400


@pytest.mark.parametrize("path", ["/v1/models/load", "/v1/models/org/tiny/offload"])
async def test_models_are_not_changed_without_the_scope_of_administrators(
    client: httpx.AsyncClient, keys: StaticKeys, path: str
) -> None:
    keys.principals[TEST_KEY] = principal(scopes=frozenset({Scope.INFERENCE}))
    refused = await client.post(path, json={"model": "org/tiny"})
    assert refused.status_code == 403


async def test_codex_finds_its_catalogue_beside_the_list(client: httpx.AsyncClient) -> None:
    plain = (await client.get("/v1/models")).json()
    asked = (await client.get("/v1/models", params={"client_version": "0.171.0"})).json()
    assert {name: asked[name] for name in plain} == plain
    [model] = asked["models"]
    assert (model["slug"], model["context_window"]) == ("org/tiny", 8192)
    assert model["truncation_policy"] == {"mode": "tokens", "limit": 2048}
    assert len(model["base_instructions"]) < 500


TINY, FAR, FAST = (
    ModelCard("org/tiny", 0, 8192, has_tools=True),
    ModelCard(
        "stub/large",
        0,
        200_000,
        owned_by="stub",
        has_thinking=True,
        state="available",
        modalities=("text", "image"),
    ),
    ModelCard("fast", 0, None, owned_by="alias", state="available", targets=("stub/large",)),
)


async def listed(client: httpx.AsyncClient, **params: str | int) -> list[str]:
    response = await client.get("/v1/models", params=params)
    assert response.status_code == 200, response.text
    return [model["id"] for model in response.json()["data"]]


async def test_a_key_sees_only_the_models_that_it_may_use(
    client: httpx.AsyncClient, turns: ScriptedTurns, keys: StaticKeys
) -> None:
    turns.model_cards = [TINY, FAR, FAST]
    held = principal()
    keys.principals[TEST_KEY] = replace(held, bounds=KeyBounds(("stub/*",)))
    assert await listed(client) == ["stub/large", "fast"]
    assert (await client.get("/v1/models/org/tiny")).status_code == 404
    assert (await client.get("/v1/models/fast")).status_code == 200
    asked = {"anthropic-version": "2023-06-01"}
    told = (await client.get("/v1/models", headers=asked)).json()
    assert [model["id"] for model in told["data"]] == ["stub/large", "fast"]


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"capability": "tools"}, ["org/tiny"]),
        ({"capability": "thinking"}, ["stub/large"]),
        ({"capability": "image"}, ["stub/large"]),
        ({"min_context": 10_000}, ["stub/large"]),
        ({"provider": "stub"}, ["stub/large"]),
        ({"search": "TINY"}, ["org/tiny"]),
    ],
)
async def test_the_list_of_models_is_shortened_by_filters(
    client: httpx.AsyncClient, turns: ScriptedTurns, params: dict[str, str | int], ids: list[str]
) -> None:
    turns.model_cards = [TINY, FAR, FAST]
    assert await listed(client, **params) == ids


async def test_a_capability_that_is_not_known_is_400(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/models", params={"capability": "flight"})).status_code == 400


class _Prices:
    def price(self, provider: str, model: str, at: datetime) -> Price:
        del at
        assert (provider, model) == ("local", "org/tiny")
        return Price("p", (Rates(Decimal(3), Decimal(15), Decimal("0.3"), Decimal(0)),))


async def test_a_local_model_is_listed_with_the_price_that_an_operator_set(
    turns: ScriptedTurns,
) -> None:
    turns.model_cards = [TINY]
    app = create_app(replace(scripted_runtime(turns), prices=_Prices()), Limits())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers={"x-api-key": TEST_KEY}
    ) as client:
        model = (await client.get("/v1/models/org/tiny")).json()
    assert model["pricing"] == {
        "prompt": "0.000003",
        "completion": "0.000015",
        "input_cache_read": "0.0000003",
        "input_cache_write": "0",
    }
