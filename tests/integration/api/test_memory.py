"""The routes of memory over PostgreSQL."""

import httpx
import pytest

OK, ACCEPTED, BAD, NOT_FOUND = 200, 202, 400, 404
CONFLICT, TOO_LARGE = 409, 413
LEDGER = "We decided to use PostgreSQL for the ledger."
TRACE = (
    "Traceback (most recent call last):\n"
    '  File "src/login.py", line 3, in login\n'
    "    raise KeyError('user')\n"
    "KeyError: 'user'\n"
)
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


async def ingest(
    client: httpx.AsyncClient,
    thread: str = "t",
    headers: dict[str, str] | None = None,
    **what: object,
) -> httpx.Response:
    body = {"thread_id": thread, "materials": what}
    return await client.post("/v1/ingest", json=body, headers=headers)


async def say(client: httpx.AsyncClient, content: str, **more: object) -> httpx.Response:
    body = {"conversation_id": "c", "role": "user", "content": content, **more}
    return await client.post("/v1/memory/messages", json=body)


async def search(client: httpx.AsyncClient, query: str, **params: str | float) -> list[str]:
    response = await client.get("/v1/memory/search", params={"query": query, **params})
    assert response.status_code == OK, response.text
    return [result["content"] for result in response.json()["results"]]


async def test_what_was_said_is_recalled_at_once(ours: httpx.AsyncClient) -> None:
    done = await ingest(ours, chat=[{"role": "user", "content": f"{LEDGER} {SECRET}"}])
    assert done.json()["redactions"] == {"github_token": 1}
    found = (await ours.post("/v1/recall", json={"purpose": "Which ledger?"})).json()
    assert any(LEDGER in item["text"] for item in found["items"]), found
    assert found["tokens_used"] <= found["token_budget"]
    assert SECRET not in str(found)


async def test_the_same_thirty_times_adds_nothing(ours: httpx.AsyncClient) -> None:
    first = (await ingest(ours, chat=[{"content": LEDGER}], logs=TRACE)).json()
    for _ in range(30):
        again = (await ingest(ours, chat=[{"content": LEDGER}], logs=TRACE)).json()
        assert (again["added"], again["materials"]) == ([], first["materials"])


async def test_an_idempotency_key_gives_the_first_answer_again(ours: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "call-1"}
    first = await ingest(ours, chat=[{"content": LEDGER}], headers=key)
    again = await ingest(ours, chat=[{"content": LEDGER}], headers=key)
    assert again.json()["added"] == first.json()["added"] != []
    other = await ingest(ours, chat=[{"content": "Something else."}], headers=key)
    assert other.status_code == CONFLICT


async def test_a_message_posted_twice_under_one_key_is_one(ours: httpx.AsyncClient) -> None:
    body = {"conversation_id": "c", "role": "user", "content": "yes"}
    post = "/v1/memory/messages"
    first = await ours.post(post, json=body, headers={"Idempotency-Key": "k"})
    again = await ours.post(post, json=body, headers={"Idempotency-Key": "k"})
    third = await ours.post(post, json=body)
    assert first.json()["id"] == again.json()["id"] != third.json()["id"]


async def test_a_text_that_is_too_long_is_refused_with_the_limit(ours: httpx.AsyncClient) -> None:
    long = await ingest(ours, logs=["x" * 102_401])
    assert long.status_code == TOO_LARGE
    assert long.json()["code"] == "item_too_large"
    assert "102400" in long.json()["detail"]
    assert (await say(ours, "x" * 102_401)).status_code == TOO_LARGE
    assert (await ingest(ours, logs=["x y\n" * 25_600])).status_code == OK


@pytest.mark.parametrize(
    "body",
    [
        {"thread_id": "t", "materials": {}},
        {"thread_id": "t", "materials": {"chats": []}},
        {"thread_id": "a b", "materials": {"logs": "x"}},
        {"thread_id": "t", "materials": {"logs": "x"}, "occurred_at": "yesterday"},
    ],
)
async def test_what_cannot_be_read_is_refused_as_a_problem(
    ours: httpx.AsyncClient, body: dict[str, object]
) -> None:
    response = await ours.post("/v1/ingest", json=body)
    assert response.status_code == BAD
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "invalid_request"


