"""Transcripts of other programs become conversations, with roles, times and threads."""

import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from agent_memory.api.json_body import parse_body
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.memory.ingest import IngestBody
from agent_memory.cli import git_history
from agent_memory.cli.git_history import read_commits
from agent_memory.cli.ingest_sources import bodies, find_sources
from agent_memory.errors import InvalidRequest

AT = "2026-05-04T10:00:00.000Z"
CLAUDE_CODE: list[dict[str, Any]] = [
    {"type": "queue-operation", "operation": "enqueue", "timestamp": AT, "sessionId": "s1"},
    {
        "type": "user",
        "sessionId": "s1",
        "timestamp": AT,
        "message": {
            "role": "user",
            "content": "<system-reminder>\nBe brief.\n</system-reminder>\nWe decided to use Redis.",
        },
    },
    {
        "type": "assistant",
        "sessionId": "s1",
        "timestamp": AT,
        "message": {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm"},
                {"type": "text", "text": "I run the tests."},
                {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "pytest"}},
            ],
        },
    },
    {
        "type": "user",
        "sessionId": "s1",
        "timestamp": AT,
        "message": {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "t",
                    "content": [{"type": "text", "text": "1 failed"}],
                    "is_error": True,
                }
            ],
        },
    },
    {
        "type": "user",
        "sessionId": "s1",
        "isMeta": True,
        "timestamp": AT,
        "message": {"role": "user", "content": "Caveat"},
    },
    {
        "type": "user",
        "sessionId": "s1",
        "timestamp": AT,
        "message": {"role": "user", "content": "<command-name>/clear</command-name>"},
    },
    {
        "type": "assistant",
        "sessionId": "s1",
        "isSidechain": True,
        "timestamp": AT,
        "message": {"role": "assistant", "content": [{"type": "text", "text": "sub-agent"}]},
    },
]
CODEX: list[dict[str, Any]] = [
    {"timestamp": AT, "type": "session_meta", "payload": {"id": "c-1", "cwd": "/p"}},
    {
        "timestamp": AT,
        "type": "response_item",
        "payload": {
            "type": "message",
            "role": "developer",
            "content": [{"type": "input_text", "text": "You are Codex."}],
        },
    },
    {
        "timestamp": AT,
        "type": "response_item",
        "payload": {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "<environment_context>\n</environment_context>"}
            ],
        },
    },
    {
        "timestamp": AT,
        "type": "response_item",
        "payload": {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Fix the build."}],
        },
    },
    {"timestamp": AT, "type": "event_msg", "payload": {"type": "user_message", "message": "again"}},
    {
        "timestamp": AT,
        "type": "response_item",
        "payload": {
            "type": "function_call",
            "name": "exec_command",
            "arguments": '{"cmd":"make"}',
            "call_id": "1",
        },
    },
    {
        "timestamp": AT,
        "type": "response_item",
        "payload": {"type": "function_call_output", "call_id": "1", "output": "make: *** Error 2"},
    },
    {
        "timestamp": AT,
        "type": "response_item",
        "payload": {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Done."}],
        },
    },
]


def read(path: Path, thread: str | None = None) -> list[dict[str, Any]]:
    """All bodies, each of which the server would take."""
    found = [body for source in find_sources(str(path)) for body in bodies(source, thread)]
    for body in found:
        assert parse_body(orjson.dumps(body), IngestBody, Limits())
    return found


def short(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["role"], one["content"]) for one in body["materials"]["chat"]]


def write_lines(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)) + b'\n{"cut off')
    return path


def test_a_transcript_of_claude_code(tmp_path: Path) -> None:
    [body] = read(write_lines(tmp_path / "x.jsonl", CLAUDE_CODE))
    assert body["thread_id"] == "claude-code.s1"
    assert short(body) == [
        ("user", "We decided to use Redis."),
        ("assistant", "I run the tests."),
        ("assistant", 'Bash {"command":"pytest"}'),
        ("tool", "1 failed"),
    ]
    assert {one["occurred_at"] for one in body["materials"]["chat"]} == {AT}


