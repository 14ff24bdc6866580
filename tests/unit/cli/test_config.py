"""`agent-memory config`."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from agent_memory.cli.config import without_password
from agent_memory.cli.main import app


def shown(*arguments: str) -> dict[str, Any]:
    outcome = CliRunner().invoke(app, ["config", "--json", *arguments])
    assert outcome.exit_code == 0, outcome.stderr
    values: dict[str, Any] = orjson.loads(outcome.stdout)
    return values


def test_an_unset_setting_comes_from_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENT_MEMORY_PORT", raising=False)

    assert shown()["port"] == {
        "value": 8000,
        "source": "default",
        "variable": "AGENT_MEMORY_PORT",
    }


def test_a_variable_beats_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_MEMORY_PORT", "8001")

    assert shown()["port"]["value"] == 8001
    assert shown()["port"]["source"] == "environment"


def test_the_command_line_beats_the_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AGENT_MEMORY_DATA_DIR", "/elsewhere")

    assert shown("--data-dir", str(tmp_path))["data_dir"] == {
        "value": str(tmp_path),
        "source": "command line",
        "variable": "AGENT_MEMORY_DATA_DIR",
    }


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:s3cret@db/agents")

    assert shown()["database_url"]["value"] == "postgresql://ann:***@db/agents"
    assert shown()["database_url"]["variable"] == "DATABASE_URL"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("postgresql://db/agents", "postgresql://db/agents"),
        ("postgresql://ann@db/agents", "postgresql://ann@db/agents"),
        ("postgresql://ann:db@db:5432/db", "postgresql://ann:***@db:5432/db"),
    ],
)
def test_only_the_password_is_hidden(url: str, safe: str) -> None:
    assert without_password(url) == safe


def test_the_table_names_setting_value_and_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_MEMORY_MODEL", "some/model")

    lines = CliRunner().invoke(app, ["config"]).stdout.splitlines()

    row = next(line for line in lines if line.startswith("model "))
    assert row.split() == ["model", "some/model", "environment", "AGENT_MEMORY_MODEL"]


def test_a_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_MEMORY_EMBEDDING_KEY", "sk-s3cret")

    assert shown()["embedding_key"]["value"] == "**********"


def test_it_says_where_the_file_for_a_cluster_lies() -> None:
    outcome = CliRunner().invoke(app, ["config", "--serve-file"])

    file = Path(outcome.stdout.strip())
    assert file.is_absolute()
    assert "import_path: agent_memory.host.cluster:build" in file.read_text()
