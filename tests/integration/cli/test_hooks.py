"""Hooks over HTTP: a session that ends is remembered, and the next one begins with it."""

import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from agent_memory.cli.hooks import app
from agent_memory.testing.runtime import TEST_KEY
from tests.integration.client.conftest import door, url

__all__ = ["door", "url"]
runner = CliRunner()


@pytest.mark.parametrize("is_detached", [False, True])
def test_a_session_begins_with_what_an_earlier_one_decided(
    tmp_path: Path, url: str, is_detached: bool
) -> None:
    project = tmp_path / "shop"
    project.mkdir()
    line = {
        "type": "user",
        "sessionId": "s1",
        "timestamp": "2026-05-04T10:00:00Z",
        "message": {"role": "user", "content": "We decided that the shop uses PostgreSQL."},
    }
    transcript = tmp_path / "s1.jsonl"
    transcript.write_bytes(orjson.dumps(line) + b"\n")
    told = {"session_id": "s1", "cwd": str(project), "transcript_path": str(transcript)}
    options = [
        *("run", "claude", "--url", url, "--key", TEST_KEY),
        *("--data-dir", str(tmp_path / "data")),
    ]
    wait = () if is_detached else ("--wait",)
    ending = orjson.dumps({**told, "hook_event_name": "SessionEnd"})
    command = (sys.executable, "-m", "agent_memory.cli", "hooks", *options, *wait)
    subprocess.run(command, input=ending, check=True)
    starting = orjson.dumps({**told, "hook_event_name": "SessionStart"})
    deadline = time.monotonic() + 30
    while not (shown := runner.invoke(app, options, input=starting).stdout):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert shown.startswith("<recalled_memory>")
    assert "PostgreSQL" in shown
