"""The list of models in both protocols."""

import anthropic
import httpx
import openai
import pytest

from agent_memory.errors import EngineUnavailable
from agent_memory.testing.embeddings import HASHING_SPACE, HashingEmbeddings
from agent_memory.testing.runtime import ScriptedTurns


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

    monkeypatch.setattr(turns, "models", unreachable)
    assert (await client.get("/v1/models")).status_code == 503
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    response = await client.post("/v1/chat/completions", json=body)
    assert response.status_code == 200
    assert "x-model" not in response.headers
