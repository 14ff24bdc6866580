"""Files of other programs, sent as they are."""

import io
import zipfile
from typing import Any

import httpx
import orjson
import pytest

OK, BAD = 200, 400
WORDS = "We decided to use Redis for the cache."
AT = "2026-05-04T10:00:00Z"


def _zip(**files: object) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            path = name.replace("__", "/") + ".json"
            archive.writestr(path, orjson.dumps(content))
    return made.getvalue()


CHATGPT = [
    {
        "conversation_id": "c1",
        "mapping": {
            "a": {
                "message": {
                    "author": {"role": "user"},
                    "create_time": 1,
                    "content": {"parts": [WORDS]},
                }
            }
        },
        "current_node": "a",
    },
    {"shared": True},
]
CLAUDE = [{"uuid": "u1", "chat_messages": [{"sender": "human", "text": WORDS, "created_at": AT}]}]
DISCORD = {
    "guild": {"id": "1", "name": "Shop"},
    "channel": {"id": "2", "type": "GuildTextChat", "name": "dev"},
    "messages": [
        {"id": "8", "type": "GuildMemberJoin", "timestamp": AT, "content": "Joined.",
         "author": {"name": "ann"}},
        {"id": "9", "type": "Default", "timestamp": AT, "content": f"<@7> {WORDS} \\\"{{[",
         "author": {"name": "ann", "nickname": "Ann", "isBot": False},
         "mentions": [{"id": "7", "name": "bob"}]},
    ],
    "messageCount": 2,
}  # fmt: skip
SLACK = {
    "users": [{"id": "U1", "real_name": "Ann"}],
    "channels": [{"name": "dev"}],
    "dev__2026-05-04": [{"type": "message", "user": "U1", "ts": "1777888800", "text": WORDS}],
}
CLAUDE_CODE = {"type": "user", "sessionId": "s", "timestamp": AT,
               "message": {"role": "user", "content": WORDS}}  # fmt: skip
CODEX = {"type": "response_item", "timestamp": AT, "payload": {
    "type": "message", "role": "user",
    "content": [{"type": "input_text", "text": WORDS}]}}  # fmt: skip
FILES: dict[str, tuple[bytes, str]] = {
    "chatgpt": (orjson.dumps(CHATGPT), "chatgpt.c1"),
    "claude": (orjson.dumps(CLAUDE), "claude.u1"),
    "discord": (orjson.dumps(DISCORD), "discord.dev"),
    "slack": (_zip(**SLACK), "slack.dev"),
    "claude-code": (orjson.dumps(CLAUDE_CODE) + b"\n{cut", "claude-code.s"),
    "codex": (orjson.dumps(CODEX), "codex"),
    "whatsapp": (f"31.05.2026, 10:00 - Ann: {WORDS}\n".encode(), "whatsapp.file"),
    "jsonl": (orjson.dumps({"content": WORDS, "thread_id": "shop"}), "shop"),
    "text": (WORDS.encode("utf-16"), "cli"),
}


async def send(client: httpx.AsyncClient, content: bytes, **params: str) -> dict[str, Any]:
    answer = await client.post("/v1/ingest/file", content=content, params=params)
    assert answer.status_code == OK, answer.text
    report: dict[str, Any] = answer.json()
    return report


@pytest.mark.parametrize("kind", list(FILES))
async def test_a_file_is_known_by_what_stands_in_it_and_remembered_once(
    client: httpx.AsyncClient, kind: str
) -> None:
    content, thread = FILES[kind]
    report = await send(client, content)
    assert (report["kind"], report["threads"]) == (kind, [thread])
    assert report["counts"]["added"] > 0
    body = {"purpose": "Which cache?", "token_budget": 512}
    assert "Redis" in (await client.post("/v1/recall", json=body)).json()["text"]
    again = await send(client, content)
    assert again["counts"]["added"] == again["counts"]["updated"] == 0


async def test_what_was_left_out_is_counted(client: httpx.AsyncClient) -> None:
    assert (await send(client, FILES["chatgpt"][0]))["skipped"] == [
        {"reason": "entries of another kind", "count": 1}
    ]
    assert (await send(client, FILES["claude-code"][0]))["skipped"] == [
        {"reason": "lines that are no objects of JSON", "count": 1}
    ]


async def test_one_message_with_a_date_that_is_none_does_not_take_the_others_away(
    client: httpx.AsyncClient,
) -> None:
    said = [{"sender": "human", "text": f"{WORDS} {n}", "created_at": AT} for n in range(9)]
    said[4]["created_at"] = "yesterday"
    report = await send(client, orjson.dumps([{"uuid": "u", "chat_messages": said}]))
    assert [one["count"] for one in report["skipped"]] == [1]
    assert "occurred_at" in report["skipped"][0]["reason"]
    assert report["counts"]["added"] > 0


async def test_exports_of_chatgpt_and_claude_are_read_out_of_their_archives(
    client: httpx.AsyncClient,
) -> None:
    report = await send(client, _zip(export__conversations=CLAUDE), name="data.zip")
    assert (report["kind"], report["num_threads"]) == ("claude", 1)


async def test_a_log_is_one_by_its_name_and_a_thread_may_be_named(
    client: httpx.AsyncClient,
) -> None:
    log = b"FAILED tests/test_a.py::test_b - AssertionError: assert 1 == 2\n"
    report = await send(client, log, name="ci.log", thread_id="shop")
    assert (report["kind"], report["threads"]) == ("logs", ["shop"])


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'{"a": 1}', "data.json"),
        (b"[]", "data.json"),
        (b"\x00\x01\x02", "x.bin"),
        (b"PK\x03\x04cut", "x.zip"),
        (_zip(other={}), "x.zip"),
    ],
)
async def test_a_file_that_is_not_understood_is_said(
    client: httpx.AsyncClient, content: bytes, name: str
) -> None:
    answer = await client.post("/v1/ingest/file", content=content, params={"name": name})
    assert (answer.status_code, answer.json()["param"]) == (BAD, "file")


async def test_a_kind_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/ingest/file", content=b"x", params={"kind": "word"})
    assert (answer.status_code, answer.json()["param"]) == (BAD, "kind")
