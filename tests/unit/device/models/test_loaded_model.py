"""Which model a process had, for its successor."""

from pathlib import Path

from agent_memory.device.models.loaded_model import (
    LoadedModel,
    read_loaded_model,
    write_loaded_model,
)


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    for record in (LoadedModel("a", "b"), LoadedModel(None)):
        write_loaded_model(tmp_path, record)
        assert read_loaded_model(tmp_path) == record


def test_nothing_kept_and_nothing_readable_are_nothing(tmp_path: Path) -> None:
    assert read_loaded_model(tmp_path) is None
    write_loaded_model(tmp_path, LoadedModel("a"))
    (tmp_path / "run" / "engine.json").write_text("{torn")
    assert read_loaded_model(tmp_path) is None
