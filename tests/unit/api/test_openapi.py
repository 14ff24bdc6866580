"""Every route is documented, with examples that the server itself accepts."""

import httpx
import jsonschema
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


def test_every_operation_documents_its_errors_in_the_protocol_of_its_path(app: FastAPI) -> None:
    paths = openapi_document(app)["paths"]

    def fault(path: str, method: str, status: str) -> dict[str, object]:
        content: dict[str, object] = paths[path][method]["responses"][status]["content"]
        return content

    assert "application/problem+json" in fault("/v1/admin/keys", "post", "409")
    [messages] = fault("/v1/messages", "post", "402").values()
    assert messages == {"schema": {"$ref": "#/components/schemas/AnthropicError"}}
    [chat] = fault("/v1/chat/completions", "post", "429").values()
    assert chat == {"schema": {"$ref": "#/components/schemas/OpenAIError"}}
    for path, operations in paths.items():
        for operation in operations.values():
            assert "422" not in operation["responses"], path
            assert {"400", "431", "500", "503"} <= set(operation["responses"]), path
            for response in operation["responses"].values():
                assert "X-Request-ID" in response["headers"], path


def test_every_answer_has_a_schema_that_its_example_meets(app: FastAPI) -> None:
    document = openapi_document(app)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for response in operation["responses"].values():
                for media_type, media in response.get("content", {}).items():
                    if "json" not in media_type:
                        continue
                    assert "schema" in media, path
                    if "example" in media:
                        whole = {**media["schema"], "components": document["components"]}
                        jsonschema.validate(media["example"], whole)


def test_headers_of_requests_and_answers_are_documented(app: FastAPI) -> None:
    document = openapi_document(app)
    turn = document["paths"]["/v1/messages"]["post"]
    asked = {parameter["name"] for parameter in turn["parameters"]}
    assert asked >= {"Idempotency-Key", "X-Session-ID", "X-Agent-ID", "X-Agent-Memory"}
    told = set(turn["responses"]["200"]["headers"])
    assert told >= {"X-Provider", "X-Cost", "X-Overhead-Ms", "X-Session-ID"}
    assert told <= set(document["components"]["headers"])
    assert "Retry-After" in turn["responses"]["429"]["headers"]


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
    headers = document["components"]["headers"]
    known = {f"#/components/schemas/{name}" for name in schemas}
    known |= {f"#/components/headers/{name}" for name in headers}
    assert set(found) <= known
