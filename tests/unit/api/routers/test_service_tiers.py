"""A tier that the client names reaches the session as a priority, in every protocol."""

import httpx
import pytest

from agent_memory.testing.runtime import ScriptedTurns

HELLO = [{"role": "user", "content": "Hi"}]
REQUESTS = [
    ("/v1/messages", {"model": "any", "max_tokens": 8, "messages": HELLO}),
    ("/v1/chat/completions", {"model": "any", "messages": HELLO}),
    ("/v1/completions", {"model": "any", "prompt": "Hi"}),
    ("/v1/agents/mine/turns", {"message": "Hi"}),
]
TIERS = [
    ("flex", -1),
    ("priority", 1),
    ("default", 0),
    ("auto", 0),
    ("standard_only", 0),
    (None, 0),
]


@pytest.mark.parametrize(("path", "body"), REQUESTS, ids=[path for path, _ in REQUESTS])
@pytest.mark.parametrize(("tier", "priority"), TIERS)
async def test_the_tier_is_the_priority_of_the_turn(
    client: httpx.AsyncClient,
    turns: ScriptedTurns,
    path: str,
    body: dict[str, object],
    tier: str | None,
    priority: int,
) -> None:
    if path.startswith("/v1/agents"):
        await client.post("/v1/agents", json={"session_id": "mine"})
    response = await client.post(path, json={**body, "service_tier": tier})
    assert response.status_code == 200, response.text
    assert [request.priority for request in turns.requests] == [priority]
