"""What former versions have written is read by this one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_memory.cli.main import app
from tests.former.make import DECISION, FOLDER, PLAN, QUESTION, SESSION

VERSIONS = sorted(path for path in FOLDER.iterdir() if (path / "whole.backup").exists())


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
def test_a_backup_of_a_former_version_has_everything_that_it_held(
    version: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def said(*arguments: str) -> str:
        home = ("--data-dir", str(tmp_path / "home"))
        done = CliRunner().invoke(app, [*arguments, *home])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "digests agree" in said("restore", str(version / "whole.backup"))
    messages = json.loads(said("sessions", "show", SESSION, "--json"))["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert QUESTION in json.dumps(messages[0])
    recalled = json.loads(said("recall", "which colour has the lighthouse?", "--json"))
    assert DECISION in [item["text"] for item in recalled["items"]]
    assert json.loads(said("contexts", "get", "plan")) == PLAN[-1]
    assert json.loads(said("contexts", "get", "plan", "--version", "1")) == PLAN[0]