def test_a_rollout_of_codex(tmp_path: Path) -> None:
    [body] = read(write_lines(tmp_path / "rollout.jsonl", CODEX))
    assert body["thread_id"] == "codex.c-1"
    assert short(body) == [
        ("user", "Fix the build."),
        ("assistant", 'exec_command {"cmd":"make"}'),
        ("tool", "make: *** Error 2"),
        ("assistant", "Done."),
    ]


def test_an_export_of_chatgpt_is_read_along_the_branch_seen_last(tmp_path: Path) -> None:
    def node(parent: str | None, role: str, text: str) -> dict[str, Any]:
        content = {"content_type": "text", "parts": [text]}
        message = {"author": {"role": role}, "create_time": 1_777_888_800.5, "content": content}
        return {"parent": parent, "message": message}

    entry = {
        "title": "Tea",
        "conversation_id": "67f0-aa",
        "current_node": "c",
        "mapping": {
            "root": {"parent": None, "message": None},
            "s": node("root", "system", "hidden"),
            "a": node("s", "user", "Which tea?"),
            "b": node("a", "assistant", "Green."),
            "c": node("a", "assistant", "Black."),
        },
    }
    path = tmp_path / "conversations.json"
    path.write_bytes(orjson.dumps([entry]))
    [body] = read(path)
    assert body["thread_id"] == "chatgpt.67f0-aa"
    assert short(body) == [("user", "Which tea?"), ("assistant", "Black.")]
    assert body["materials"]["chat"][0]["occurred_at"] == "2026-05-04T10:00:00.500000+00:00"


def test_an_export_of_claude(tmp_path: Path) -> None:
    entry = {
        "uuid": "u-1",
        "name": "Tea",
        "chat_messages": [
            {
                "sender": "human",
                "created_at": AT,
                "text": "Which tea?",
                "content": [{"type": "text", "text": "Which tea?"}],
                "attachments": [{"file_name": "list.txt", "extracted_content": "green\nblack"}],
            },
            {"sender": "assistant", "created_at": AT, "text": "Green.", "content": []},
        ],
    }
    path = tmp_path / "conversations.json"
    path.write_bytes(orjson.dumps([entry]))
    [body] = read(path)
    assert body["thread_id"] == "claude.u-1"
    assert short(body) == [
        ("user", "Which tea?"),
        ("user", "list.txt:\ngreen\nblack"),
        ("assistant", "Green."),
    ]


