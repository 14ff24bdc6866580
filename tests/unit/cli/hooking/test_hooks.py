"""Hooks: what they send, what they never send, and that a client is never failed by them."""

import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from agent_memory.api.json_body import parse_body
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.memory.ingest import IngestBody
from agent_memory.cli.hooking.event import read_event
from agent_memory.cli.hooking.install import HookSettings
from agent_memory.cli.hooking.offsets import Offsets
from agent_memory.cli.hooking.redacting import Redactor
from agent_memory.cli.hooking.sending import Hook
from agent_memory.cli.hooks import app
from agent_memory.errors import InvalidRequest

SECRET = "ghp_" + "a1B2c3D4e5F6" * 3
runner = CliRunner()


def line(text: str) -> bytes:
    message = {"role": "user", "content": text}
    told = {"type": "user", "sessionId": "s1", "timestamp": "2026-05-04T10:00:00Z"}
    return orjson.dumps({**told, "message": message}) + b"\n"


def event(folder: Path, name: str = "SessionEnd", **told: Any) -> bytes:
    return orjson.dumps(
        {
            "hook_event_name": name,
            "session_id": "s1",
            "cwd": str(folder),
            "transcript_path": str(folder / "s1.jsonl"),
            **told,
        }
    )


def hook(raw: bytes, folder: Path, kind: str = "claude-code") -> Hook:
    return Hook(kind, read_event(raw), Offsets(folder / "offsets"), Redactor())


def texts(body: dict[str, Any]) -> list[str]:
    assert parse_body(orjson.dumps(body), IngestBody, Limits())
    return [one["content"] for one in body["materials"]["chat"]]


def test_a_transcript_is_sent_without_secrets_and_once(tmp_path: Path) -> None:
    transcript = tmp_path / "s1.jsonl"
    transcript.write_bytes(line(f"The token is {SECRET}.") + b'{"cut')
    first = hook(event(tmp_path), tmp_path)
    [body] = first.bodies()
    assert body["thread_id"] == "claude-code.s1"
    assert texts(body) == ["The token is [redacted:github_token]."]
    first.settle()
    transcript.write_bytes(transcript.read_bytes().removesuffix(b'{"cut') + line("And then?"))
    [body] = hook(event(tmp_path, "PreCompact"), tmp_path).bodies()
    assert texts(body) == ["And then?"]


def test_what_was_not_sent_whole_is_sent_with_the_next_event(tmp_path: Path) -> None:
    (tmp_path / "s1.jsonl").write_bytes(line("one"))
    list(hook(event(tmp_path), tmp_path).bodies())
    [body] = hook(event(tmp_path), tmp_path).bodies()
    assert texts(body) == ["one"]


def test_a_rollout_that_goes_on_stays_in_its_thread(tmp_path: Path) -> None:
    said = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "Go on."}],
    }
    entry = {"type": "response_item", "timestamp": "2026-05-04T10:00:00Z", "payload": said}
    (tmp_path / "s1.jsonl").write_bytes(orjson.dumps(entry) + b"\n")
    [body] = hook(event(tmp_path, "Stop"), tmp_path, "codex").bodies()
    assert body["thread_id"] == "codex.s1"
    assert texts(body) == ["Go on."]


def test_changes_that_are_not_committed_are_sent_as_a_diff(tmp_path: Path) -> None:
    def git(*command: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@x.io", "-c", "commit.gpgsign=false")
        subprocess.run(("git", "-C", tmp_path, *who, *command), check=True, capture_output=True)

    git("init", "-q")
    (tmp_path / "a.py").write_text("old = 1\n")
    git("add", ".")
    git("commit", "-q", "-m", "x")
    (tmp_path / "a.py").write_text(f'token = "{SECRET}"\n')
    [body] = hook(event(tmp_path, transcript_path=None), tmp_path).bodies()
    [diff] = body["materials"]["diffs"]
    assert "-old = 1" in diff
    assert SECRET not in diff


def test_a_failed_call_is_a_log(tmp_path: Path) -> None:
    raw = event(
        tmp_path,
        "PostToolUseFailure",
        tool_name="Bash",
        tool_input={"command": "pytest"},
        error="FAILED tests/test_a.py::test_b - AssertionError",
    )
    [body] = hook(raw, tmp_path).bodies()
    assert body["thread_id"] == "claude-code.s1"
    assert body["materials"]["logs"] == [
        '$ Bash {"command":"pytest"}\nFAILED tests/test_a.py::test_b - AssertionError\n'
    ]


@pytest.mark.parametrize(
    ("response", "has_failed"),
    [
        ("Process exited with code 1\nOutput: no", True),
        ("Process exited with code 0\nOutput: yes", False),
        ({"exit_code": 2, "output": "no"}, True),
        ({"success": False}, True),
        ("fine", False),
    ],
)
def test_of_codex_only_failures_are_sent(
    tmp_path: Path, response: object, has_failed: bool
) -> None:
    raw = event(tmp_path, "PostToolUse", tool_name="shell", tool_response=response)
    assert bool(list(hook(raw, tmp_path, "codex").bodies())) is has_failed


def test_a_dry_run_shows_what_would_be_sent(tmp_path: Path) -> None:
    (tmp_path / "s1.jsonl").write_bytes(line(f"The token is {SECRET}."))
    options = ["run", "claude", "--dry-run", "--data-dir", str(tmp_path / "data")]
    shown = runner.invoke(app, options, input=event(tmp_path))
    assert shown.exit_code == 0
    told = orjson.loads(shown.stdout)
    assert told["removed"] == {"github_token": 1}
    assert SECRET not in shown.stdout
    assert not (tmp_path / "data" / "hooks").exists()


@pytest.mark.parametrize("raw", [b"", b"no json", b"{}", b'{"hook_event_name": "Unknown"}'])
def test_an_event_that_is_not_understood_fails_nobody(tmp_path: Path, raw: bytes) -> None:
    options = ["run", "claude", "--data-dir", str(tmp_path)]
    done = runner.invoke(app, options, input=raw)
    assert (done.exit_code, done.stdout) == (0, "")


def test_without_a_server_a_session_starts_all_the_same(tmp_path: Path) -> None:
    options = ["run", "claude", "--data-dir", str(tmp_path)]
    done = runner.invoke(app, options, input=event(tmp_path, "SessionStart"))
    assert (done.exit_code, done.stdout) == (0, "")


@pytest.mark.parametrize("client", ["claude", "codex"])
def test_hooks_are_added_once_and_others_stay(tmp_path: Path, client: Any) -> None:
    settings = HookSettings(client, tmp_path)
    settings.path.parent.mkdir(parents=True)
    other = {"hooks": [{"type": "command", "command": "mine"}]}
    settings.path.write_bytes(
        orjson.dumps({"model": "x", "hooks": {"SessionStart": [other], "Stop": [other]}})
    )
    assert settings.write()
    assert not HookSettings(client, tmp_path).write()
    held = orjson.loads(settings.path.read_bytes())
    assert held["model"] == "x"
    assert held["hooks"]["SessionStart"][0] == other
    [ours] = held["hooks"]["SessionStart"][1]["hooks"]
    assert f"hooks run {client}" in ours["command"]
    assert held["hooks"]["Stop"][0] == other
    assert {"PreCompact", "SessionEnd"} <= set(held["hooks"])


def test_settings_that_cannot_be_read_are_left_alone(tmp_path: Path) -> None:
    settings = HookSettings("claude", tmp_path)
    settings.path.parent.mkdir(parents=True)
    settings.path.write_text("{ // mine\n}")
    with pytest.raises(InvalidRequest, match="is not JSON"):
        settings.write()
