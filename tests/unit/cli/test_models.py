"""`agent-memory models`."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from agent_memory.cli import endpoint as endpoint_module
from agent_memory.cli.main import app
from agent_memory.turns.models import ModelCard
from tests.unit.cli.conftest import Scene

Models = Callable[..., Result]


@pytest.fixture
def models(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Models:
    scene.turns.model_cards = [
        ModelCard("tiny", 1, 8192, weight_format="bfloat16", kv_format="float32"),
        ModelCard("/models/big", 1, None, state="failed", reason="it is torn"),
    ]
    monkeypatch.setattr(endpoint_module, "require_server", lambda _settings: scene.server())
    return lambda *arguments: CliRunner().invoke(app, ["models", *arguments])


def test_the_list_shows_state_and_formats_and_why_one_failed(models: Models) -> None:
    outcome = models("list")
    assert outcome.exit_code == 0
    assert "bfloat16" in outcome.stdout
    assert "/models/big: it is torn" in outcome.stdout


def test_the_list_in_json_has_everything(models: Models) -> None:
    listed = orjson.loads(models("list", "--json").stdout)
    assert [(model["id"], model["state"]) for model in listed] == [
        ("tiny", "loaded"),
        ("/models/big", "failed"),
    ]


def test_a_model_is_offloaded_and_loaded_by_its_id_slashes_included(models: Models) -> None:
    assert "can be loaded again" in models("offload", "tiny").stdout
    loaded = models("load", "/models/big", "--grace", "3")
    assert loaded.stdout == "Loaded: /models/big answers now.\n"


def test_without_a_server_there_are_no_models(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["models", "list", "--data-dir", str(tmp_path)])
    assert outcome.exit_code == 3
