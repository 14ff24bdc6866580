"""A model's fingerprint is of everything that decides what it computes, and of nothing else."""

import json
import os
import shutil
import struct
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from agent_memory.device.engine import MlxEngine
from agent_memory.device.models.file_digests import FileDigests
from agent_memory.device.models.weights import WeightFiles
from agent_memory.errors import ModelNotUsable
from agent_memory.testing.models import make_model_folder
from tests.integration.device.conftest import small_settings

WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_model_folder(tmp_path / "model")


def fingerprint(folder: Path, tokenizer: str = "", record: Path | None = None) -> str:
    return WeightFiles(folder).fingerprint(tokenizer, FileDigests(record))


def tensors_of(path: Path) -> dict[str, tuple[int, int]]:
    """Where in a safetensors file the numbers of each tensor begin and end."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    begin = 8 + length
    return {
        name: (begin + each["data_offsets"][0], begin + each["data_offsets"][1])
        for name, each in header.items()
    }


def change_tensor(folder: Path, name: str) -> None:
    """Change one number of a float32 tensor in place; header and size stay."""
    begin, end = tensors_of(folder / WEIGHTS)[name]
    with (folder / WEIGHTS).open("r+b") as file:
        file.seek(begin + (end - begin) // 8 * 4)
        (number,) = struct.unpack("<f", file.read(4))
        file.seek(-4, os.SEEK_CUR)
        file.write(struct.pack("<f", number + 0.5))


def split(folder: Path, first: str, second: str) -> None:
    """The same weights in two files of these names."""
    weights = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    names = sorted(weights)
    for file, part in ((first, names[::2]), (second, names[1::2])):
        save_file({name: weights[name] for name in part}, folder / file, {"format": "mlx"})


def test_a_single_number_of_any_tensor_makes_another_model(folder: Path) -> None:
    found = {fingerprint(folder)}
    names = tensors_of(folder / WEIGHTS)
    for name in names:
        change_tensor(folder, name)
        found.add(fingerprint(folder))
    assert len(found) == 1 + len(names)


def test_a_model_made_again_is_the_same_and_one_of_other_numbers_is_not(
    folder: Path, tmp_path: Path
) -> None:
    same = make_model_folder(tmp_path / "same")
    other = make_model_folder(tmp_path / "other", seed=1)
    assert fingerprint(same) == fingerprint(folder) != fingerprint(other)


def test_the_same_files_elsewhere_are_the_same_model(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert fingerprint(tmp_path / "elsewhere") == fingerprint(folder)


def test_shards_of_other_names_and_another_order_are_the_same_model(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "elsewhere")
    split(folder, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    split(tmp_path / "elsewhere", "model-b.safetensors", "model-a.safetensors")
    assert fingerprint(tmp_path / "elsewhere") == fingerprint(folder)


def test_the_order_of_a_configuration_does_not_matter_and_its_values_do(folder: Path) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_bytes())
    before = fingerprint(folder)
    path.write_text(json.dumps(dict(reversed(config.items()))))
    assert fingerprint(folder) == before
    path.write_text(json.dumps({**config, "rope_theta": 10001.0}))
    assert fingerprint(folder) != before


def test_a_configuration_of_quantisation_beside_the_other_counts(folder: Path) -> None:
    before = fingerprint(folder)
    quantisation = folder / "hf_quant_config.json"
    quantisation.write_text('{"quantization": {"quant_algo": "NVFP4", "group_size": 16}}')
    one = fingerprint(folder)
    quantisation.write_text('{"quantization": {"quant_algo": "NVFP4", "group_size": 32}}')
    assert len({before, one, fingerprint(folder)}) == 3


def test_the_tokenizer_and_its_template_count(folder: Path) -> None:
    assert fingerprint(folder, "one") != fingerprint(folder, "other")


def test_files_that_change_while_they_are_loaded_are_refused(folder: Path) -> None:
    files = WeightFiles(folder)
    change_tensor(folder, "model.norm.weight")
    with pytest.raises(ModelNotUsable, match="changed while they were loaded"):
        files.fingerprint("", FileDigests(None))


def test_an_engine_whose_norm_was_changed_in_place_is_another_model(
    folder: Path, tmp_path: Path
) -> None:
    found = set()
    for name in (None, "model.layers.0.input_layernorm.weight"):
        if name is not None:
            change_tensor(folder, name)
        engine = MlxEngine.load(folder, "m", small_settings(), tmp_path / "shelf")
        found.add(engine.info.fingerprint)
        engine.close()
    assert len(found) == 2
