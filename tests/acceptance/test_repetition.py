"""A request sent again with its Idempotency-Key is answered again, and done once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.acceptance.server import Server


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {server.key}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=120) as client:
        yield client


def test_a_turn_that_is_sent_twice_is_taken_once(client: httpx.Client) -> None:
    client.post("/v1/agents", json={"session_id": "repeated"}).raise_for_status()
    body = {"message": "say something", "max_tokens": 12}
    key = {"Idempotency-Key": "first-turn"}

    first = client.post("/v1/agents/repeated/turns", json=body, headers=key).json()
    again = client.post("/v1/agents/repeated/turns", json=body, headers=key).json()

    assert again == first
    transcript = client.get("/v1/agents/repeated/transcript").json()
    assert [message["role"] for message in transcript["messages"]] == ["user", "assistant"]
    other = {**body, "message": "say something else"}
    refused = client.post("/v1/agents/repeated/turns", json=other, headers=key)
    assert refused.status_code == httpx.codes.CONFLICT
    assert "Idempotency-Key" in refused.json()["detail"]


def test_a_turn_that_is_sent_twice_at_once_is_taken_once(client: httpx.Client) -> None:
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "both of us at once"}],
        "max_tokens": 24,
    }
    key = {"Idempotency-Key": "at-once"}
    with ThreadPoolExecutor(2) as both:
        answers = [
            both.submit(client.post, "/v1/chat/completions", json=body, headers=key)
            for _ in range(2)
        ]
        one, two = (answer.result() for answer in answers)

    assert one.json()["choices"] == two.json()["choices"]
    assert one.headers["X-Session-ID"] == two.headers["X-Session-ID"]
    transcript = client.get(f"/v1/agents/{one.headers['X-Session-ID']}/transcript").json()
    assert len(transcript["messages"]) == 2


def test_agents_and_forks_are_made_once(client: httpx.Client) -> None:
    made = [client.post("/v1/agents", json={}, headers={"Idempotency-Key": "a"}) for _ in range(2)]
    assert [response.status_code for response in made] == [201, 201]
    first, again = (response.json()["id"] for response in made)
    assert first == again
    forks = [
        client.post(f"/v1/agents/{first}/fork", json={}, headers={"Idempotency-Key": "f"}).json()
        for _ in range(2)
    ]
    assert forks[0]["id"] == forks[1]["id"] != first


def test_several_choices_cannot_be_repeated(client: httpx.Client) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "n": 2, "max_tokens": 4}
    response = client.post("/v1/chat/completions", json=body, headers={"Idempotency-Key": "n"})
    assert response.status_code == httpx.codes.BAD_REQUEST
    assert "n must be 1" in response.json()["error"]["message"]
