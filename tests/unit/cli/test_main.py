"""The command line as a whole: names, lazy loading, expected errors."""

import subprocess
import sys
from importlib.metadata import version

import orjson
import pytest
from typer.testing import CliRunner

from agent_memory.cli.main import COMMANDS, app

runner = CliRunner()


def test_help_names_every_command() -> None:
    shown = runner.invoke(app, ["--help"]).stdout

    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"serve"}))
def test_every_command_has_help_of_its_own(name: str) -> None:
    outcome = runner.invoke(app, [name, "--help"])

    assert outcome.exit_code == 0
    assert "--json" in outcome.stdout or "COMMAND" in outcome.stdout


def test_the_version_is_told_by_the_usual_option() -> None:
    outcome = runner.invoke(app, ["--version"])

    assert outcome.exit_code == 0
    assert outcome.stdout == f"agent-memory {version('agent-memory')}\n"


def test_a_misspelt_command_is_a_usage_error_that_suggests_the_right_one() -> None:
    outcome = runner.invoke(app, ["verison"])

    assert outcome.exit_code == 2
    assert "version" in outcome.stderr


def test_no_command_but_serve_loads_the_heavy_libraries() -> None:
    light = sorted(set(COMMANDS) - {"serve"})
    program = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from agent_memory.cli.main import app\n"
        f"for name in {light}:\n"
        "    CliRunner().invoke(app, [name, '--help'])\n"
        "    assert 'agent_memory.cli.' + name.replace('-', '_') in sys.modules\n"
        "heavy = {'ray', 'mlx', 'mlx_lm', 'transformers'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    outcome = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert outcome.stdout == "[]\n"


def test_an_expected_error_is_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AGENT_MEMORY_PORT", "99999")

    outcome = runner.invoke(app, ["config"])

    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("agent-memory: The setting 'port' is not usable")
    assert outcome.stderr.count("\n") == 1


def test_with_json_an_expected_error_is_json_on_standard_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AGENT_MEMORY_PORT", "99999")

    outcome = runner.invoke(app, ["config", "--json"])

    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert orjson.loads(outcome.stderr)["error"]["code"] == "invalid_request"
