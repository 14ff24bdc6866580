"""The facts in a model's files, and whether there is memory for it."""

import json
from pathlib import Path

import psutil
import pytest

from agent_memory.device.models.model_facts import check_memory, free_memory, read_facts
from agent_memory.errors import ModelNotUsable

GIB = 1 << 30


def make_model(folder: Path, config: object, tensors: dict[str, tuple[str, list[int]]]) -> Path:
    """Files with a configuration and a header; of the tensors there is no byte."""
    header = {name: {"dtype": kind, "shape": shape} for name, (kind, shape) in tensors.items()}
    text = json.dumps({"__metadata__": {}, **header}).encode()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text)
    return folder


def test_weights_are_named_after_the_type_of_most_numbers(tmp_path: Path) -> None:
    tensors = {"a": ("BF16", [10, 10]), "b": ("F32", [5])}
    facts = read_facts(make_model(tmp_path, {"max_position_embeddings": 99}, tensors), None)
    assert (facts.weight_format, facts.context_window) == ("bfloat16", 99)
    assert facts.num_bytes_float32 == 105 * 4
    assert facts.num_bytes == (tmp_path / "model.safetensors").stat().st_size


def test_packed_weights_are_counted_as_they_are_when_unpacked(tmp_path: Path) -> None:
    config = {"quantization": {"bits": 4, "group_size": 64}}
    tensors = {"w": ("U32", [8, 8]), "w.scales": ("F16", [8])}
    facts = read_facts(make_model(tmp_path, config, tensors), None)
    assert facts.weight_format == "4-bit"
    assert facts.num_bytes_float32 == (64 * 8 + 8) * 4


def test_a_bound_on_the_context_window_holds(tmp_path: Path) -> None:
    config = {"text_config": {"max_position_embeddings": 4000}}
    assert read_facts(make_model(tmp_path, config, {"a": ("F32", [1])}), 100).context_window == 100


def test_files_that_cannot_be_read_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match="its files cannot be read"):
        read_facts(tmp_path, None)


def test_weights_that_do_not_fit_into_memory_are_refused_with_the_figures() -> None:
    check_memory("m", 3 * GIB, num_freed=1 * GIB, num_free=2 * GIB)
    with pytest.raises(ModelNotUsable, match=r"need 4.00 GiB, and there are 3.00 GiB"):
        check_memory("m", 4 * GIB, num_freed=1 * GIB, num_free=2 * GIB)


def test_free_memory_is_what_the_system_calls_available() -> None:
    memory = psutil.virtual_memory()
    assert free_memory() < memory.total
    assert free_memory() == pytest.approx(memory.available, rel=0.5)


def test_memory_that_others_use_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = psutil.virtual_memory()._replace(available=3 * GIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: busy)
    check_memory("m", 3 * GIB, num_freed=0)
    with pytest.raises(ModelNotUsable, match=r"there are 3\.00 GiB"):
        check_memory("m", 4 * GIB, num_freed=0)
