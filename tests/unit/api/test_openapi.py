"""Every route is documented, with examples that the server itself accepts."""

import httpx
import orjson
import pytest
from fastapi import FastAPI

from agent_memory.api.json_body import parse_body
from agent_memory.api.limits import Limits
from agent_memory.api.openapi import openapi_document
from agent_memory.api.schemas.agents import AgentTurnBody, CreateAgentBody, ForkAgentBody
from agent_memory.api.schemas.anthropic import CountTokensBody, MessagesBody
from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.chat import ChatBody
from agent_memory.api.schemas.completions import CompletionsBody

BODIES: dict[str, type[Body]] = {
    "/v1/messages": MessagesBody,
    "/v1/messages/count_tokens": CountTokensBody,
    "/v1/chat/completions": ChatBody,
    "/v1/completions": CompletionsBody,
    "/v1/agents": CreateAgentBody,
    "/v1/agents/{id}/fork": ForkAgentBody,
    "/v1/agents/{id}/turns": AgentTurnBody,
}


async def test_the_document_is_served_to_key_holders(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["security"] == [{"bearer": []}, {"x-api-key": []}]
    assert set(BODIES) <= set(document["paths"])


@pytest.mark.parametrize("path", BODIES)
def test_the_example_of_a_body_is_a_valid_body(app: FastAPI, path: str) -> None:
    content = openapi_document(app)["paths"][path]["post"]["requestBody"]["content"]
    media = content["application/json"]
    assert parse_body(orjson.dumps(media["example"]), BODIES[path], Limits())
    assert media["schema"]["$ref"].endswith(BODIES[path].__name__)


def test_every_operation_has_a_summary_and_an_example(app: FastAPI) -> None:
    for path, operations in openapi_document(app)["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            responses = operation["responses"]
            good, *_ = [status for status in responses if status.startswith("2")]
            assert any("example" in media for media in responses[good]["content"].values()), path


def test_every_reference_leads_somewhere(app: FastAPI) -> None:
    document = openapi_document(app)
    schemas = document["components"]["schemas"]

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [ref for child in value.values() for ref in references(child)]
        if isinstance(value, list):
            return [ref for child in value for ref in references(child)]
        return []

    found = references(document)
    assert found
    assert all(ref.removeprefix("#/components/schemas/") in schemas for ref in found)
