"""Finished pieces stay finished, whatever a kill left in the file."""

from pathlib import Path

from agent_memory.cli.done_list import DoneList


def test_what_was_done_is_known_again(tmp_path: Path) -> None:
    with DoneList(tmp_path / "state" / "x.done") as done:
        done.add("a#0")
        assert "a#0" in done
    assert "a#0" in DoneList(tmp_path / "state" / "x.done")


def test_a_line_that_was_cut_off_was_never_written(tmp_path: Path) -> None:
    path = tmp_path / "x.done"
    path.write_text("a#0\na#1")
    with DoneList(path) as done:
        assert "a#0" in done
        assert "a#1" not in done
        done.add("a#2")
    again = DoneList(path)
    assert all(name in again for name in ("a#0", "a#2"))
