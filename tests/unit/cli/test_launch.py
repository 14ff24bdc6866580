"""`agent-memory launch`."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from agent_memory.cli import endpoint as endpoint_module
from agent_memory.cli.coding_agents import Served, claude, codex, opencode
from agent_memory.cli.main import app
from agent_memory.testing.runtime import TEST_KEY
from agent_memory.turns.models import ModelCard
from tests.unit.cli.conftest import Scene

SERVED = Served("http://here:8000", "am_key", "tiny", 32_768)


@dataclass
class Started:
    """The programs that took this process's place."""

    calls: list[tuple[str, Sequence[str], Mapping[str, str]]] = field(default_factory=list)

    def execve(self, program: str, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self.calls.append((program, words, environment))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    started = Started()
    monkeypatch.setattr(os, "execve", started.execve)
    return started


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, with all agents in it."""
    for name in ("claude", "codex", "opencode"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("AGENT_MEMORY_URL", "AGENT_MEMORY_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def launch(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    scene.turns.model_cards = [ModelCard("local", 0, 32_768)]
    monkeypatch.setattr(endpoint_module, "require_server", lambda _settings: scene.server())
    return lambda *arguments: CliRunner().invoke(app, ["launch", *arguments])


@pytest.mark.usefixtures("installed")
def test_the_agent_takes_over_with_the_servers_address_key_and_model(
    launch: Callable[..., Result], started: Started
) -> None:
    outcome = launch("claude", "--resume", "-p", "go on")

    assert outcome.exit_code == 0, outcome.output
    [(program, words, environment)] = started.calls
    assert program.endswith("/claude")
    assert words == ["claude", "--resume", "-p", "go on"]
    assert environment["ANTHROPIC_BASE_URL"] == "http://test"
    assert environment["ANTHROPIC_AUTH_TOKEN"] == TEST_KEY
    assert environment["ANTHROPIC_MODEL"] == "local"
    assert environment["PATH"] == os.environ["PATH"]


@pytest.mark.usefixtures("installed")
def test_options_for_codex_stand_before_its_own_arguments(
    launch: Callable[..., Result], started: Started
) -> None:
    launch("codex", "exec", "-c", "x=1")

    [(_, words, environment)] = started.calls
    assert words[0] == "codex"
    assert words[-3:] == ["exec", "-c", "x=1"]
    assert 'model="local"' in words
    assert environment["AGENT_MEMORY_KEY"] == TEST_KEY


def test_an_agent_that_is_not_installed_is_named_with_the_way_to_get_it(
    launch: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    outcome = launch("opencode")

    assert outcome.exit_code == 1
    assert "there is no command 'opencode'" in outcome.stderr
    assert "npm install -g opencode-ai" in outcome.stderr


def test_an_unknown_agent_is_a_usage_error(launch: Callable[..., Result]) -> None:
    outcome = launch("emacs")

    assert outcome.exit_code == 2
    assert "claude, codex, opencode" in outcome.stderr


@pytest.mark.usefixtures("installed")
def test_a_key_that_the_server_refuses_starts_nothing(
    launch: Callable[..., Result], started: Started
) -> None:
    outcome = launch("--key", "am_wrong", "claude")

    assert outcome.exit_code == 1
    assert "key" in outcome.stderr
    assert started.calls == []


@pytest.mark.usefixtures("installed")
def test_a_server_that_does_not_answer_starts_nothing(
    launch: Callable[..., Result], started: Started
) -> None:
    outcome = launch("--url", "http://127.0.0.1:9", "--key", "am_x", "claude")

    assert outcome.exit_code == 1
    assert "No server answers at http://127.0.0.1:9" in outcome.stderr
    assert started.calls == []


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("options", "missing"),
    [(["--url", "http://far:1"], "AGENT_MEMORY_KEY"), (["--url", "far:1"], "http://host:8000")],
)
def test_an_address_without_a_key_or_a_scheme_is_a_usage_error(
    launch: Callable[..., Result], options: list[str], missing: str
) -> None:
    outcome = launch(*options, "claude")

    assert outcome.exit_code == 2
    assert missing in outcome.stderr


@pytest.mark.usefixtures("installed")
def test_json_tells_the_command_and_starts_nothing(
    launch: Callable[..., Result], started: Started
) -> None:
    told = orjson.loads(launch("--json", "--model", "other", "codex", "exec", "hi").stdout)

    assert told["arguments"][-2:] == ["exec", "hi"]
    assert 'model="other"' in told["arguments"]
    assert told["environment"] == {"AGENT_MEMORY_KEY": TEST_KEY}
    assert started.calls == []


def test_claude_is_not_led_elsewhere_by_what_the_user_has_set() -> None:
    environment = claude(SERVED).environment(
        {"ANTHROPIC_API_KEY": "sk", "ANTHROPIC_BASE_URL": "http://far", "HOME": "/h"}
    )

    assert "ANTHROPIC_API_KEY" not in environment
    assert environment["ANTHROPIC_BASE_URL"] == "http://here:8000"
    assert environment["HOME"] == "/h"


def test_what_the_user_has_set_of_windows_stays() -> None:
    environment = claude(SERVED).environment({"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "20000"})

    assert environment["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] == "20000"
    assert environment["CLAUDE_CODE_MAX_OUTPUT_TOKENS"] == "4096"


def test_codex_is_told_of_its_provider_in_toml() -> None:
    words = codex(Served("http://here:8000", "k", 'a "b"', 0)).arguments

    assert 'model="a \\"b\\""' in words
    assert not any("model_context_window" in word for word in words)
    [provider] = [word for word in words if word.startswith("model_providers.agent_memory=")]
    assert 'base_url="http://here:8000/v1"' in provider
    assert 'wire_api="responses"' in provider


def test_opencode_gets_its_configuration_in_the_environment() -> None:
    variables = opencode(SERVED).variables
    config = orjson.loads(variables["OPENCODE_CONFIG_CONTENT"])

    assert config["model"] == config["small_model"] == "agent-memory/tiny"
    provider = config["provider"]["agent-memory"]
    assert provider["options"]["baseURL"] == "http://here:8000/v1"
    assert provider["models"]["tiny"]["limit"] == {"context": 32_768, "output": 4096}
    assert SERVED.key not in variables["OPENCODE_CONFIG_CONTENT"]
