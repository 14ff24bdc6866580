"""`agent-memory status`."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from agent_memory.cli import status as status_module
from agent_memory.cli.endpoint import Endpoint
from agent_memory.cli.main import app
from agent_memory.settings import Settings
from tests.unit.cli.conftest import Scene

Status = Callable[..., Result]


@pytest.fixture
def status(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Status:
    monkeypatch.setattr(status_module, "find_server", lambda _settings: scene.server())
    return lambda *arguments: CliRunner().invoke(app, ["status", *arguments])


def test_a_ready_server_exits_with_0(status: Status) -> None:
    outcome = status("--json")
    report = orjson.loads(outcome.stdout)

    assert outcome.exit_code == 0
    assert report["ready"] is True
    assert (report["url"], report["pid"], report["model"]) == ("http://test", 4711, "tiny")
    assert report["checks"] == {"engine": "ok"}
    assert report["sessions"] == {"sessions": 0, "engine_running": 0}


def test_a_server_that_is_not_ready_says_what_is_missing(status: Status, scene: Scene) -> None:
    scene.condition.is_ready = False
    scene.condition.checks = {"engine": "No engine: no node offers 'mlx'."}

    outcome = status()

    assert outcome.exit_code == 1
    assert "not ready" in outcome.stdout
    assert "No engine: no node offers 'mlx'." in outcome.stdout


def test_a_server_elsewhere_is_asked_with_its_address_and_a_key(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def far(_settings: Settings, url: str | None, key: str | None) -> Endpoint:
        http = scene.server().client()
        return Endpoint(str(url), str(key), http)

    monkeypatch.setattr(status_module, "find_endpoint", far)
    outcome = CliRunner().invoke(
        app, ["status", "--json"], env={"AGENT_MEMORY_URL": "http://far", "AGENT_MEMORY_KEY": "k"}
    )
    report = orjson.loads(outcome.stdout)

    assert outcome.exit_code == 0
    assert (report["ready"], report["url"], report["checks"]) == (
        True,
        "http://far",
        {"engine": "ok"},
    )
    assert (report["pid"], report["data_dir"]) == (None, None)


def test_an_address_where_none_answers_is_none_running() -> None:
    outcome = CliRunner().invoke(app, ["status", "--url", "http://127.0.0.1:1", "--key", "k"])

    assert outcome.exit_code == 3
    assert "No server answers at http://127.0.0.1:1" in outcome.stdout


def test_without_a_server_it_exits_with_3(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["status", "--data-dir", str(tmp_path), "--json"])

    assert outcome.exit_code == 3
    assert orjson.loads(outcome.stdout) == {
        "ready": False,
        "url": None,
        "pid": None,
        "model": None,
        "data_dir": str(tmp_path),
        "started_at": None,
        "checks": {},
        "sessions": {},
    }


def test_a_record_of_a_process_that_is_gone_is_no_server(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "local.key").write_text("am_1_secret")
    (run / "server.json").write_bytes(
        orjson.dumps(
            {
                "url": "http://127.0.0.1:1",
                "pid": 2**22 + 1,  # beyond the largest process id of Linux and macOS
                "model": "tiny",
                "started_at": "2026-01-01T00:00:00Z",
                "database_url": "",
            }
        )
    )

    outcome = CliRunner().invoke(app, ["status", "--data-dir", str(tmp_path)])

    assert outcome.exit_code == 3
