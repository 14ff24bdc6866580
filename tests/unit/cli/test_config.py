"""`agent-memory config`."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

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


def test_no_address_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "host=db password=s3cret")
    monkeypatch.setenv("AGENT_MEMORY_EMBEDDING_URL", "https://s3cret@models.example/v1")
    monkeypatch.setenv("AGENT_MEMORY_ENRICHER_URL", "https://models.example/v1?key=s3cret")

    values = shown()

    assert values["database_url"]["value"] == "host=db password=***"
    assert values["embedding_url"]["value"] == "https://***@models.example/v1"
    assert values["enricher_url"]["value"] == "https://models.example/v1?key=***"


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