async def test_a_working_set_is_the_same_bytes_for_the_same_state(ours: httpx.AsyncClient) -> None:
    await ingest(ours, chat=[{"content": LEDGER}], logs=TRACE)
    body = {"purpose": "Fix the login", "token_budget": 300}
    first = (await ours.post("/v1/workingset", json=body)).json()
    assert "KeyError" in first["text"]
    assert first["sections"]["tasks"]["entries"] == []
    assert (await ours.post("/v1/workingset", json=body)).json()["text"] == first["text"]


async def test_what_failed_near_a_file_is_told_and_expanded(ours: httpx.AsyncClient) -> None:
    await ingest(ours, logs=TRACE)
    [failure] = (await ours.post("/v1/recall/precheck", json={"file": "src/login.py"})).json()[
        "failures"
    ]
    item = failure["item"]["id"]
    assert "KeyError" in (await ours.get(f"/v1/expand/{item}")).json()["passage"]["text"]
    raw = (await ours.get(f"/v1/expand/{item}/raw", params={"chars": 10})).json()
    assert raw["text"] == TRACE.rstrip("\n")
    assert (await ours.post("/v1/recall/precheck", json={})).status_code == BAD


async def test_messages_are_kept_found_changed_and_erased(ours: httpx.AsyncClient) -> None:
    kept = await say(ours, "My parcel with the green lamp never came.", metadata={"lang": "en"})
    assert kept.status_code == ACCEPTED
    message = kept.json()["id"]
    assert await search(ours, "green lamp") == ["My parcel with the green lamp never came."]
    changed = await ours.put(
        f"/v1/memory/messages/{message}", json={"content": "The lamp is blue."}
    )
    assert changed.json()["id"] == message
    assert await search(ours, "green parcel") == []
    assert await search(ours, "lamp") == ["The lamp is blue."]
    erased = await ours.delete(f"/v1/memory/messages/{message}")
    assert erased.json()["erased"]["items"] >= 1
    assert await search(ours, "lamp") == []
    assert (await ours.get(f"/v1/memory/messages/{message}")).status_code == NOT_FOUND


async def test_filters_filter(ours: httpx.AsyncClient) -> None:
    await say(ours, "The lamp is red.", metadata={"lang": "en"}, importance_override=0.9)
    await say(ours, "The lamp is green.", metadata={"lang": "de"}, importance_override=0.1)
    await say(ours, "The lamp is new.", conversation_id="d", role="assistant")
    await say(ours, "The lamp is old.", occurred_at="2020-01-01T00:00:00Z")
    assert await search(ours, "lamp", metadata="lang:de") == ["The lamp is green."]
    assert await search(ours, "lamp", importance_min=0.85) == ["The lamp is red."]
    assert await search(ours, "lamp", conversation_id="d") == ["The lamp is new."]
    assert await search(ours, "lamp", role="assistant") == ["The lamp is new."]
    assert await search(ours, "lamp", until="2021-01-01T00:00:00Z") == ["The lamp is old."]
    assert len(await search(ours, "lamp", since="2021-01-01T00:00:00Z")) == 3
    assert len(await search(ours, "lamp", top_k=2)) == 2


async def test_a_thousand_messages_are_kept_at_once(ours: httpx.AsyncClient) -> None:
    items = [
        {"conversation_id": "big", "role": "user", "content": f"Box {n} is on shelf {n % 7}."}
        for n in range(1000)
    ]
    kept = await ours.post("/v1/memory/messages/batch", json={"items": items})
    assert [m["content"] for m in kept.json()["data"]] == [item["content"] for item in items]
    read = (await ours.get("/v1/memory/conversations/big", params={"limit": 1000})).json()
    assert [m["position"] for m in read["messages"]] == list(range(1000))
    more = await ours.post("/v1/memory/messages/batch", json={"items": [*items, items[0]]})
    assert more.status_code == BAD


