"""Contexts over HTTP and a real database."""

import hashlib
import json
from base64 import b64encode

import httpx
from fastapi import FastAPI

PLAN = "/v1/contexts/team/plan"


async def test_two_agents_share_a_plan_and_neither_loses_the_others_change(
    ours: httpx.AsyncClient,
) -> None:
    sent = b'{"data": { "n": 1.10, "id": 123456789012345678901234567890 }, "tags": ["release"]}'
    made = await ours.put(PLAN, content=sent)
    assert (made.status_code, made.json()["version"], made.json()["change"]) == (201, 1, "stored")
    read = await ours.get(PLAN)
    body = b'{ "n": 1.10, "id": 123456789012345678901234567890 }'
    assert b'"data":' + body in read.content
    assert read.json()["sha256"] == hashlib.sha256(body).hexdigest()
    assert (await ours.get(PLAN, params={"raw": True})).content == body

    seen = {"If-Match": read.headers["etag"]}
    first = await ours.put(PLAN, json={"data": {"n": 2}}, headers=seen)
    second = await ours.put(PLAN, json={"data": {"n": 3}}, headers=seen)
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["version"] == 2
    assert second.json()["sha256"] == first.json()["sha256"]
    assert second.headers["etag"] == first.headers["etag"]
    merged = await ours.put(
        PLAN, json={"data": {"n": 4}}, headers={"If-Match": second.json()["sha256"]}
    )
    assert merged.json()["version"] == 3
    assert (await ours.get(PLAN)).json()["tags"] == ["release"]


CONDITIONS = [
    ({"If-Match": '"1"'}, 200),
    ({"If-Match": "1"}, 200),
    ({"If-Match": '"7", "1"'}, 200),
    ({"If-Match": "*"}, 200),
    ({"If-Match": "2"}, 412),
    ({"If-Match": 'W/"1"'}, 412),
    ({"If-None-Match": "*"}, 412),
    ({"If-None-Match": '"9"'}, 200),
]


async def test_a_condition_decides_whether_a_version_is_written(ours: httpx.AsyncClient) -> None:
    for number, (expected, status) in enumerate(CONDITIONS):
        path = f"/v1/contexts/{number}"
        await ours.put(path, json={"data": 1})
        written = await ours.put(path, json={"data": 2}, headers=expected)
        assert written.status_code == status, expected
        version = (await ours.get(path)).json()["version"]
        assert version == (2 if status == 200 else 1), expected


async def test_nothing_matches_what_does_not_exist(ours: httpx.AsyncClient) -> None:
    refused = await ours.put(PLAN, json={"data": 1}, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()["version"]) == (412, None)
    assert (
        await ours.put(PLAN, json={"data": 1}, headers={"If-None-Match": "*"})
    ).status_code == 201


