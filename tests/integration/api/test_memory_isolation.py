"""Two workspaces never see each other's memory."""

import random

import httpx
import pytest
from fastapi import FastAPI

from agent_memory.api.openapi import openapi_document

NOT_FOUND = 404
WORDS = [
    *("amber", "basil", "cedar", "delta", "ember", "fjord", "grove"),
    *("heron", "iris", "jade", "kelp", "lotus", "maple", "nectar"),
]


@pytest.fixture
async def known(theirs: httpx.AsyncClient) -> dict[str, str]:
    """Ids of everything that the other workspace has."""
    said = {"conversation_id": "theirs", "role": "user", "content": "The amber is in the cedar."}
    message = (await theirs.post("/v1/memory/messages", json=said)).json()["id"]
    recalled = await theirs.post("/v1/recall", json={"purpose": "amber"})
    for database in ("PostgreSQL", "MySQL"):
        decided = {**said, "content": f"We decided to use {database} for the ledger."}
        await theirs.post("/v1/memory/messages", json=decided)
    done = (await theirs.get("/v1/memory/consolidation")).json()["data"]
    verdict = {"verdict": "helpful", "item_ids": [message]}
    feedback = (await theirs.post("/v1/feedback", json=verdict)).json()["data"][0]["id"]
    return {
        "message": message,
        "thread": "theirs",
        "feedback": feedback,
        "recall": recalled.json()["recall_id"],
        "consolidation": done[0]["id"],
    }


async def test_every_route_with_an_id_of_others_says_not_found(
    app: FastAPI, ours: httpx.AsyncClient, known: dict[str, str]
) -> None:
    mine = {"conversation_id": "ours", "role": "user", "content": "The lamp is mine."}
    message = (await ours.post("/v1/memory/messages", json=mine)).json()["id"]
    item, thread, feedback = known["message"], known["thread"], known["feedback"]
    calls: list[tuple[str, str, str, object]] = [
        ("GET", "/v1/expand/{id}", item, None),
        ("GET", "/v1/expand/{id}/raw", item, None),
        ("GET", "/v1/memory/messages/{id}", item, None),
        ("PUT", "/v1/memory/messages/{id}", item, {"content": "mine now"}),
        ("DELETE", "/v1/memory/messages/{id}", item, None),
        ("GET", "/v1/memory/conversations/{id}", thread, None),
        ("GET", "/v1/memory/conversations/{id}/statistics", thread, None),
        ("PUT", "/v1/memory/conversations/{id}", thread, {"title": "mine"}),
        ("DELETE", "/v1/memory/conversations/{id}", thread, None),
        ("DELETE", "/v1/feedback/{id}", feedback, None),
        ("DELETE", "/v1/memory/consolidation/{id}", known["consolidation"], None),
        ("POST", "/v1/feedback", "", {"verdict": "helpful", "item_ids": [item]}),
        (
            "POST",
            "/v1/feedback",
            "",
            {"verdict": "used", "item_ids": [message], "recall_id": known["recall"]},
        ),
        (
            "POST",
            "/v1/feedback",
            "",
            {"verdict": "duplicate", "item_ids": [message], "other_id": item},
        ),
        ("PUT", "/v1/memory/holds", "", {"held": True, "item_id": item}),
        ("PUT", "/v1/memory/holds", "", {"held": True, "thread_id": thread}),
    ]
    for method, path, name, body in calls:
        response = await ours.request(method, path.format(id=name), json=body)
        assert response.status_code == NOT_FOUND, (method, path, response.text)
    named = {path for _, path, _, _ in calls}
    assert {path for path in _paths(app) if "{id}" in path} <= named


async def test_what_is_erased_here_stays_there(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient, known: dict[str, str]
) -> None:
    assert (await ours.delete("/v1/memory")).json()["erased"]["items"] == 0
    kept = await theirs.get(f"/v1/memory/messages/{known['message']}")
    assert kept.json()["content"] == "The amber is in the cedar."


async def test_searches_under_random_data_return_no_foreign_row(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    chance = random.Random(7)  # noqa: S311  no secret
    own: dict[httpx.AsyncClient, set[str]] = {ours: set(), theirs: set()}
    for client in (ours, theirs):
        items = [
            {
                "conversation_id": f"c{chance.randrange(3)}",
                "role": chance.choice(["user", "assistant"]),
                "content": " ".join(chance.choices(WORDS, k=chance.randrange(2, 9))),
            }
            for _ in range(60)
        ]
        kept = await client.post("/v1/memory/messages/batch", json={"items": items})
        own[client] = {message["id"] for message in kept.json()["data"]}
    assert not own[ours] & own[theirs]
    for _ in range(25):
        client = chance.choice([ours, theirs])
        query = " ".join(chance.choices(WORDS, k=chance.randrange(1, 4)))
        found = await client.get("/v1/memory/search", params={"query": query, "top_k": 100})
        assert {result["id"] for result in found.json()["results"]} <= own[client]
        recalled = await client.post(
            "/v1/recall", json={"purpose": query, "token_budget": 4096, "kinds": ["chat"]}
        )
        assert {item["id"] for item in recalled.json()["items"]} <= own[client]
        assembled = await client.post("/v1/workingset", json={"purpose": query})
        cited = assembled.json()["citations"].values()
        assert {one["id"] for one in cited if one["kind"] == "chat"} <= own[client]


def _paths(app: FastAPI) -> set[str]:
    prefixes = ("/v1/memory", "/v1/expand", "/v1/feedback", "/v1/recall")
    paths = {path for path in openapi_document(app)["paths"] if path.startswith(prefixes)}
    assert paths
    return paths
