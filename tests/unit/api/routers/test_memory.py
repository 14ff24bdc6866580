"""The routes of memory over dictionaries."""

import httpx


async def ingest(client: httpx.AsyncClient, **materials: object) -> httpx.Response:
    return await client.post("/v1/ingest", json={"thread_id": "t", "materials": materials})


def say(content: str, **more: object) -> dict[str, object]:
    return {"role": "user", "content": content, **more}


async def test_what_was_said_is_recalled(client: httpx.AsyncClient) -> None:
    done = await ingest(client, chat=[say("We decided to use PostgreSQL for the ledger.")])
    assert done.status_code == httpx.codes.OK
    assert done.json()["counts"]["derived"]["decision"] == 1
    answer = await client.post("/v1/recall", json={"purpose": "Which database for the ledger?"})
    found = answer.json()
    assert "PostgreSQL" in found["items"][0]["text"]
    assert found["items"][0]["components"]
    assert found["tokens_used"] <= found["token_budget"]


async def test_the_same_thirty_times_adds_nothing(client: httpx.AsyncClient) -> None:
    first = (await ingest(client, chat=[say("Never use floats for money.")])).json()
    for _ in range(30):
        again = (await ingest(client, chat=[say("Never use floats for money.")])).json()
        assert again["materials"] == first["materials"]
        assert again["added"] == []


async def test_a_conversation_comes_as_clients_have_it(client: httpx.AsyncClient) -> None:
    parts = [{"type": "text", "text": "The ledger is in euros."}, {"type": "image", "source": {}}]
    chat = {"model": "claude", "messages": [{"role": "user", "content": parts}]}
    done = (await ingest(client, chat=chat)).json()
    assert done["counts"]["derived"]["chat"] == 1
    assert "'image'" in done["notes"][0]


async def test_the_name_of_a_speaker_is_redacted(client: httpx.AsyncClient) -> None:
    done = (await ingest(client, chat=[say("Tabs, please.", speaker="ann@example.com")])).json()
    assert done["redactions"] == {"email": 1}
    item = (await client.get(f"/v1/expand/{done['added'][0]}")).json()
    assert "ann@example.com" not in str(item)
