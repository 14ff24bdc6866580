"""Bodies are bounded, announced or not, and never compressed."""

import gzip
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest

from agent_memory.api.limits import Limits
from agent_memory.testing.runtime import ScriptedTurns


@pytest.fixture
def limits() -> Limits:
    return Limits(max_body_bytes=2000)


def _body(num_bytes: int) -> bytes:
    def chat(text: str) -> bytes:
        return orjson.dumps({"model": "m", "messages": [{"role": "user", "content": text}]})

    return chat("x" * (num_bytes - len(chat(""))))


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 300):
        yield body[start : start + 300]


async def test_a_body_at_the_limit_is_taken(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/chat/completions", content=_body(2000))
    assert response.status_code == 200


async def test_a_body_beyond_the_limit_is_refused_by_its_length(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    response = await client.post("/v1/chat/completions", content=_body(2001))
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "payload_too_large"
    assert "2001 bytes or more; the limit is 2000" in response.json()["error"]["message"]
    assert response.headers["x-request-id"]
    assert turns.requests == []


async def test_a_body_without_a_length_is_refused_as_it_comes(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/messages", content=_in_pieces(_body(9000)))
    assert response.status_code == 413
    assert response.json()["error"]["type"] == "request_too_large"
    assert "2100 bytes" in response.json()["error"]["message"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity"])
async def test_a_compressed_body_is_refused(client: httpx.AsyncClient, encoding: str) -> None:
    response = await client.post(
        "/v1/chat/completions",
        content=gzip.compress(_body(500)),
        headers={"Content-Encoding": encoding},
    )
    assert response.status_code == 415
    assert response.json()["error"]["code"] == "unsupported_media_type"


async def test_a_length_that_is_no_number_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/v1/chat/completions", content=b"{}", headers={"Content-Length": "-1"}
    )
    assert response.status_code == 400