async def test_who_has_the_present_version_is_not_sent_it_again(ours: httpx.AsyncClient) -> None:
    etag = (await ours.put(PLAN, json={"data": 1})).headers["etag"]
    again = await ours.get(PLAN, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


CONTENTS = [
    ("text/plain", "Grüße,\r\nZeile zwei\n".encode(), "text"),
    ("text/markdown", b"# plan\n", "text"),
    ("application/octet-stream", bytes(range(256)) * 50, "bytes"),
    ("image/png", b"\x89PNG\r\n\x1a\n", "bytes"),
    ("text/plain", b"\xff\xfe", "bytes"),
]


async def test_content_alone_comes_back_as_it_was(ours: httpx.AsyncClient) -> None:
    for media_type, body, form in CONTENTS:
        headers = {"Content-Type": media_type}
        made = await ours.put(PLAN, content=body, headers=headers, params={"tag": ["a", "b"]})
        assert made.json()["sha256"] == hashlib.sha256(body).hexdigest()
        raw = await ours.get(PLAN, params={"raw": "true"})
        assert (raw.content, raw.headers["content-type"]) == (body, media_type)
        read = (await ours.get(PLAN)).json()
        assert (read["format"], read["tags"], read["size"]) == (form, ["a", "b"], len(body))
        shown = b64encode(body).decode() if form == "bytes" else body.decode()
        assert read["data"] == shown


async def test_ten_megabytes_are_kept_and_a_byte_more_is_not(ours: httpx.AsyncClient) -> None:
    body = b"x" * (10 * 1024 * 1024)
    headers = {"Content-Type": "application/octet-stream"}
    assert (await ours.put(PLAN, content=body, headers=headers)).status_code == 201
    assert (await ours.get(PLAN, params={"raw": True})).content == body
    assert (await ours.put(PLAN, content=body + b"x", headers=headers)).status_code == 413


async def test_a_document_is_changed_by_parts(ours: httpx.AsyncClient) -> None:
    await ours.put(PLAN, json={"data": {"goal": "1.0", "owner": "ann", "steps": [1, 2]}})
    merge = {"Content-Type": "application/merge-patch+json"}
    patch = {"Content-Type": "application/json-patch+json"}
    content = json.dumps({"owner": None, "goal": "1.1"})
    assert (await ours.patch(PLAN, content=content, headers=merge)).json()["version"] == 2
    operations: list[dict[str, object]] = [
        {"op": "test", "path": "/goal", "value": "1.1"},
        {"op": "add", "path": "/steps/-", "value": 3},
    ]
    done = await ours.patch(PLAN, content=json.dumps(operations), headers=patch)
    assert done.status_code == 200
    assert (await ours.get(PLAN)).json()["data"] == {"goal": "1.1", "steps": [1, 2, 3]}
    operations[0]["value"] = "9"
    refused = await ours.patch(PLAN, content=json.dumps(operations), headers=patch)
    assert refused.status_code == 409
    assert (await ours.patch(PLAN, json=[{"op": "melt"}], headers=patch)).status_code == 400
    stale = await ours.patch(PLAN, json={"a": 1}, headers={"If-Match": "1"})
    assert (stale.status_code, (await ours.get(PLAN)).json()["version"]) == (412, 3)


async def test_versions_are_listed_read_compared_and_brought_back(ours: httpx.AsyncClient) -> None:
    for number in (1, 2, 3):
        await ours.put(PLAN, json={"data": {"n": number}, "tags": [f"t{number}"]})
    listed = (await ours.get(f"{PLAN}/versions", params={"limit": 2})).json()
    assert [one["version"] for one in listed["data"]] == [3, 2]
    rest = await ours.get(f"{PLAN}/versions", params={"cursor": listed["next_cursor"]})
    assert [one["version"] for one in rest.json()["data"]] == [1]
    assert (await ours.get(PLAN, params={"version": 1})).json()["data"] == {"n": 1}
    assert (await ours.get(PLAN, params={"version": 9})).status_code == 404
    diff = (await ours.get(f"{PLAN}/diff", params={"from": 1, "to": 3})).json()
    assert diff["diff"] == [{"op": "replace", "path": "/n", "value": 3}]
    back = await ours.post(f"{PLAN}/rollback", json={"version": 1})
    assert back.json()["version"] == 4
    read = (await ours.get(PLAN)).json()
    assert (read["data"], read["tags"], read["from_version"]) == ({"n": 1}, ["t1"], 1)


async def test_texts_are_compared_by_lines(ours: httpx.AsyncClient) -> None:
    for text in ("one\ntwo\n", "one\nthree\n"):
        await ours.put(PLAN, json={"data": text, "format": "text"})
    diff = (await ours.get(f"{PLAN}/diff")).json()
    assert (diff["format"], diff["from"], diff["to"]) == ("unified", 1, 2)
    assert "-two\n+three\n" in diff["diff"]


async def test_any_visible_key_can_be_used(ours: httpx.AsyncClient) -> None:
    keys = ["a", "a b/c", "grüße/ß", "50%25/x", "a%2Fb", "a%3Fb", "q%23", "文/書", "a;b", "x" * 512]
    for key in keys:
        made = await ours.put(f"/v1/contexts/{key}", json={"data": key})
        assert made.status_code == 201, made.text
        assert (await ours.get(f"/v1/contexts/{key}")).json()["data"] == key
    listed = (await ours.get("/v1/contexts")).json()["data"]
    assert [one["key"] for one in listed] == sorted(
        ["a", "a b/c", "grüße/ß", "50%/x", "a/b", "a?b", "q#", "文/書", "a;b", "x" * 512]
    )


async def test_a_key_that_may_not_be_is_refused(ours: httpx.AsyncClient) -> None:
    unseen = ["a%00b", "a%09b", "a%E2%80%8Bb", "%FF"]
    unsure = ["a//b", "a/%2E%2E/b", "%2e", "x" * 513]
    taken = ["a/versions", "batch", "a/b/diff", "webhooks/x"]
    for key in (*unseen, *unsure, *taken):
        refused = await ours.put(f"/v1/contexts/{key}", json={"data": 1})
        assert refused.status_code in {400, 405}, (key, refused.text)
    assert (await ours.get("/v1/contexts")).json()["data"] == []


async def test_a_key_is_one_however_its_letters_are_composed(ours: httpx.AsyncClient) -> None:
    await ours.put("/v1/contexts/caf\u00e9", json={"data": 1})
    again = await ours.put("/v1/contexts/cafe\u0301", json={"data": 2})
    assert (again.json()["key"], again.json()["version"]) == ("caf\u00e9", 2)


async def test_contexts_are_listed_by_prefix_tag_session_and_agent(ours: httpx.AsyncClient) -> None:
    for number in range(5):
        options = {"tags": ["odd" if number % 2 else "even", "all"], "agent_id": f"a{number}"}
        await ours.put(f"/v1/contexts/n/{number}", json={"data": number, **options})
    await ours.put("/v1/contexts/other", json={"data": 0, "session_id": "s1"})

    async def keys(**params: str | int | list[str]) -> list[str]:
        page = (await ours.get("/v1/contexts", params=params)).json()
        return [one["key"] for one in page["data"]]

    assert await keys(prefix="n/") == [f"n/{number}" for number in range(5)]
    assert await keys(tag=["odd", "all"]) == ["n/1", "n/3"]
    assert await keys(agent_id="a2") == ["n/2"]
    assert await keys(session_id="s1") == ["other"]
    page = (await ours.get("/v1/contexts", params={"limit": 4})).json()
    assert await keys(limit=4, cursor=page["next_cursor"]) == ["n/4", "other"]


async def test_a_prefix_is_deleted_only_with_the_right_count(ours: httpx.AsyncClient) -> None:
    for name in ("a", "b", "c"):
        await ours.put(f"/v1/contexts/team/{name}", json={"data": 1})
    refused = await ours.delete("/v1/contexts", params={"prefix": "team/", "count": 2})
    assert refused.status_code == 409
    assert (await ours.get("/v1/contexts/team/a")).status_code == 200
    done = await ours.delete("/v1/contexts", params={"prefix": "team/", "count": 3})
    assert done.json() == {"deleted": 3, "keys": ["team/a", "team/b", "team/c"]}
    assert (await ours.get("/v1/contexts")).json()["data"] == []


async def test_the_policy_bounds_how_long_contexts_live(ours: httpx.AsyncClient) -> None:
    policy = {"default_ttl_s": 60, "longest_ttl_s": 3600, "keep_versions": "all"}
    assert (await ours.put("/v1/contexts/policy", json=policy)).json() == policy
    assert (await ours.put(PLAN, json={"data": 1, "ttl_s": 3601})).status_code == 400
    await ours.put(PLAN, json={"data": 1})
    assert (await ours.get(PLAN)).json()["ttl_s"] == 60
    await ours.put(PLAN, json={"data": 1, "ttl_s": 2, "sliding": True})
    read = (await ours.get(PLAN)).json()
    assert (read["ttl_s"], read["sliding"]) == (2, True)


async def test_a_repeated_put_makes_one_version(ours: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "put-1"}
    first = await ours.put(PLAN, json={"data": 1}, headers=headers)
    again = await ours.put(PLAN, json={"data": 1}, headers=headers)
    assert again.json() == first.json()
    assert (await ours.put(PLAN, json={"data": 2}, headers=headers)).status_code == 409
    assert (await ours.get(PLAN)).json()["version"] == 1


async def test_nothing_is_encrypted_without_a_key(ours: httpx.AsyncClient) -> None:
    refused = await ours.put(PLAN, json={"data": "secret", "encrypt": True})
    assert (refused.status_code, refused.json()["param"]) == (400, "encrypt")
    assert (await ours.get(PLAN)).status_code == 404


async def test_a_key_of_another_scope_reaches_no_context(ours: httpx.AsyncClient) -> None:
    unknown = await ours.get(PLAN, headers={"x-api-key": "am_nobody"})
    assert unknown.status_code == 401


async def test_another_workspaces_contexts_do_not_exist(
    app: FastAPI, ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    await theirs.put(PLAN, json={"data": "theirs"})
    await theirs.put(PLAN, json={"data": "still theirs"})
    calls: list[tuple[str, str, object]] = [
        ("GET", PLAN, None),
        ("GET", f"{PLAN}?version=1", None),
        ("GET", f"{PLAN}/versions", None),
        ("GET", f"{PLAN}/diff", None),
        ("POST", f"{PLAN}/rollback", {"version": 1}),
        ("PATCH", PLAN, {"mine": True}),
        ("DELETE", PLAN, None),
        ("DELETE", f"{PLAN}?erase=true", None),
    ]
    for method, path, body in calls:
        response = await ours.request(method, path, json=body)
        assert response.status_code == 404, (method, path, response.text)
    await ours.put(PLAN, json={"data": "ours"})
    assert (await theirs.get(PLAN)).json()["data"] == "still theirs"


BATCH = "/v1/contexts/batch"


async def test_an_atomic_batch_is_done_whole_or_not_at_all(ours: httpx.AsyncClient) -> None:
    await ours.put(PLAN, json={"data": {"n": 1}})
    operations: list[dict[str, object]] = [
        {"op": "patch", "key": "team/plan", "patch": {"m": 2}},
        {"op": "get", "key": "team/plan"},
        {"op": "put", "key": "team/new", "data": [1.50], "if_match": "*"},
    ]
    failed = await ours.post(BATCH, json={"operations": operations, "atomic": True})
    assert failed.status_code == 412
    assert (await ours.get(PLAN)).json()["version"] == 1
    operations[2]["if_match"] = None
    body = json.dumps({"operations": operations, "atomic": True}).replace("1.5", "1.50")
    headers = {"Idempotency-Key": "batch-1"}
    done = await ours.post(BATCH, content=body, headers=headers)
    patched, read, made = done.json()["results"]
    assert (patched["version"], read["data"], made["change"]) == (2, {"n": 1, "m": 2}, "stored")
    assert (await ours.get("/v1/contexts/team/new", params={"raw": True})).content == b"[1.50]"
    again = (await ours.post(BATCH, content=body, headers=headers)).json()["results"]
    assert (again[0]["seq"], again[2]["seq"]) == (patched["seq"], made["seq"])


async def test_of_another_batch_each_operation_stands_by_itself(ours: httpx.AsyncClient) -> None:
    operations = [
        {"op": "put", "key": "a", "data": 1},
        {"op": "delete", "key": "nothing"},
        {"op": "put", "key": "b", "data": None},
        {"op": "put", "key": "a", "data": 2, "if_match": "9"},
    ]
    done = (await ours.post(BATCH, json={"operations": operations})).json()
    assert (done["completed"], done["failed"]) == (2, 2)
    assert [one["status"] for one in done["results"]] == [200, 404, 200, 412]
    assert done["results"][3]["version"] == 1
    assert (await ours.get("/v1/contexts/b")).json()["data"] is None


async def test_relationships_are_seen_from_both_ends_and_go_with_either(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    rules = "/v1/contexts/team/rules"
    for path in (PLAN, rules):
        await ours.put(path, json={"data": 1})
    await theirs.put(rules, json={"data": 1})
    sent = {"to": "team/rules", "type": "depends_on", "strength": 0.8}
    made = await ours.put(f"{PLAN}/relationships", json=sent)
    assert (made.json()["from"], made.json()["strength"]) == ("team/plan", 0.8)
    await ours.put(f"{PLAN}/relationships", json={**sent, "strength": 0.5})
    seen = [(await ours.get(f"{path}/relationships")).json()["data"] for path in (PLAN, rules)]
    assert seen[0] == seen[1]
    assert [(one["type"], one["strength"]) for one in seen[0]] == [("depends_on", 0.5)]
    for method, params in (("GET", {}), ("DELETE", {"to": "team/rules"})):
        refused = await theirs.request(method, f"{PLAN}/relationships", params=params)
        assert refused.status_code == 404
    refused = await theirs.put(f"{rules}/relationships", json={"to": "team/plan"})
    assert refused.status_code == 404
    await ours.delete(rules)
    assert (await ours.get(f"{PLAN}/relationships")).json() == {"data": []}


async def test_analytics_count_what_there_is_and_what_was_read(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    for number in range(3):
        await ours.put(f"/v1/contexts/n/{number}", json={"data": "x" * 2000, "agent_id": "ann"})
    await ours.put("/v1/contexts/n/0", json={"data": 1, "agent_id": "bob"})
    for _ in range(3):
        await ours.get("/v1/contexts/n/1")
    await ours.get("/v1/contexts/missing")
    found = (await ours.get("/v1/contexts/analytics")).json()
    counted = {
        name: found[name] for name in ("contexts", "versions", "agents", "reads", "hit_rate")
    }
    assert counted == {"contexts": 3, "versions": 4, "agents": 2, "reads": 3, "hit_rate": 0.75}
    assert found["most_read"] == [{"key": "n/1", "reads": 3}]
    [day] = found["days"]
    assert (day["reads"], day["misses"], day["writes"]) == (3, 1, 4)
    assert found["stored_bytes"] < found["bytes"] / 10
    of_bob = (await ours.get("/v1/contexts/analytics", params={"agent_id": "bob"})).json()
    assert of_bob["contexts"] == 1
    assert (await theirs.get("/v1/contexts/analytics")).json()["contexts"] == 0


async def test_contexts_travel_from_one_workspace_to_another(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    for number in range(25):
        for version in range(2):
            body = json.dumps([number, version]).encode()
            await ours.put(f"/v1/contexts/n/{number:02}", content=b'{"data": ' + body + b"}")
    export = "/v1/contexts/export"
    archive = await ours.get(export, params={"versions": True, "compression": "zstd"})
    done = await theirs.post("/v1/contexts/import", content=archive.content)
    assert done.json() == {"imported": 25, "versions": 50, "skipped": 0, "expired": 0}
    read = (await theirs.get("/v1/contexts/n/07")).json()
    assert (read["data"], read["version"], read["cause"]) == ([7, 1], 2, "import")
    assert (await theirs.post("/v1/contexts/import", content=archive.content)).status_code == 409
    part = await ours.get(export, params={"prefix": "n/", "after": "n/19", "limit": 2})
    assert [json.loads(line)["key"] for line in part.text.splitlines()] == ["n/20", "n/21"]
