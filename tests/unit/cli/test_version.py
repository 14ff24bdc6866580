"""`agent-memory version`."""

from importlib.metadata import version

import orjson
from typer.testing import CliRunner

from agent_memory.cli.main import app


def test_it_prints_our_version_first() -> None:
    outcome = CliRunner().invoke(app, ["version"])

    assert outcome.stdout.splitlines()[0] == f"agent-memory {version('agent-memory')}"


def test_as_json_it_names_what_it_stands_on() -> None:
    versions = orjson.loads(CliRunner().invoke(app, ["version", "--json"]).stdout)

    assert versions["ray"] == version("ray")
    assert versions["mlx-lm"] == version("mlx-lm")
