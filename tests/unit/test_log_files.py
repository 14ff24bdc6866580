"""Log files do not grow for ever."""

import logging
from pathlib import Path

from agent_memory.log_files import RotatedFile


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("x", logging.INFO, "", 0, text, None, None)


def test_a_full_file_is_put_away_and_the_oldest_deleted(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    handler = RotatedFile(str(path), max_bytes=10, num_old=2)
    for text in ("first 6789", "second 789", "third 6789", "last"):
        handler.emit(record(text))
    handler.close()
    assert path.read_text() == "last\n"
    assert (tmp_path / "x.log.1").read_text() == "third 6789\n"
    assert (tmp_path / "x.log.2").read_text() == "second 789\n"
    assert not (tmp_path / "x.log.3").exists()


def test_a_folder_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "x.log"
    path.parent.mkdir()
    handler = RotatedFile(str(path))
    path.unlink()
    path.parent.rmdir()
    handler.emit(record("lost"))
    path.parent.mkdir()
    handler.emit(record("kept"))
    handler.close()
    assert path.read_text() == "kept\n"


def test_another_process_goes_on_in_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    one, other = (RotatedFile(str(path), max_bytes=10) for _ in range(2))
    one.emit(record("first 6789"))
    other.emit(record("second"))
    one.emit(record("x"))
    for handler in (one, other):
        handler.close()
    assert path.read_text() == "second\nx\n"
    assert (tmp_path / "x.log.1").read_text() == "first 6789\n"
