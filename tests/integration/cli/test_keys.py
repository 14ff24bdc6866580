"""`agent-memory keys`, with and without a server on the data directory."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from agent_memory.cli.main import app
from tests.integration.cli.conftest import Command


def listed(command: Command) -> dict[str, dict[str, Any]]:
    """The keys by their ids."""
    return {key["id"]: key for key in orjson.loads(command("keys", "list", "--json").stdout)}


def test_a_key_made_offline_is_listed_and_revoked_offline(command: Command) -> None:
    made = orjson.loads(command("keys", "create", "--name", "ann", "--json").stdout)

    assert made["key"].startswith(f"am_{made['id']}_")
    assert made["workspace"] == "default"
    assert listed(command)[made["id"]]["scopes"] == ["contexts", "inference", "memory", "sessions"]
    assert "key" not in listed(command)[made["id"]]

    assert command("keys", "revoke", made["id"]).exit_code == 0
    assert listed(command)[made["id"]]["revoked_at"] is not None


def test_a_key_made_beside_a_running_server_is_there_when_it_is_gone(
    command: Command, server: str
) -> None:
    outcome = command("keys", "create", "--name", "bob", "--scope", "admin", "--json")

    made = orjson.loads(outcome.stdout)
    assert listed(command)[made["id"]]["name"] == "bob"
    assert listed(command)[made["id"]]["scopes"] == ["admin"]


def test_keys_of_another_workspace_are_not_listed(command: Command, server: str) -> None:
    made = orjson.loads(
        command("keys", "create", "--name", "eve", "--workspace", "other", "--json").stdout
    )

    assert made["workspace"] == "other"
    assert made["id"] not in listed(command)
    assert command("keys", "revoke", made["id"]).exit_code == 1


def test_a_key_may_have_contexts_and_the_memory_tool_of_its_own(command: Command) -> None:
    defaults = ("--context", "team/rules", "--context", "plan@7", "--memory-tool", "ann")
    made = orjson.loads(command("keys", "create", "--name", "claude", *defaults, "--json").stdout)
    assert listed(command)[made["id"]]["contexts"] == ["team/rules", "plan@7"]
    assert listed(command)[made["id"]]["memory_tool"] == "ann"

    for wrong in (("--context", "a//b"), ("--memory-tool", "a/b")):
        assert command("keys", "create", "--name", "x", *wrong).exit_code == 2
    scoped = command("keys", "create", "--name", "x", "--scope", "inference", "--context", "plan")
    assert (scoped.exit_code, "contexts" in scoped.stderr) == (2, True)


def test_a_key_may_ask_memory_in_each_turn(command: Command) -> None:
    asked = "recall; thread_id=shop"
    made = orjson.loads(
        command("keys", "create", "--name", "claude", "--memory", asked, "--json").stdout
    )
    assert listed(command)[made["id"]]["memory"] == asked

    unknown = command("keys", "create", "--name", "claude", "--memory", "please")
    assert (unknown.exit_code, "recall" in unknown.stderr) == (2, True)
    scoped = command("keys", "create", "--name", "x", "--scope", "inference", "--memory", "recall")
    assert (scoped.exit_code, "scope" in scoped.stderr) == (2, True)


def test_an_expiry_that_is_none_is_refused_before_anything_starts(command: Command) -> None:
    outcome = command("keys", "create", "--name", "ann", "--expires-in", "soon")

    assert outcome.exit_code == 2
    assert "as in 30d" in outcome.stderr


def test_to_list_the_keys_of_nothing_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    home = tmp_path / "nothing"

    outcome = CliRunner().invoke(app, ["keys", "list", "--data-dir", str(home)])

    assert outcome.exit_code == 1
    assert not home.exists()