def test_a_folder_of_slack(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text('[{"id":"U1","profile":{"display_name":"Ann"}}]')
    (tmp_path / "channels.json").write_text('[{"name":"general"}]')
    channel = tmp_path / "general"
    channel.mkdir()
    sent = [
        {"type": "message", "user": "U1", "text": "See <https://x.io|docs> &amp; <@U1>", "ts": "2"},
        {"type": "message", "subtype": "channel_join", "user": "U1", "text": "joined", "ts": "1"},
    ]
    (channel / "2026-05-04.json").write_bytes(orjson.dumps(sent))
    [body] = read(tmp_path)
    assert body["thread_id"] == "slack.general"
    [message] = body["materials"]["chat"]
    assert message["content"] == "See docs (https://x.io) & @Ann"
    assert message["speaker"] == "Ann"
    assert message["occurred_at"] == "1970-01-01T00:00:02+00:00"


@pytest.mark.parametrize(
    ("lines", "dates"),
    [
        (
            [
                "[31.12.25, 23:59:01] Ann: Hello\nthere",
                "[01.01.26, 00:10:00] Bob: \u200eimage omitted",
                "[01.01.26, 00:11:00] Bob: Hi: you",
            ],
            ["2025-12-31T23:59:01+00:00", "2026-01-01T00:11:00+00:00"],
        ),
        (
            [
                "12/31/25, 11:59\u202fPM - Messages are end-to-end encrypted.",
                "12/31/25, 11:59\u202fPM - Ann: Hello\nthere",
                "1/1/26, 12:11\u202fAM - Bob: Hi: you",
            ],
            ["2025-12-31T23:59:00+00:00", "2026-01-01T00:11:00+00:00"],
        ),
        (
            ["05/04/2026, 10:00 - Ann: Hello\nthere", "04/05/2026, 10:00 - Bob: Hi: you"],
            ["2026-04-05T10:00:00+00:00", "2026-05-04T10:00:00+00:00"],
        ),
        (
            ["04/05/2026, 10:00 - Ann: Hello\nthere", "05/04/2026, 10:00 - Bob: Hi: you"],
            ["2026-04-05T10:00:00+00:00", "2026-05-04T10:00:00+00:00"],
        ),
    ],
)
def test_a_chat_of_whatsapp_has_one_order_of_dates(
    tmp_path: Path, lines: list[str], dates: list[str]
) -> None:
    path = tmp_path / "WhatsApp Chat with Ann.txt"
    path.write_text("\n".join(lines))
    [body] = read(path)
    assert body["thread_id"] == "whatsapp.WhatsApp-Chat-with-Ann"
    assert [(one["speaker"], one["content"]) for one in body["materials"]["chat"]] == [
        ("Ann", "Hello\nthere"),
        ("Bob", "Hi: you"),
    ]
    assert [one["occurred_at"] for one in body["materials"]["chat"]] == dates


def test_a_thread_that_is_named_holds_all(tmp_path: Path) -> None:
    [body] = read(write_lines(tmp_path / "x.jsonl", CLAUDE_CODE), thread="shop")
    assert body["thread_id"] == "shop"


def test_other_json_lines_and_notes_are_what_they_were(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"role":"user","content":"hello","type":"user"}\n')
    (tmp_path / "CLAUDE.md").write_text("Always run the tests.\n")
    (tmp_path / "c.txt").write_text("12/31/25, a day: and a colon.\n")
    (tmp_path / "package.json").write_text('{"name": "x"}')
    found = read(tmp_path)
    assert {body["thread_id"] for body in found} == {"cli"}
    assert [body["materials"]["chat"][0]["content"] for body in found] == [
        "Always run the tests.\n",
        "hello",
        "12/31/25, a day: and a colon.\n",
    ]


def test_commits_are_somebodys_words_and_a_diff(tmp_path: Path) -> None:
    def git(*command: str) -> None:
        who = ("-c", "user.name=Ann", "-c", "user.email=a@x.io", "-c", "commit.gpgsign=false")
        subprocess.run(("git", "-C", tmp_path, *who, *command), check=True, capture_output=True)

    git("init", "-q")
    for number, message in enumerate(("Begin", "Switch from MySQL to PostgreSQL")):
        (tmp_path / "a.txt").write_text(f"line {number}\n")
        git("add", ".")
        git("commit", "-q", "-m", message, "--date", f"2026-05-0{number + 1}T10:00:00+00:00")
    commits = read_commits("HEAD", tmp_path)
    first, second = git_history.bodies(commits, None, tmp_path)
    assert first["thread_id"] == f"git.{tmp_path.name}"
    assert second["occurred_at"] == "2026-05-02T10:00:00+00:00"
    assert second["materials"]["chat"] == [
        {
            "role": "user",
            "content": "Switch from MySQL to PostgreSQL",
            "occurred_at": "2026-05-02T10:00:00+00:00",
            "speaker": "Ann",
        }
    ]
    [diff] = second["materials"]["diffs"]
    assert "-line 0\n+line 1" in diff
    assert [one.message for one in read_commits("HEAD~1..HEAD", tmp_path)] == [
        second["materials"]["chat"][0]["content"]
    ]


@pytest.mark.parametrize("revisions", ["no-such..HEAD", "--output=/tmp/x", "-1"])
def test_a_range_that_git_does_not_know_is_refused(tmp_path: Path, revisions: str) -> None:
    subprocess.run(("git", "init", "-q", tmp_path), check=True)
    with pytest.raises(InvalidRequest, match="commits"):
        read_commits(revisions, tmp_path)
