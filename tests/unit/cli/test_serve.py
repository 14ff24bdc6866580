"""`agent-memory serve`, with a stand-in for the runtime behind it."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

from agent_memory.cli.main import app
from agent_memory.errors import ModelNotUsable
from agent_memory.host.reporting import Banner, Reporter
from agent_memory.settings import Settings

RunServer = Callable[[Settings, Reporter], int]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command with `run_server` as given, whose module would otherwise import Ray."""

    def run(run_server: RunServer, *arguments: str) -> Result:
        runtime = ModuleType("agent_memory.host.server")
        runtime.run_server = run_server  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "agent_memory.host.server", runtime)
        monkeypatch.delitem(sys.modules, "agent_memory.cli.serve", raising=False)
        return CliRunner().invoke(app, ["serve", *arguments])

    return run


def test_options_become_settings(serve: Callable[..., Result], tmp_path: Path) -> None:
    seen: list[Settings] = []

    def run_server(settings: Settings, _: Reporter) -> int:
        seen.append(settings)
        return 0

    outcome = serve(
        run_server,
        *("--host", "127.0.0.2", "--port", "8123", "--data-dir", str(tmp_path)),
        *("--model", "some/model", "--ray-address", "10.0.0.1:6379", "--log-level", "debug"),
    )

    assert outcome.exit_code == 0, outcome.output
    assert seen[0].home == tmp_path
    assert (seen[0].host, seen[0].port, seen[0].model) == ("127.0.0.2", 8123, "some/model")
    assert (seen[0].ray_address, seen[0].log_level) == ("10.0.0.1:6379", "DEBUG")


def test_what_the_runtime_reports_is_shown(serve: Callable[..., Result]) -> None:
    def run_server(_: Settings, reporter: Reporter) -> int:
        reporter.step("Starting PostgreSQL")
        reporter.ready(Banner("http://127.0.0.1:8000", "am_1_s", "tiny", (), "/data", 3.0))
        return 0

    outcome = serve(run_server)

    assert "Starting PostgreSQL" in outcome.stdout
    assert "am_1_s" in outcome.stdout


def test_the_exit_code_of_the_runtime_is_that_of_the_command(
    serve: Callable[..., Result],
) -> None:
    assert serve(lambda _settings, _reporter: 7).exit_code == 7


def test_a_model_that_cannot_be_served_is_one_sentence_and_exit_code_2(
    serve: Callable[..., Result],
) -> None:
    def run_server(_: Settings, __: Reporter) -> int:
        raise ModelNotUsable("/nowhere", "the folder does not exist.")

    outcome = serve(run_server)

    assert outcome.exit_code == 2
    assert outcome.stderr.count("\n") == 1
    assert "The model '/nowhere' cannot be served: the folder does not exist." in outcome.stderr


def test_a_port_out_of_range_is_refused_before_anything_starts(
    serve: Callable[..., Result],
) -> None:
    started: list[Settings] = []

    def run_server(settings: Settings, _: Reporter) -> int:
        started.append(settings)
        return 0

    outcome = serve(run_server, "--port", "70000")

    assert outcome.exit_code == 2
    assert "'port'" in outcome.stderr
    assert not started


def test_the_first_model_is_loaded_and_the_others_may_be(serve: Callable[..., Result]) -> None:
    seen: list[Settings] = []

    def run_server(settings: Settings, _: Reporter) -> int:
        seen.append(settings)
        return 0

    serve(run_server, "--model", "some/model", "--model", "another", "--model", "some/model")

    assert seen[0].model_names == ("some/model", "another")


def test_further_models_of_the_environment_are_separated_by_commas(
    serve: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_MEMORY_MODELS", " some/model, /a/folder,")
    seen: list[Settings] = []

    def run_server(settings: Settings, _: Reporter) -> int:
        seen.append(settings)
        return 0

    serve(run_server)

    assert seen[0].model_names == ("tiny", "some/model", "/a/folder")
