"""The shipped models: their files are there, small, and say what a reader needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent_memory import bundled
from agent_memory.bundled.recipe.rendering import CHAT_TEMPLATE

FILES = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)
MAX_BYTES = 10 * 2**20


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_shipped(name: str) -> None:
    assert (bundled.path() / name).is_file()


@pytest.mark.parametrize(
    ("folder", "licence"),
    [(bundled.path(), "MIT License"), (bundled.minilm_path(), "Apache License")],
)
def test_its_licence_lies_beside_a_models_weights(folder: Path, licence: str) -> None:
    assert (folder / "model.safetensors").is_file()
    assert (folder / "LICENSE").read_text().strip().startswith(licence)


def test_minilm_takes_25_megabytes_at_most() -> None:
    assert sum(file.stat().st_size for file in bundled.minilm_path().iterdir()) <= 25e6


def test_the_model_takes_ten_megabytes_at_most() -> None:
    assert sum(file.stat().st_size for file in bundled.path().iterdir()) <= MAX_BYTES


def test_the_context_is_32768_positions_long() -> None:
    config = json.loads((bundled.path() / "config.json").read_text())
    assert config["max_position_embeddings"] == 32768
    assert config["architectures"] == ["LlamaForCausalLM"]


def test_the_shipped_template_is_the_recipes() -> None:
    shipped = json.loads((bundled.path() / "tokenizer_config.json").read_text())["chat_template"]
    assert shipped == CHAT_TEMPLATE.read_text()


def test_generation_ends_at_the_end_mark() -> None:
    folder = bundled.path()
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    added = json.loads((folder / "tokenizer.json").read_text())["added_tokens"]
    ids = {token["content"]: token["id"] for token in added}
    config = json.loads((folder / "config.json").read_text())
    assert settings["eos_token"] == "<|im_end|>"
    assert config["eos_token_id"] == ids["<|im_end|>"]


def test_asking_for_the_path_loads_nothing_heavy() -> None:
    heavy = {"torch", "mlx", "numpy", "transformers", "tokenizers", "safetensors"}
    program = (
        "import sys; from agent_memory import bundled; bundled.path(); bundled.minilm_path(); "
        f"sys.exit(repr(loaded) if (loaded := {heavy!r} & sys.modules.keys()) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