async def test_conversations_are_listed_page_by_page_named_and_erased(
    ours: httpx.AsyncClient,
) -> None:
    for name in ("a", "b", "c"):
        await say(ours, f"Hello {name}", conversation_id=name)
    first = (await ours.get("/v1/memory/conversations", params={"limit": 2})).json()
    rest = await ours.get("/v1/memory/conversations", params={"cursor": first["next_cursor"]})
    names = [thread["id"] for thread in first["data"] + rest.json()["data"]]
    assert names == ["c", "b", "a"]
    named = await ours.put("/v1/memory/conversations/a", json={"title": "Greetings"})
    assert named.json()["title"] == "Greetings"
    measured = (await ours.get("/v1/memory/conversations/a/statistics")).json()
    assert measured["by_role"] == {"user": 1}
    assert (await ours.delete("/v1/memory/conversations/a")).status_code == OK
    assert (await ours.get("/v1/memory/conversations/a")).status_code == NOT_FOUND
    assert await search(ours, "Hello a", conversation_id="a") == []


async def test_what_is_held_is_not_erased(ours: httpx.AsyncClient) -> None:
    message = (await say(ours, "Keep this.")).json()["id"]
    held = await ours.put("/v1/memory/holds", json={"held": True, "thread_id": "c"})
    assert held.json()["held"] is True
    assert (await ours.delete(f"/v1/memory/messages/{message}")).status_code == CONFLICT
    assert (await ours.delete("/v1/memory")).status_code == CONFLICT
    await ours.put("/v1/memory/holds", json={"held": False, "thread_id": "c"})
    assert (await ours.delete("/v1/memory")).status_code == OK
    assert await search(ours, "Keep") == []


async def test_feedback_is_given_listed_and_withdrawn(ours: httpx.AsyncClient) -> None:
    message = (await say(ours, "The lamp is red.")).json()["id"]
    given = await ours.post("/v1/feedback", json={"verdict": "helpful", "item_ids": [message]})
    [verdict] = given.json()["data"]
    key = {"Idempotency-Key": "v"}
    body = {"verdict": "used", "item_ids": [message]}
    used = await ours.post("/v1/feedback", json=body, headers=key)
    again = await ours.post("/v1/feedback", json=body, headers=key)
    assert again.json() == used.json()
    await ours.delete(f"/v1/feedback/{used.json()['data'][0]['id']}")
    counted = (await ours.get(f"/v1/expand/{message}")).json()["item"]["feedback"]
    assert (counted["helpful"], counted["used"]) == (1, 0)
    listed = (await ours.get("/v1/feedback")).json()["data"]
    assert [one["id"] for one in listed] == [verdict["id"], used.json()["data"][0]["id"]]
    withdrawn = await ours.delete(f"/v1/feedback/{verdict['id']}")
    assert withdrawn.json()["withdrawn_at"] is not None
    assert (await ours.get(f"/v1/expand/{message}")).json()["item"]["feedback"]["helpful"] == 0
    assert (await ours.get("/v1/feedback/weights")).json()["live_version"] == 0


async def test_the_redaction_policy_is_kept_and_holds(ours: httpx.AsyncClient) -> None:
    rule = {"name": "employee", "pattern": "EMP-\\d{4,8}"}
    done = await ours.put("/v1/memory/redaction/policy", json={"custom_rules": [rule]})
    assert done.json()["version"] == 1
    assert done.json()["job_id"] is not None
    assert (await ours.get("/v1/memory/redaction/policy")).json()["policy"]["custom_rules"] == [
        rule
    ]
    kept = await say(ours, "Ask EMP-123456 about it.")
    assert "EMP-123456" not in kept.text
    refused = await ours.put("/v1/memory/redaction/policy", json={"kinds": ["everything"]})
    assert refused.status_code == BAD
