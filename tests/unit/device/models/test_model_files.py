"""A model that cannot be served is refused before anything starts, with the reason."""

import json
from pathlib import Path

import pytest

from agent_memory.device.models.model_files import check_model, fetch_model
from agent_memory.errors import ModelNotUsable


def tensor_file(num_bytes: int = 8) -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(num_bytes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds everything there has to be."""
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(tensor_file())
    return tmp_path


def reason(folder: Path) -> str:
    with pytest.raises(ModelNotUsable) as caught:
        check_model(folder)
    assert caught.value.model == str(folder)
    return caught.value.reason


def test_a_whole_model_passes(folder: Path) -> None:
    check_model(folder)


def test_a_model_type_that_mlx_lm_renames_passes(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "mistral"}')
    check_model(folder)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "no such folder" in reason(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("config.json", "config.json"),
        ("tokenizer.json", "tokenizer"),
        ("model.safetensors", "no weights"),
    ],
)
def test_what_is_missing_is_named(folder: Path, file: str, words: str) -> None:
    (folder / file).unlink()
    assert words in reason(folder)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a JSON object"),
        ("{}", "names no model_type"),
        ('{"model_type": "no_such_model"}', "knows no model_type 'no_such_model'"),
        ('{"model_type": "llama", "model_file": "x.py"}', "Python code of its own"),
    ],
)
def test_what_is_wrong_with_the_configuration_is_said(
    folder: Path, config: str, words: str
) -> None:
    (folder / "config.json").write_text(config)
    assert words in reason(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "truncated"),
        (tensor_file()[:20], "truncated"),
        (tensor_file(num_bytes=7), "truncated"),
        (b"\xff" * 100, "truncated"),
        ((5).to_bytes(8, "little") + b"[[[[[" + bytes(8), "not a safetensors file"),
        ((2).to_bytes(8, "little") + b"[]" + bytes(8), "not a safetensors file"),
    ],
)
def test_damaged_weights_are_found_by_their_header(
    folder: Path, content: bytes, words: str
) -> None:
    (folder / "model.safetensors").write_bytes(content)
    assert words in reason(folder)


def test_a_part_that_the_index_names_must_be_there(folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"w": "model-00002-of-00002.safetensors"}})
    )
    assert "model-00002-of-00002.safetensors is missing" in reason(folder)


def test_a_broken_index_is_named(folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text("{}")
    assert "model.safetensors.index.json is broken" in reason(folder)


def test_a_folder_is_its_own_place(folder: Path, tmp_path: Path) -> None:
    assert fetch_model(str(folder), tmp_path / "cache") == folder


@pytest.mark.parametrize("name", ["nowhere", "/no/such/folder", "./nowhere", "a/b/c"])
def test_a_name_that_is_neither_folder_nor_hub_id_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match="neither a folder here nor a hub id"):
        fetch_model(name, tmp_path)


def test_without_the_hub_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelNotUsable, match="the folder of a downloaded model"):
        fetch_model("some-owner/some-model", tmp_path)
