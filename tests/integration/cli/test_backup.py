import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from typer.testing import CliRunner

from agent_memory.cli.main import app
from agent_memory.settings import Settings
from agent_memory.store.backup.archive import Archive
from agent_memory.store.backup.folder import BackupFolder
from agent_memory.testing.postgres import embedded_database
from tests.integration.cli.conftest import Command

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def test_a_backup_is_made_and_restored_on_the_command_line(
    command: Command, data_dir: Path, tmp_path: Path
) -> None:
    file = tmp_path / "one.backup"
    with embedded_database(data_dir / "postgres") as url, psycopg.connect(url) as connection:
        connection.execute("INSERT INTO agent_memory.workspaces (workspace_id) VALUES ('told')")

    made = json.loads(command("backup", str(file), "--json").stdout)
    assert command("backup", str(file)).exit_code == 1
    refused = command("restore", str(file))
    restored = CliRunner().invoke(app, ["restore", str(file), "--data-dir", f"{tmp_path}/home"])

    assert made["num_rows"] == Archive.verified(file).manifest.num_rows
    assert refused.exit_code == 1
    assert "holds a database already" in refused.output
    assert restored.exit_code == 0
    assert "digests agree" in restored.output
    with (
        embedded_database(tmp_path / "home" / "postgres") as url,
        psycopg.connect(url) as connection,
    ):
        rows = connection.execute("SELECT workspace_id FROM agent_memory.workspaces").fetchall()
    assert ("told",) in rows


def test_the_server_keeps_its_newest_backups_and_foreign_files(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "home")
    folder = BackupFolder(settings, "", "1.0")
    settings.backup_folder.mkdir(parents=True)
    (settings.backup_folder / "mine.backup").touch()
    for day in range(4):
        at = NOW + timedelta(days=day)
        (settings.backup_folder / f"agent-memory-{at:%Y%m%dT%H%M%SZ}.backup").touch()

    assert folder.last_at() == NOW + timedelta(days=3)
    assert folder.remove_old(2) == 2
    assert sorted(path.name for path in settings.backup_folder.iterdir()) == [
        "agent-memory-20261203T000000Z.backup",
        "agent-memory-20261204T000000Z.backup",
        "mine.backup",
    ]
